"""The estimates in recorded decisions, as rows: a line of an estimate each.

Belongs here: from a record to rows, older forms of the question included. Does not belong here:
links to real resources (`links.py`) and where the rows go (`orchestration/`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from policies.decisions import Record
from policies.deployment.mapping import type_rules
from policies.deployment.usage import weakest

# As FOCUS names the provider in a bill; what runs in a cluster has none.
PROVIDERS = {"aws": "AWS", "azure": "Microsoft", "google": "Google Cloud"}
# Money is a month's, of 730 hours; low and high bound the difference, after_* what it then costs.
ESTIMATE_COLUMNS = (
    "decision_id", "decided_at", "subject", "allow", "repository", "head_sha", "pull_request",
    "environment", "address", "change_kind", "resource_type", "service_provider_name", "region_id",
    "sku", "status", "price_source", "price_date", "usage_basis", "billing_currency",
    "monthly_before_cost", "monthly_after_cost", "low_cost", "high_cost", "after_low_cost",
    "after_high_cost", "committed_before_cost", "committed_after_cost", "calibration_factor",
)  # fmt: skip


def estimate_rows(record: Record) -> Iterator[dict[str, Any]]:
    """A row for each line of the estimate: `ESTIMATE_COLUMNS`.

    None of a question that was not decided: it may be of any form.
    """
    question = record.question if record.decision.decided else {}
    changes = {
        change["address"]: change for change in question.get("plan", {}).get("resources", ())
    }
    estimate, git = question.get("estimate", {}), question.get("git", {})
    head = {
        "decision_id": record.decision.decision_id,
        "decided_at": record.decision.decided_at,
        "subject": record.subject,
        "allow": record.decision.allow,
        "repository": git.get("repository"),
        "head_sha": git.get("head_sha"),
        "pull_request": git.get("pull_request"),
        "environment": question.get("environment"),
        "billing_currency": estimate.get("currency"),
    }
    for line in estimate.get("lines", ()):
        yield {**head, **_line(line, changes.get(line["address"], {}))}


def _line(line: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    rule = type_rules().get(line["type"])
    source, parts = line["price_source"] or {}, line.get("parts", ())
    is_new = Decimal(line["monthly_before"] or 0) == 0
    return {
        "address": line["address"],
        "change_kind": _kind(change.get("actions", ())),
        "resource_type": line["type"],
        "service_provider_name": PROVIDERS.get(rule.provider) if rule else None,
        "region_id": change.get("region"),
        "sku": _dearest(parts),
        "status": line["status"],
        "price_source": source.get("kind"),
        "price_date": source.get("date"),
        "usage_basis": weakest(part["basis"] for part in parts),
        "monthly_before_cost": _money(line["monthly_before"]),
        "monthly_after_cost": _money(line["monthly_after"]),
        "low_cost": _money(line["low"]),
        "high_cost": _money(line["high"]),
        # Of what was there before, older questions only bound the difference.
        "after_low_cost": _money(line.get("after_low", line["low"] if is_new else None)),
        "after_high_cost": _money(line.get("after_high", line["high"] if is_new else None)),
        "committed_before_cost": _money(line.get("committed_before")),
        "committed_after_cost": _money(line.get("committed_after")),
        "calibration_factor": _money((line.get("calibration") or {}).get("factor", "1")),
    }


def _kind(actions: Iterable[str]) -> str:
    done = list(actions)
    if set(done) == {"delete", "create"}:
        return "replace"
    return "-".join(done) or "unknown"


def _dearest(parts: Iterable[Mapping[str, Any]]) -> str | None:
    """Service, meter and variant of the part that costs most."""
    part = max(parts, key=lambda part: Decimal(part["monthly"]), default=None)
    if part is None:
        return None
    return " ".join(filter(None, (part["service"], part["meter"], part["variant"])))


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
