"""What a plan changes on the monthly bill: a line per changed resource, and their totals.

Belongs here: before, after and the difference, rounding, coverage. Does not belong here: what a
resource pays for (`types/`) and at which price (`pricing.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from policies.deployment.attributes import Attributes
from policies.deployment.changes import UNCHANGED, ResourceChange
from policies.deployment.costs import Costs, Part
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

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
# What scales each resource, by the resource's address.
Scalers = Mapping[str, Sequence[ResourceChange]]
# The weakest source of a line's prices is the line's.
_TRUST = {FREE: 0, OWN: 1, LIST: 2, SAMPLE: 3}


@dataclass(frozen=True)
class Line:
    """What one resource costs a month before and after; low and high bound the difference."""

    address: str
    type: str
    status: str
    note: str = ""
    before: Decimal | None = None
    after: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    # The same where commitments cover it as they cover the same SKUs today.
    committed_before: Decimal | None = None
    committed_after: Decimal | None = None
    # What commitments pay of it, which they do whether it is there or not.
    covered_before: Decimal | None = None
    covered_after: Decimal | None = None
    price_source: Mapping[str, Any] | None = None
    parts: tuple[Part, ...] = ()
    # What bounds the month after the change, as low and high bound the difference.
    after_low: Decimal | None = None
    after_high: Decimal | None = None
    # What past bills say of such lines, where it was put on this one; the parts stay as they were.
    calibration: Mapping[str, Any] | None = None
    # What of a priced resource costs, or may, and is not in its price.
    not_counted: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all of it has a price."""
        return self.status == "priced" and not self.not_counted

    def to_dict(self) -> dict[str, Any]:
        """As the gate reads it."""
        return {
            "address": self.address,
            "type": self.type,
            "status": self.status,
            "note": self.note,
            "monthly_before": _text(self.before),
            "monthly_after": _text(self.after),
            "low": _text(self.low),
            "high": _text(self.high),
            "committed_before": _text(self.committed_before),
            "committed_after": _text(self.committed_after),
            "covered_before": _text(self.covered_before),
            "covered_after": _text(self.covered_after),
            "price_source": None if self.price_source is None else dict(self.price_source),
            "parts": [_part(part) for part in self.parts],
            "after_low": _text(self.after_low),
            "after_high": _text(self.after_high),
            "calibration": None if self.calibration is None else dict(self.calibration),
            "not_counted": list(self.not_counted),
        }


@dataclass(frozen=True)
class Estimate:
    """The lines of a plan, and the resources that change only through what they refer to."""

    currency: str
    lines: tuple[Line, ...]
    affected: tuple[ResourceChange, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """As the gate reads it; every total is the sum of the rounded lines."""
        priced = [line for line in self.lines if line.status == "priced"]
        before, after = (_sum(line.before for line in priced), _sum(line.after for line in priced))
        committed = _sum(line.committed_after for line in priced) - _sum(
            line.committed_before for line in priced
        )
        return {
            "currency": self.currency,
            "monthly_before": str(before),
            "monthly_after": str(after),
            "monthly_delta": str(after - before),
            "committed_delta": str(committed),
            "low": str(_sum(line.low for line in priced)),
            "high": str(_sum(line.high for line in priced)),
            "coverage_pct": _coverage(self.lines),
            "price_sources": self._sources(),
            "lines": [line.to_dict() for line in self.lines],
        }

    def _sources(self) -> dict[str, int]:
        """How many lines are priced from which source; `none` are those without a price."""
        kinds = Counter(
            "none" if line.price_source is None else line.price_source["kind"]
            for line in self.lines
        )
        return {kind: kinds[kind] for kind in (OWN, LIST, SAMPLE, FREE, "none")}


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
        "dispersion": _short(max(price.dispersion for price in prices)),
        "list_ratio": farthest(price.list_ratio for price in prices),
    }


def farthest(ratios: Iterable[Decimal | None]) -> str | None:
    """The ratio farthest from 1: half as much is as far from the list as twice as much."""
    known = [ratio for ratio in ratios if ratio]
    return _short(max(known, key=lambda ratio: max(ratio, 1 / ratio))) if known else None


def _part(part: Part) -> dict[str, Any]:
    price, quantity = part.price, part.quantity
    return {
        "name": part.name,
        "service": part.sku.service,
        "meter": part.sku.meter,
        "variant": part.sku.variant,
        "purchase": part.sku.purchase,
        "unit": part.unit,
        "quantity": _short(quantity.likely),
        "quantity_low": _short(quantity.low),
        "quantity_high": _short(quantity.high),
        "basis": part.basis,
        "unit_price": _short(price.price),
        "list_price": None if price.list_price is None else _short(price.list_price),
        "monthly": str(cents(part.cost.likely)),
        "coverage_pct": price.coverage_pct,
        "price_source": {
            **price.source(),
            "dispersion": _short(price.dispersion),
            "line_items": price.line_items,
        },
    }


def with_ages(question_lines: list[dict[str, Any]], today: date) -> None:
    """Put the age of each line's prices beside their date, for the rules on stale prices."""
    for line in question_lines:
        source = line["price_source"]
        if source is not None:
            source["age_days"] = max((today - date.fromisoformat(source["date"])).days, 0)


def _coverage(lines: Sequence[Line]) -> int:
    """The share that is wholly priced of what may cost something.

    Free types are on neither side: else a few of them would hide a dear one without a price.
    """
    counted = [line for line in lines if line.price_source is None or not line.is_whole
               or line.price_source["kind"] != FREE]  # fmt: skip
    priced = sum(line.is_whole for line in counted)
    return 100 * priced // len(counted) if counted else 100


def _sum(values: Iterator[Decimal | None]) -> Decimal:
    return sum((value or NOTHING for value in values), NOTHING)


def cents(value: Decimal) -> Decimal:
    """An amount of a line: rounded to the cent."""
    # Added to nothing, since a rounded difference may be -0.00.
    return value.quantize(CENT, ROUND_HALF_UP) + NOTHING


def _short(value: Decimal) -> str:
    """At most 12 decimals, as the schema has money, without zeros behind."""
    text = f"{value:.12f}"
    return text.rstrip("0").rstrip(".")


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
