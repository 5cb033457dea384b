"""What a plan changes on the monthly bill: a line per changed resource, and their totals.

Belongs here: before, after and the difference, rounding, coverage. Does not belong here: what a
resource costs (`resources.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from policies.deployment.plan import Plan, ResourceChange
from policies.deployment.pricing import Amount, NotPriced, aws_prices, free_source, is_free
from policies.deployment.resources import ZERO, Attributes, monthly

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    """What one resource costs a month before and after; low and high bound the difference."""

    address: str
    type: str
    status: str
    note: str
    before: Decimal | None = None
    after: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    price_source: dict[str, str] | None = None

    @property
    def is_free(self) -> bool:
        """True for a resource of a type that costs nothing."""
        return self.price_source == free_source()

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
            "price_source": self.price_source,
        }


def estimate(plan: Plan) -> dict[str, Any]:
    """The estimate of a plan, as the gate reads it."""
    lines = [_line(change) for change in plan.resources]
    priced = [line for line in lines if line.status == "priced"]
    before = sum((line.before or Decimal(0) for line in priced), Decimal("0.00"))
    after = sum((line.after or Decimal(0) for line in priced), Decimal("0.00"))
    return {
        "currency": aws_prices().currency,
        "monthly_before": str(before),
        "monthly_after": str(after),
        "monthly_delta": str(after - before),
        "low": str(sum((line.low or Decimal(0) for line in priced), Decimal("0.00"))),
        "high": str(sum((line.high or Decimal(0) for line in priced), Decimal("0.00"))),
        "coverage_pct": _coverage(lines),
        "lines": [line.to_dict() for line in lines],
    }


def _coverage(lines: list[Line]) -> int:
    """The share that is priced of what may cost something.

    Free types are on neither side: else a few of them would hide a dear one without a price.
    """
    counted = [line for line in lines if not line.is_free]
    priced = sum(line.status == "priced" for line in counted)
    return 100 * priced // len(counted) if counted else 100


def _line(change: ResourceChange) -> Line:
    if is_free(change.type):
        zero = Decimal("0.00")
        return Line(
            change.address, change.type, "priced", "", zero, zero, zero, zero, free_source()
        )
    try:
        before, _ = _side(change, change.before, frozenset())
        # A resource that is only forgotten runs on, and costs what it did.
        runs_on = change.before if change.actions == ("forget",) else change.after
        unknown = frozenset() if change.actions == ("forget",) else change.unknown
        after, note = _side(change, runs_on, unknown)
        if change.actions == ("create", "forget"):
            # The replaced one is only forgotten: it runs on beside the new one.
            after += before
            note = "; ".join(filter(None, [note, "the forgotten one runs on"]))
    except NotPriced as reason:
        return Line(change.address, change.type, reason.status, str(reason))
    low, high = sorted((after.low - before.low, after.high - before.high))
    return Line(
        address=change.address,
        type=change.type,
        status="priced",
        note=note,
        before=_cents(before.likely),
        after=_cents(after.likely),
        low=_cents(low),
        high=_cents(high),
        price_source=aws_prices().source,
    )


def _side(change: ResourceChange, values: Any, unknown: frozenset[str]) -> tuple[Amount, str]:
    if values is None:
        return ZERO, ""
    amount, note, _ = monthly(change.type, Attributes(values, unknown, change.region))
    return amount, note


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
