"""Prices: what is looked up, what is found, and the order in which sources are asked.

Belongs here: amounts, keys, and the choice between sources. Does not belong here: where a source
is from (`sample.py`, `ratecard.py`, `vendor/`) and what a resource needs (`types/`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple

from policies.deployment.units import converted

ON_DEMAND, SPOT = "on_demand", "spot"
# The region that lists and bills give to what is sold at one price everywhere.
EVERYWHERE = "global"
# What people call an own rate, a vendor's list, and the list that comes with Tollgate.
OWN, LIST, SAMPLE, FREE = "own", "list", "sample", "free"


class NotPriced(Exception):
    """A resource has no estimate; `status` says in which way, the message why."""

    status = "unsupported"


class NotMapped(NotPriced):
    """No mapping says what the resource's type pays for."""

    status = "unmapped"


class NotKnown(NotPriced):
    """The plan does not tell what the estimate needs."""

    status = "unknown"


@dataclass(frozen=True)
class Amount:
    """A quantity or a monthly cost: what is likely, and what bounds it."""

    low: Decimal
    likely: Decimal
    high: Decimal

    @classmethod
    def exactly(cls, value: Decimal | str | int) -> Amount:
        """An amount without a range."""
        number = Decimal(value)
        return cls(number, number, number)

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def __mul__(self, other: Amount) -> Amount:
        """For amounts that are not negative: the low ends belong together, and so on."""
        return Amount(self.low * other.low, self.likely * other.likely, self.high * other.high)

    def __truediv__(self, divisor: Decimal) -> Amount:
        return Amount(self.low / divisor, self.likely / divisor, self.high / divisor)


ZERO = Amount.exactly(0)


class Sku(NamedTuple):
    """What is sold, as bills and price lists both name it; region and purchase option included."""

    provider: str
    service: str
    meter: str
    variant: str
    region: str
    purchase: str = ON_DEMAND


@dataclass(frozen=True)
class Price:
    """The price of one plain unit; `low` and `high` are the spread of what was really paid."""

    price: Decimal
    unit: str
    currency: str
    kind: str
    date: str
    low: Decimal
    high: Decimal
    # What the unit has cost with the commitments in force, and the share that they covered.
    committed: Decimal | None = None
    coverage_pct: int = 0
    line_items: int = 0
    tiered: bool = False
    # Of an own rate: what a vendor's list says of the same SKU.
    list_price: Decimal | None = None

    @property
    def list_ratio(self) -> Decimal | None:
        """The price as a share of the list's; None where no list has one above zero."""
        return self.price / self.list_price if self.list_price else None

    @property
    def dispersion(self) -> Decimal:
        """The spread as a share of the price: 0 where all lines had one price."""
        return (self.high - self.low) / self.price if self.price else Decimal(0)

    def source(self) -> dict[str, str]:
        """Where the price is from, as it is put on each line."""
        return {"kind": self.kind, "date": self.date}


@dataclass(frozen=True)
class PriceList:
    """One source of prices, by SKU."""

    name: str
    prices: Mapping[Sku, Price]


@dataclass(frozen=True)
class PriceBook:
    """Sources in the order in which they are asked; prices in other currencies are not used."""

    lists: Sequence[PriceList]
    currency: str
    found: dict[tuple[Sku, str], Price] = field(default_factory=dict, repr=False)

    def price(self, sku: Sku, unit: str) -> Price:
        """The first price found for a SKU, per `unit`; NotPriced says why there is none."""
        key = (sku, unit)
        if key not in self.found:
            self.found[key] = self._look_up(sku, unit)
        return self.found[key]

    def _look_up(self, sku: Sku, unit: str) -> Price:
        other = ""
        for price in self._listed(sku):
            fitting = self._fitting(price, unit)
            if fitting is not None:
                return self._beside_list(fitting, sku) if fitting.kind == OWN else fitting
            other = f"; there is one in {price.currency} per {price.unit}"
        name = " ".join(filter(None, (sku.service, sku.meter, sku.variant)))
        purchase = "" if sku.purchase == ON_DEMAND else f" ({sku.purchase})"
        raise NotPriced(
            f"no price for {name}{purchase} in {sku.region}, in {self.currency} per {unit}{other}"
        )

    def _listed(self, sku: Sku) -> Iterator[Price]:
        """What the sources have of a SKU, in their order."""
        for source in self.lists:
            # A bill may not tell the variant (the engine of a database); then it is the mixture. Of
            # what is sold in a region, a list may have parts (requests) that are sold everywhere.
            for candidate in (sku, sku._replace(variant=""), sku._replace(region=EVERYWHERE)):
                price = source.prices.get(candidate)
                if price is not None:
                    yield price

    def _beside_list(self, own: Price, sku: Sku) -> Price:
        listed = (self._fitting(p, own.unit) for p in self._listed(sku) if p.kind == LIST)
        found = next((price.price for price in listed if price is not None), None)
        return replace(own, list_price=found)

    def _fitting(self, price: Price, unit: str) -> Price | None:
        if price.currency != self.currency:
            return None
        if price.unit == unit:
            return price
        values = {
            name: converted(value, price.unit, unit)
            for name, value in (("price", price.price), ("low", price.low), ("high", price.high))
        }
        if values["price"] is None:
            return None
        committed = price.committed
        return Price(
            price=values["price"],
            unit=unit,
            currency=price.currency,
            kind=price.kind,
            date=price.date,
            low=values["low"] or values["price"],
            high=values["high"] or values["price"],
            committed=None if committed is None else converted(committed, price.unit, unit),
            coverage_pct=price.coverage_pct,
            line_items=price.line_items,
            tiered=price.tiered,
        )
