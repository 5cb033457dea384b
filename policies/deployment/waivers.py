"""How much of a waiver's maximum other changes rest on already.

Belongs here: which decisions are of one change, and what is left for this one to know. Does not
belong here: whether a waiver excuses a finding (`rego/finops/lib/waivers`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from policies.bundle import Bundle
from policies.decisions import Record, waived_records
from policies.models import Finding, rfc3339

if TYPE_CHECKING:
    import sqlalchemy as sa

    from policies.deployment.ratecard import RateCard

_CARD = Path(__file__).resolve().parents[1] / "schemas" / "rates.v1.json"
# What the facts of a change say where CI has told nothing of it.
LOCAL = "local"
# Where the uses are from: the shared store, the rate card as of its export, or nowhere.
STORE, CARD, NOT_KNOWN = "store", "card", "not_known"


@dataclass(frozen=True)
class Use:
    """The amount that one allowed decision rests on a waiver with."""

    waiver_id: str
    amount: str
    currency: str
    repository: str
    environment: str
    pull_request: str | None
    head_sha: str
    # One resource costs what it costs, however many changes touch it; a budget takes them all.
    about_resource: bool
    decided_at: str

    def to_dict(self) -> dict[str, Any]:
        """As the rate card has it."""
        return asdict(self)

    @property
    def moment(self) -> datetime:
        """When it was decided; ValueError for a day that no month has."""
        return datetime.fromisoformat(self.decided_at)

    @property
    def place(self) -> tuple[str, ...]:
        """The waiver, and where it is used."""
        return self.waiver_id, self.repository, self.environment

    @property
    def change(self) -> tuple[str, ...]:
        """What it counts once for."""
        if self.is_unnamed:
            return (*self.place, self.decided_at)
        if self.about_resource:
            return self.place
        return (*self.place, f"#{self.pull_request}" if self.pull_request else self.head_sha)

    @property
    def is_unnamed(self) -> bool:
        """Whether nobody can tell which change it is of, so that it may be any, or none of them."""
        return _is_unnamed(self.pull_request, self.head_sha)


def uses_of(records: Iterable[Record], waiver_ids: frozenset[str]) -> Iterator[Use]:
    """What each allowed decision rests on these waivers with, one use for each waiver."""
    for record in records:
        by_waiver: dict[str, list[Finding]] = {}
        for finding in record.decision.waived:
            by_waiver.setdefault(str((finding.waiver or {}).get("waiver_id")), []).append(finding)
        for waiver_id in by_waiver.keys() & waiver_ids:
            yield _use(waiver_id, record, by_waiver[waiver_id])


def _use(waiver_id: str, record: Record, findings: Sequence[Finding]) -> Use:
    git, resources = record.question["git"], record.question["plan"]["resources"]
    addresses = {resource["address"] for resource in resources}
    # What a rule finds twice about one subject, likely and high, is the same money. A saving makes
    # no room for others. What is excused has an amount, in the waiver's currency.
    amounts: dict[str, Decimal] = {}
    for finding in findings:
        amounts[finding.subject] = max(
            amounts.get(finding.subject, Decimal(0)), Decimal(finding.amount or 0)
        )
    return Use(
        waiver_id=waiver_id,
        amount=str(sum(amounts.values(), Decimal(0))),
        currency=str(findings[0].currency),
        repository=git["repository"],
        environment=record.question["environment"],
        pull_request=git.get("pull_request"),
        head_sha=git["head_sha"],
        about_resource=all(f.subject in addresses for f in findings),
        decided_at=rfc3339(record.decision.decided_at),
    )


def read_uses(entries: Any) -> list[Use]:
    """The uses that a rate card has; ValueError names the one that is not of the card's form.

    A text where a truth value belongs, or half a day, would be another use than was meant, or none.
    """
    try:
        _form().validate(entries)
    except jsonschema_rs.ValidationError as error:
        place = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in error.instance_path)
        raise ValueError(f"facts.waivers{place}: {error.message}") from error
    uses = [Use(**entry) for entry in entries]
    for number, use in enumerate(uses):
        try:
            _ = use.moment
        except ValueError as error:
            raise ValueError(f"facts.waivers[{number}].decided_at: {error}") from error
    return uses


@cache
def _form() -> jsonschema_rs.Draft202012Validator:
    schema = json.loads(_CARD.read_text(encoding="utf-8"))
    uses = schema["properties"]["facts"]["properties"]["waivers"]
    return jsonschema_rs.Draft202012Validator({"$defs": schema["$defs"], **uses})


def recorded_uses(store: sa.Engine, bundle: Bundle) -> list[Use]:
    """What the decisions in the store rest on the bundle's waivers with."""
    names = frozenset(_names(bundle))
    return list(uses_of(waived_records(store, "deployment"), names)) if names else []


def _names(bundle: Bundle) -> Iterator[str]:
    for entry in bundle.document("finops/waivers").get("entries", []):
        if isinstance(entry, Mapping) and isinstance(entry.get("waiver_id"), str):
            yield entry["waiver_id"]


def waiver_facts(
    store: sa.Engine,
    bundle: Bundle,
    card: RateCard | None,
    git: Mapping[str, Any],
    environment: str,
    *,
    shared: bool,
) -> dict[str, Any]:
    """What the gate is told of its waivers: how much of each other changes use.

    The store of one machine (not `shared`) knows only what was decided there, so that it is not
    known; what it does know counts nevertheless.
    """
    carded = card.waiver_uses if card else None
    source = STORE if shared else NOT_KNOWN if carded is None else CARD
    if _is_unnamed(git.get("pull_request"), git["head_sha"]):
        source = NOT_KNOWN
    counted = _greater(recorded_uses(store, bundle), carded or (), git, environment)
    return {
        "source": source,
        "as_of": card.document["issued_at"] if card and source == CARD else None,
        "used": [
            {"waiver_id": name, "amount": str(amount)} for name, amount in sorted(counted.items())
        ],
    }


def _greater(
    stored: Sequence[Use], carded: Sequence[Use], git: Mapping[str, Any], environment: str
) -> dict[str, Decimal]:
    """What the store counts, and what it counts with the card, whichever is more.

    A card may be old, and of a change know a later decision: it adds to the store, but frees
    nothing of what the store has seen used.
    """
    alone = used(stored, git, environment)
    together = used([*stored, *carded], git, environment)
    return {name: max(alone.get(name, Decimal(0)), together.get(name, Decimal(0)))
            for name in {*alone, *together}}  # fmt: skip


def used(uses: Iterable[Use], git: Mapping[str, Any], environment: str) -> dict[str, Decimal]:
    """What other changes use, by waiver: the latest decision of each change counts, once."""
    latest = {use.change: use for use in sorted(uses, key=lambda use: use.moment)}
    asked = {use.place for use in latest.values() if use.pull_request}
    found: dict[str, Decimal] = {}
    for use in latest.values():
        # Where pull requests are asked about, a run without one only deploys what they brought.
        is_deployed = not (use.pull_request or use.about_resource or use.is_unnamed)
        deploys = is_deployed and use.place in asked
        if not deploys and not _is_own(use, git, environment):
            found[use.waiver_id] = found.get(use.waiver_id, Decimal(0)) + Decimal(use.amount)
    return found


def _is_own(use: Use, git: Mapping[str, Any], environment: str) -> bool:
    """Whether the change that asks is the one that the use is of, or brings it out."""
    if (use.repository, use.environment) != (git["repository"], environment):
        return False
    if use.about_resource:
        return True
    request = git.get("pull_request")
    if request:
        return bool(use.pull_request == request)
    if _is_unnamed(request, git["head_sha"]):
        return use.is_unnamed
    return bool(use.pull_request or use.head_sha == git["head_sha"])


def _is_unnamed(pull_request: str | None, head_sha: str) -> bool:
    """Without both, as on a laptop, one change is not told from another."""
    return not pull_request and head_sha == LOCAL
