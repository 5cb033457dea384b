"""What each resource type costs a month: one small function per type, found by its name.

Belongs here: which attributes of a resource cost what. Does not belong here: the prices (data)
and what a change makes of them (`estimate.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from policies.deployment.configuration import UNKNOWN_REGION
from policies.deployment.plan import SENSITIVE
from policies.deployment.pricing import Amount, NotKnown, NotPriced, PriceList, aws_prices

# No size or rate of a resource comes near it; far above it, sums no longer keep their cents.
LARGEST = Decimal(10) ** 9
ZERO = Amount.exactly(Decimal(0))


@dataclass(frozen=True)
class Attributes:
    """One side of a change: the values of a resource before it, or after it."""

    values: Mapping[str, Any]
    unknown: frozenset[str]
    region: str

    def get(self, name: str, default: Any = None) -> Any:
        """A value, the default if it is not set; NotKnown if the plan does not tell it yet."""
        if name in self.unknown:
            raise NotKnown(f"{name} is only known after the change")
        value = self.values.get(name)
        if value == SENSITIVE:
            raise NotKnown(f"{name} is sensitive")
        return default if value is None or value == "" else value

    def number(self, name: str, default: str) -> Decimal:
        """A value as a number that is not negative."""
        value = self.get(name, default)
        try:
            number = Decimal(str(value))
        except InvalidOperation as error:
            raise NotKnown(f"{name} is not a number") from error
        if isinstance(value, bool) or not number.is_finite() or number < 0:
            raise NotKnown(f"{name} is not a number")
        if number > LARGEST:
            raise NotKnown(f"{name} is too large to be true")
        return number

    def blocks(self, name: str) -> list[Attributes]:
        """The blocks of a name, each with its own unknown values; NotKnown if one is not told."""
        found = []
        entries = self.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
            raise NotKnown(f"{name} is not a list of blocks")
        indexes = {str(index) for index in range(len(entries))}
        for path in self.unknown:
            place, _, inside = path.removeprefix(f"{name}.").partition(".")
            if path.startswith(f"{name}.") and (place not in indexes or not inside):
                raise NotKnown(f"a block of {name} is only known after the change")
        for index, entry in enumerate(entries):
            prefix = f"{name}.{index}."
            inner = frozenset(
                path.removeprefix(prefix) for path in self.unknown if path.startswith(prefix)
            )
            found.append(Attributes(entry, inner, self.region))
        return found


Pricer = Callable[[Attributes, PriceList], tuple[Amount, str]]
_PRICERS: dict[str, Pricer] = {}


def monthly(resource_type: str, attributes: Attributes) -> tuple[Amount, str, PriceList]:
    """Cost a month, with a note on what was assumed; NotPriced says why there is none."""
    pricer = _PRICERS.get(resource_type)
    if pricer is None:
        raise NotPriced(f"{resource_type} is not among the priced types")
    if attributes.region == UNKNOWN_REGION:
        raise NotKnown("the region is not known; set it in the provider block")
    prices = aws_prices()
    amount, note = pricer(attributes, prices)
    return amount, note, prices


def supported() -> frozenset[str]:
    """The resource types that can be priced."""
    return frozenset(_PRICERS)


def _prices(resource_type: str) -> Callable[[Pricer], Pricer]:
    def register(pricer: Pricer) -> Pricer:
        _PRICERS[resource_type] = pricer
        return pricer

    return register


def _hourly(prices: PriceList, price: Decimal) -> Amount:
    return Amount.exactly(price * prices.hours)


@_prices("aws_instance")
def _instance(at: Attributes, prices: PriceList) -> tuple[Amount, str]:
    if at.get("tenancy", "default") != "default":
        raise NotPriced(f"tenancy {at.get('tenancy')} is not among the priced ones")
    name = at.get("instance_type")
    if name is None:
        raise NotKnown("instance_type is not set")
    cost = _hourly(prices, prices.instance(at.region, str(name)))
    note = "Linux, on demand"
    roots = at.blocks("root_block_device")
    if roots:
        for block in roots:
            cost += _volume(block, prices, type_name="volume_type", size_name="volume_size")
    else:
        gigabytes = prices.usage("default_root_volume_gb")
        cost += gigabytes * prices.price(at.region, "volumes", "gp3", "gb")
        note += "; root volume as the image has it"
    for block in at.blocks("ebs_block_device"):
        cost += _volume(block, prices, type_name="volume_type", size_name="volume_size")
    return cost, note


@_prices("aws_ebs_volume")
def _ebs_volume(at: Attributes, prices: PriceList) -> tuple[Amount, str]:
    return _volume(at, prices, type_name="type", size_name="size"), ""


def _volume(at: Attributes, prices: PriceList, *, type_name: str, size_name: str) -> Amount:
    kind = str(at.get(type_name, "gp2"))
    if at.get(size_name) is None:
        raise NotKnown(f"{size_name} is not set")
    # Size, operations and throughput are paid apart, the latter two above what is free.
    total = at.number(size_name, "0") * prices.price(at.region, "volumes", kind, "gb")
    for name, free in (("iops", "free_iops"), ("throughput", "free_throughput")):
        terms = prices.find(at.region, "volumes", kind) or {}
        if name in terms:
            above = at.number(name, "0") - Decimal(terms.get(free, 0))
            total += max(above, Decimal(0)) * Decimal(terms[name])
    return Amount.exactly(total)


@_prices("aws_db_instance")
def _database(at: Attributes, prices: PriceList) -> tuple[Amount, str]:
    engine, name = at.get("engine"), at.get("instance_class")
    if engine is None or name is None:
        raise NotKnown("engine or instance_class is not set")
    cost = _hourly(prices, prices.price(at.region, "databases", str(engine), str(name)))
    kind = str(at.get("storage_type", "io1" if at.get("iops") else "gp2"))
    storage = at.number("allocated_storage", "0")
    gigabytes = storage * prices.price(at.region, "database_storage", kind, "gb")
    cost += Amount.exactly(gigabytes)
    if prices.find(at.region, "database_storage", kind, "iops") is not None:
        rate = prices.price(at.region, "database_storage", kind, "iops")
        cost += Amount.exactly(at.number("iops", "0") * rate)
    zones = 2 if at.get("multi_az", False) is True else 1
    return cost * Decimal(zones), "on demand" + ("; two zones" if zones == 2 else "")


@_prices("aws_nat_gateway")
def _nat_gateway(at: Attributes, prices: PriceList) -> tuple[Amount, str]:
    cost = _hourly(prices, prices.price(at.region, "nat_gateway", "hour"))
    traffic = prices.usage("nat_gateway_gb")
    cost += traffic * prices.price(at.region, "nat_gateway", "gb")
    return cost, f"assumes {traffic.likely} GB a month ({traffic.low} to {traffic.high})"


@_prices("aws_lb")
def _load_balancer(at: Attributes, prices: PriceList) -> tuple[Amount, str]:
    kind = str(at.get("load_balancer_type", "application"))
    cost = _hourly(prices, prices.price(at.region, "load_balancers", kind, "hour"))
    units = prices.usage("load_balancer_capacity_units")
    rate = prices.price(at.region, "load_balancers", kind, "capacity_unit")
    cost += units * (rate * prices.hours)
    return cost, f"assumes {units.likely} capacity unit ({units.low} to {units.high})"


_PRICERS["aws_alb"] = _load_balancer


@_prices("aws_eip")
def _public_address(at: Attributes, prices: PriceList) -> tuple[Amount, str]:
    return _hourly(prices, prices.price(at.region, "public_address", "hour")), ""
