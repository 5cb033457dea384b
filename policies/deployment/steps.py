"""A number as it is sold: above what is free, in steps, or as the tier that holds it.

Belongs here: what a mapping's `number` makes of it. Does not belong here: where it is from.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from policies.deployment.pricing import NotPriced


def stepped(number: Decimal, spec: Mapping[str, Any]) -> Decimal | str:
    """The number, or the name of its tier; NotPriced if it is more than the largest."""
    if "minus" in spec:
        number = max(number - Decimal(str(spec["minus"])), Decimal(0))
    if "divide" in spec:
        number /= Decimal(str(spec["divide"]))
    if "at_least" in spec:
        number = max(number, Decimal(str(spec["at_least"])))
    if "round_up" in spec:
        step = Decimal(str(spec["round_up"]))
        number = (number / step).to_integral_value(ROUND_CEILING) * step
    if "steps" in spec:
        for name, limit in spec["steps"].items():
            if number <= Decimal(str(limit)):
                return str(name)
        raise NotPriced(f"{number} is more than the largest step")
    return number
