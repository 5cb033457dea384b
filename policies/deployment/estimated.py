"""What a plan is estimated to cost: a line per resource, and their totals, as the gate reads them.

Belongs here: rounding, sums, coverage. Does not belong here: how a line is worked out
(`estimate.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from policies.deployment.changes import ResourceChange
from policies.deployment.costs import Part
from policies.deployment.pricing import FREE, LIST, OWN, SAMPLE

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")


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


def farthest(ratios: Iterable[Decimal | None]) -> str | None:
    """The ratio farthest from 1: half as much is as far from the list as twice as much."""
    known = [ratio for ratio in ratios if ratio]
    return short(max(known, key=lambda ratio: max(ratio, 1 / ratio))) if known else None


def _part(part: Part) -> dict[str, Any]:
    price, quantity = part.price, part.quantity
    return {
        "name": part.name,
        "service": part.sku.service,
        "meter": part.sku.meter,
        "variant": part.sku.variant,
        "purchase": part.sku.purchase,
        "unit": part.unit,
        "quantity": short(quantity.likely),
        "quantity_low": short(quantity.low),
        "quantity_high": short(quantity.high),
        "basis": part.basis,
        "unit_price": short(price.price),
        "list_price": None if price.list_price is None else short(price.list_price),
        "monthly": str(cents(part.cost.likely)),
        "coverage_pct": price.coverage_pct,
        "price_source": {
            **price.source(),
            "dispersion": short(price.dispersion),
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


def short(value: Decimal) -> str:
    """At most 12 decimals, as the schema has money, without zeros behind."""
    text = f"{value:.12f}"
    return text.rstrip("0").rstrip(".")


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
