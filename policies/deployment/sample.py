"""The small price lists that come with Tollgate, and the types that cost nothing.

Belongs here: reading `prices/` and `types/free.yaml`. Does not belong here: prices of vendors and
of the company (`vendor/`, `ratecard.py`), which come before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fnmatch import translate
from functools import cache
from pathlib import Path
from typing import Any

from policies.deployment.mapping import TYPES, load_yaml
from policies.deployment.pricing import FREE, Price, PriceList, Sku

PRICES = Path(__file__).resolve().parent / "prices"
# Sizes of an instance family, as multiples of its `large`, and the sizes that a kind of family has.
_SIZES = {
    "nano": "0.0625", "micro": "0.125", "small": "0.25", "medium": "0.5", "large": "1",
    "xlarge": "2", "2xlarge": "4", "4xlarge": "8", "8xlarge": "16", "12xlarge": "24",
    "16xlarge": "32", "24xlarge": "48",
}  # fmt: skip
_FAMILIES = {
    "burstable": ("nano", "micro", "small", "medium", "large", "xlarge", "2xlarge"),
    "standard": ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge",
                 "24xlarge"),
    "graviton": ("medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge",
                 "16xlarge"),
}  # fmt: skip
_FAMILY = re.compile(r"\{(\w+)\}")


@cache
def sample_prices() -> PriceList:
    """Every price of the lists in `prices/`."""
    files = [load_yaml(path) for path in sorted(PRICES.glob("*.yaml"))]
    return PriceList("sample", {sku: price for file in files for sku, price in _prices(file)})


def _prices(file: Mapping[str, Any]) -> Iterator[tuple[Sku, Price]]:
    for service, units in file["prices"].items():
        for unit, prices in units.items():
            for name, text in prices.items():
                meter, _, variant = name.partition(" | ")
                for sold, price in _sizes(meter, Decimal(text)):
                    yield (
                        Sku(file["provider"], service, sold, variant, file["region"]),
                        Price(
                            price, unit, file["currency"], file["source"], file["date"],
                            price, price,
                        ),
                    )  # fmt: skip


def _sizes(meter: str, price: Decimal) -> Iterator[tuple[str, Decimal]]:
    family = _FAMILY.search(meter)
    if family is None:
        yield meter, price
        return
    for size in _FAMILIES[family[1]]:
        yield meter.replace(family[0], size), price * Decimal(_SIZES[size])


def is_free(resource_type: str) -> bool:
    """True for types that cost nothing by themselves."""
    return _free_pattern().match(resource_type) is not None


def free_source() -> dict[str, str]:
    """What is put on the line of a resource that costs nothing."""
    return {"kind": FREE, "date": str(_free()["date"])}


@cache
def _free() -> Mapping[str, Any]:
    return load_yaml(TYPES / "free.yaml")


@cache
def _free_pattern() -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern) for pattern in _free()["types"]))
