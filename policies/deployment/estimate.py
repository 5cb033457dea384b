"""What a plan changes on the monthly bill: a line per changed resource, and their totals.

Belongs here: before, after and the difference. Does not belong here: what a resource pays for
(`types/`) and at which price (`pricing.py`), and the form of the result (`estimated.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from policies.deployment.attributes import Attributes
from policies.deployment.changes import UNCHANGED, ResourceChange
from policies.deployment.costs import Costs, Part
from policies.deployment.estimated import NOTHING, Estimate, Line, cents, farthest, short
from policies.deployment.evaluation import Subject, evaluate
from policies.deployment.makers import is_known_maker
from policies.deployment.mapping import scalers, type_rules
from policies.deployment.objects import demand_changed_once
from policies.deployment.plan import Plan
from policies.deployment.pricing import (
    FREE,
    LIST,
    OWN,
    SAMPLE,
    NotKnown,
    NotMapped,
    NotPriced,
    PriceBook,
)
from policies.deployment.sample import free_source, is_free, sample_prices
from policies.deployment.savings import measured, of_what_goes, of_what_is_off, of_what_stays
from policies.deployment.scaling import scaled_by, scalers_of
from policies.deployment.usage import Usage

# What scales each resource, by the resource's address.
Scalers = Mapping[str, Sequence[ResourceChange]]
# The weakest source of a line's prices is the line's.
_TRUST = {FREE: 0, OWN: 1, LIST: 2, SAMPLE: 3}


def sample_book(currency: str = "USD") -> PriceBook:
    """Only the prices that come with Tollgate."""
    return PriceBook([sample_prices()], currency)


def estimate(plan: Plan, book: PriceBook | None = None, usage: Usage | None = None) -> Estimate:
    """The estimate of a plan; what cannot be priced has a line that says so.

    PlanError if what only follows a change (a group, its template) is in two of its plans.
    """
    book, usage = book or sample_book(), usage or Usage()
    changing = {change.address for change in plan.resources if change.actions not in UNCHANGED}
    listed = [change for change in plan.resources if change.address in changing]
    means = _Means(plan, book, usage, scalers_of(plan))
    affected = tuple(_affected(means, changing)) if plan.unchanged else ()
    lines = [_line(means, change) for change in listed]
    moved = [(change, _line(means, change)) for change in affected]
    kept = [(change, line) for change, line in moved if line.before != line.after
            or line.status != "priced"]  # fmt: skip
    if kept:
        demand_changed_once(listed, (change for change, _ in kept))
    return Estimate(
        book.currency,
        (*lines, *(line for _, line in kept)),
        tuple(change for change, _ in kept),
    )


@dataclass(frozen=True)
class _Means:
    """All that a line is made from."""

    plan: Plan
    book: PriceBook
    usage: Usage
    beside: Scalers


def _affected(means: _Means, changing: set[str]) -> Iterator[ResourceChange]:
    """Unchanged resources whose costs stand in one that changes: a group, by its template or its
    schedules."""
    for change in means.plan.unchanged:
        scaling = means.beside.get(change.address, ())
        if any(o.address in changing for o in (*_templates(means.plan, change), *scaling)):
            yield change


def _templates(plan: Plan, change: ResourceChange) -> list[ResourceChange]:
    """What a resource is made from, as far as that is updated in place."""
    rule, side = type_rules().get(change.type), side_of(plan, change, "after")
    exact: list[str] = []
    for path in sorted(rule.refers) if rule and side else ():
        # What cannot be read has no references either.
        with suppress(NotPriced):
            exact += side.expanded(path) if side else []
    others = [plan.references.of(change, path) for path in exact]
    return [other for other in others if other is not None and other.actions == ("update",)]


def _line(means: _Means, change: ResourceChange) -> Line:
    if not is_known_maker(change.type, change.provider):
        note = f"{change.type} of {change.provider} has no mapping"
        return _without_price(change, NotMapped(note))
    if is_free(change.type):
        return Line(
            change.address,
            change.type,
            "priced",
            "; ".join(_said(_run(change))),
            *(NOTHING,) * 8,
            price_source=free_source(),
            after_low=NOTHING,
            after_high=NOTHING,
            not_counted=_run(change),
        )
    try:
        gone = change.after is None and change.actions != ("forget",)
        shown = replace(means, usage=measured(means.usage)) if gone else means
        before = _side(shown, change, "before")
        # A resource that is only forgotten runs on, and costs what it did.
        forgotten = change.actions == ("forget",)
        after = before if forgotten else _side(means, change, "after")
        if change.actions == ("create", "forget"):
            # The replaced one is only forgotten: it runs on beside the new one.
            notes = (*after.notes, "the forgotten one runs on")
            after = Costs((*after.parts, *before.parts), notes, after.missing)
        if gone:
            before = of_what_goes(before)
        else:
            before, after = of_what_stays(before, after)
        before, after = of_what_is_off(change, before, after)
    except NotPriced as reason:
        return _without_price(change, reason)
    return _priced(change, before, after)


def _priced(change: ResourceChange, before: Costs, after: Costs) -> Line:
    was, will = before.total, after.total
    low, high = sorted((will.low - was.low, will.high - was.high))
    parts = after.parts or before.parts
    missing = (*after.missing, *_run(change))
    return Line(
        address=change.address,
        type=change.type,
        status="priced",
        note="; ".join((*_said(missing), *(after.notes or before.notes))),
        before=cents(was.likely),
        after=cents(will.likely),
        low=cents(low),
        high=cents(high),
        committed_before=cents(sum((p.committed.likely for p in before.parts), NOTHING)),
        committed_after=cents(sum((p.committed.likely for p in after.parts), NOTHING)),
        covered_before=cents(sum((p.covered for p in before.parts), NOTHING)),
        covered_after=cents(sum((p.covered for p in after.parts), NOTHING)),
        price_source=_source([*before.parts, *after.parts]),
        parts=parts,
        after_low=cents(will.low),
        after_high=cents(will.high),
        not_counted=missing,
    )


def _without_price(change: ResourceChange, reason: NotPriced) -> Line:
    note = "; ".join((str(reason), *_said(_run(change))))
    return Line(change.address, change.type, reason.status, note, not_counted=_run(change))


def _run(change: ResourceChange) -> tuple[str, ...]:
    return tuple(f"what its {program} runs" for program in change.programs)


def _said(missing: Sequence[str]) -> list[str]:
    return [f"not counted: {', '.join(missing)}"] if missing else []


def _side(means: _Means, change: ResourceChange, side: str) -> Costs:
    attributes = side_of(means.plan, change, side, means.beside)
    if attributes is None:
        return Costs()
    if change.type in scalers():
        target = scaled_by(means.plan, change)
        if target is None:
            raise NotKnown("what it scales is not in the plan, or is not counted by such a number")
        return Costs(notes=(f"counted with {target.address}",))
    subject = Subject(change.type, change.address, change.identities)
    return evaluate(change.type, attributes, subject, means.book, means.usage)


def side_of(
    plan: Plan, change: ResourceChange, side: str, beside: Scalers | None = None
) -> Attributes | None:
    """The attributes of a resource before or after the change; None if it is not there then."""
    values = change.before if side == "before" else change.after
    if values is None:
        return None

    def related(path: str) -> Attributes | None:
        other = plan.references.of(change, path)
        return None if other is None else side_of(plan, other, side)

    def around() -> dict[str, list[Attributes]]:
        found: dict[str, list[Attributes]] = {}
        for other in (beside or {}).get(change.address, ()):
            at = side_of(plan, other, side)
            if at is not None:
                found.setdefault(other.type, []).append(at)
        return found

    if side == "before":
        region = change.region_before or change.region
        return Attributes(values, frozenset(), region, related, around)
    return Attributes(values, change.unknown, change.region, related, around, change.left_out)


def _source(parts: Sequence[Part]) -> dict[str, Any]:
    """The weakest source of the parts, its oldest date, the widest spread of a price, and the
    price that is farthest from the vendor's list."""
    if not parts:
        return free_source() | {"dispersion": "0", "list_ratio": None}
    prices = [part.price for part in parts]
    kind = max((price.kind for price in prices), key=lambda kind: _TRUST.get(kind, 4))
    return {
        "kind": kind,
        "date": min(price.date for price in prices),
        "dispersion": short(max(price.dispersion for price in prices)),
        "list_ratio": farthest(price.list_ratio for price in prices),
    }
