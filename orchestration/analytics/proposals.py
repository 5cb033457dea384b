"""From waste in the marts to proposals: an action, a target and an honest saving.

Belongs here: which action answers which waste, and what part of the cost it really saves. Nothing
here calls a cloud or decides: that is for the policies and the executor.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pandas as pd

from orchestration.analytics.money import to_money

COLUMNS = [
    "proposal_id",
    "action_id",
    "service_provider_name",
    "account_id",
    "region",
    "resource_id",
    "owner",
    "billing_currency",
    "expected_monthly_saving",
    "saving_low",
    "saving_high",
    "evidence",
    "evidence_as_of",
    "created_at",
]


@dataclass(frozen=True)
class Remedy:
    """An action and the shares of the monthly cost that it saves: expected, at least, at most."""

    action_id: str
    expected: Decimal
    low: Decimal
    high: Decimal
    assumption: str


#: (waste kind, provider) → what is done about it. What is not here is counted, never acted on.
REMEDIES: dict[tuple[str, str], Remedy] = {
    ("unattached_volume", "AWS"): Remedy(
        "aws.ebs_volume.snapshot_and_delete",
        expected=Decimal("0.75"),
        low=Decimal("0.37"),
        high=Decimal("1"),
        assumption=(
            "The snapshot stays and is billed for the blocks in use, at 0.05 where the volume "
            "costs 0.08 per GB-month: a full one keeps 63 % of the cost, an empty one nothing; "
            "40 % in use is expected."
        ),
    ),
    ("idle_instance", "AWS"): Remedy(
        "aws.ec2_instance.stop",
        expected=Decimal("0.95"),
        low=Decimal("0"),
        high=Decimal("1"),
        assumption=(
            "Stopping saves the instance hours billed on its resource id; disks and addresses are "
            "billed on their own and stay. Nothing is saved where a commitment covers the "
            "hours and nothing else uses it (low)."
        ),
    ),
}


def propose(waste: pd.DataFrame, *, created_at: datetime) -> pd.DataFrame:
    """Rows of platform.proposals for those of fct_waste_candidates, the largest saving first.

    Waste without a remedy, or without a cost to save, is left out; `without_action` counts it.
    """
    rows = [
        _row(candidate, remedy, cost, created_at)
        for candidate, remedy, cost in _judged(waste)
        if remedy is not None
    ]
    rows.sort(key=lambda row: (-row["expected_monthly_saving"], row["proposal_id"]))
    return pd.DataFrame(rows, columns=COLUMNS)


def without_action(waste: pd.DataFrame) -> dict[str, int]:
    """How much waste nothing is proposed for, by "waste_kind/provider"."""
    names = Counter(
        f"{candidate['waste_kind']}/{candidate['service_provider_name']}"
        for candidate, remedy, _ in _judged(waste)
        if remedy is None
    )
    return dict(sorted(names.items()))


def _judged(waste: pd.DataFrame) -> Iterator[tuple[dict[Any, Any], Remedy | None, Decimal]]:
    """Each candidate with its remedy, if there is one and there is something to save."""
    for candidate in waste.to_dict("records"):
        key = (str(candidate["waste_kind"]), str(candidate["service_provider_name"]))
        cost = _cost(candidate["monthly_effective_cost"], candidate["resource_id"])
        yield candidate, REMEDIES.get(key) if cost > 0 else None, cost


def proposal_id(action_id: str, account_id: str, region: str, resource_id: str) -> str:
    """The same for the same action on the same resource, however often it is proposed."""
    text = "\x1f".join((action_id, account_id, region, resource_id))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _row(
    candidate: dict[Any, Any], remedy: Remedy, cost: Decimal, created_at: datetime
) -> dict[str, Any]:

    def text(name: str) -> str | None:
        return _text(candidate.get(name))

    resource = str(candidate["resource_id"])
    snapshot = _day(candidate["snapshot_date"])
    first_seen = _day(candidate["first_seen"])
    evidence = {
        "kind": str(candidate["waste_kind"]),
        "assumption": remedy.assumption,
        "billing_currency": str(candidate["billing_currency"]),
        "environment": text("environment"),
        "facts": _facts(candidate.get("evidence"), resource),
        "first_seen": first_seen.isoformat(),
        "managed_by": text("managed_by"),
        "monthly_effective_cost": str(cost),
        "observed_days": (snapshot - first_seen).days + 1,
        "resource_type": text("resource_type"),
        "tags": _facts(candidate.get("tags"), resource),
    }
    account, region = text("account_id") or "", text("region") or ""
    return {
        "proposal_id": proposal_id(remedy.action_id, account, region, resource),
        "action_id": remedy.action_id,
        "service_provider_name": str(candidate["service_provider_name"]),
        "account_id": account,
        "region": region,
        "resource_id": resource,
        "owner": text("owner"),
        "billing_currency": str(candidate["billing_currency"]),
        "expected_monthly_saving": to_money(cost * remedy.expected),
        "saving_low": to_money(cost * remedy.low),
        "saving_high": to_money(cost * remedy.high),
        "evidence": json.dumps(evidence, sort_keys=True, ensure_ascii=False),
        "evidence_as_of": datetime.combine(snapshot, time.min, tzinfo=UTC),
        "created_at": created_at,
    }


def _cost(value: Any, resource: object) -> Decimal:
    """The monthly cost; a resource that the bill does not know costs nothing that we can save."""
    if pd.isna(value):
        return Decimal(0)
    if not isinstance(value, Decimal | int):
        raise ValueError(
            f"monthly_effective_cost of {resource} is {value!r}, not a decimal: "
            "read the mart with exact decimals"
        )
    return Decimal(value)


def _text(value: Any) -> str | None:
    return None if pd.isna(value) or value == "" else str(value)


def _day(value: object) -> date:
    return pd.Timestamp(str(value)).date()


def _facts(value: object, resource: str) -> dict[str, Any]:
    text = _text(value)
    if text is None:
        return {}
    try:
        facts = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"evidence or tags of {resource} are not JSON: {error}") from error
    return facts if isinstance(facts, dict) else {"value": facts}
