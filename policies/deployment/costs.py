"""What one side of a resource costs: its priced parts, what was assumed, and what is not counted.

Belongs here: the sums. Does not belong here: which parts there are (`evaluation.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from policies.deployment.pricing import ZERO, Amount, Price, Sku


@dataclass(frozen=True)
class Part:
    """One priced part of a resource: what a month of it costs."""

    name: str
    sku: Sku
    unit: str
    quantity: Amount
    # "plan", or for what no plan tells: "file", "history" or "range".
    basis: str
    price: Price

    @property
    def cost(self) -> Amount:
        """What an uncovered month costs; low and high hold the spread of prices and of use."""
        price = self.price
        return self.quantity * Amount(price.low, price.price, price.high)

    @property
    def committed(self) -> Amount:
        """What it costs if commitments cover it as they cover the same SKU today."""
        if self.price.committed is None:
            return self.cost
        return self.quantity * Amount.exactly(self.price.committed)

    @property
    def covered(self) -> Decimal:
        """What commitments pay of it a month: they go on whether it is there or not."""
        uncovered = self.price.price * (100 - self.price.coverage_pct) / 100
        return max(self.committed.likely - self.quantity.likely * uncovered, Decimal(0))


@dataclass(frozen=True)
class Costs:
    """The parts of one side, and what was assumed."""

    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    # What costs, or may, and no part counts: blocks that no mapping reads, and said gaps.
    missing: tuple[str, ...] = ()

    @property
    def total(self) -> Amount:
        """What all parts cost a month."""
        total = ZERO
        for part in self.parts:
            total = total + part.cost
        return total

    def times(self, factor: Amount) -> Costs:
        """So many of it."""
        parts = (replace(part, quantity=part.quantity * factor) for part in self.parts)
        return replace(self, parts=tuple(parts))


def dearest(costs: Sequence[Costs]) -> Costs:
    """The dearest of several that it may be; its low end is that of the cheapest."""
    most = max(costs, key=lambda found: found.total.likely)
    low, least = most.total.low, min(found.total.low for found in costs)
    share = least / low if low else Decimal(1)
    notes = (f"the dearest of {len(costs)} that it may run on", *most.notes)
    missing = dict.fromkeys(name for found in costs for name in found.missing)
    return replace(
        most.times(Amount(share, Decimal(1), Decimal(1))), notes=notes, missing=tuple(missing)
    )
