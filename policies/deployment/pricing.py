"""Prices as data: the list of one vendor, by region, and the types that cost nothing.

Belongs here: reading price files and looking a price up. Does not belong here: what a resource
uses of which price (`resources.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PRICES = Path(__file__).resolve().parent / "prices"


class NotPriced(Exception):
    """A resource has no estimate; `status` says in which way, the message why."""

    status = "unsupported"


class NotKnown(NotPriced):
    """The plan does not tell what the estimate needs."""

    status = "unknown"


@dataclass(frozen=True)
class Amount:
    """A monthly cost: what is likely, and what bounds it."""

    low: Decimal
    likely: Decimal
    high: Decimal

    @classmethod
    def exactly(cls, value: Decimal) -> Amount:
        """A cost without a range."""
        return cls(value, value, value)

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def __mul__(self, factor: Decimal) -> Amount:
        return Amount(self.low * factor, self.likely * factor, self.high * factor)


@dataclass(frozen=True)
class PriceList:
    """One price file."""

    document: Mapping[str, Any]

    @property
    def source(self) -> dict[str, str]:
        """Where the prices are from, as it is put on each line."""
        return {"kind": str(self.document["source"]), "date": str(self.document["date"])}

    @property
    def currency(self) -> str:
        """The currency of every price of the list."""
        return str(self.document["currency"])

    @property
    def hours(self) -> Decimal:
        """The hours of a month."""
        return Decimal(self.document["hours_per_month"])

    def usage(self, name: str) -> Amount:
        """What is assumed of a use that no plan tells."""
        low, likely, high = (Decimal(text) for text in self.document["usage"][name])
        return Amount(low, likely, high)

    def price(self, region: str, *path: str) -> Decimal:
        """The price at a path of the region's list; NotPriced if there is none."""
        value = self.find(region, *path)
        if not isinstance(value, str):
            raise NotPriced(f"no price for {'.'.join(path)} in {region}")
        return Decimal(value)

    def find(self, region: str, *path: str) -> Any:
        """Whatever is at a path of the region's list, or None."""
        found: Any = self.document["regions"].get(region)
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    def instance(self, region: str, name: str) -> Decimal:
        """The hourly price of an instance type such as `m5.4xlarge`."""
        family, _, size = name.partition(".")
        terms = self.find(region, "instance_families", family)
        if isinstance(terms, Mapping) and size in self.document["size_ranges"][terms["sizes"]]:
            return Decimal(terms["large"]) * Decimal(self.document["sizes"][size])
        return self.price(region, "instances", name)


@cache
def aws_prices() -> PriceList:
    """The list for Amazon Web Services that comes with Tollgate."""
    return PriceList(_load("aws.yaml"))


def is_free(resource_type: str) -> bool:
    """True for types that cost nothing by themselves."""
    return any(fnmatchcase(resource_type, pattern) for pattern in _free()["types"])


def free_source() -> dict[str, str]:
    """What is put on the line of a resource that costs nothing."""
    return {"kind": "free", "date": str(_free()["date"])}


@cache
def _free() -> Mapping[str, Any]:
    return _load("free.yaml")


def _load(name: str) -> Mapping[str, Any]:
    loaded = yaml.safe_load((PRICES / name).read_text(encoding="utf-8"))
    if not isinstance(loaded, Mapping):
        raise TypeError(f"{PRICES / name} is not a price file")
    return loaded
