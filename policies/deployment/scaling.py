"""How many of a group run: what schedules and autoscalers beside it demand, and in how many zones.

Belongs here: finding them, and what they make of a number. Does not belong here: which types scale
which (`scales` in `types/`), and what a machine costs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from policies.deployment.attributes import Attributes, as_number
from policies.deployment.changes import ResourceChange
from policies.deployment.mapping import scalers
from policies.deployment.plan import Plan
from policies.deployment.pricing import Amount

# europe-west4-a, not europe-west4.
_ZONE = re.compile(r"[a-z]+-[a-z]+\d+-[a-z]")


def scaled(amount: Amount, spec: Mapping[str, Mapping[str, Any]], at: Attributes) -> Amount:
    """The number with what is beside it: the least that is demanded is likely, the most is high.

    `spec` has, by the type of what is beside it, the attributes with the least (`low`), the wanted
    (`likely`) and the largest number (`high`), and what else must hold of it (`only`). A number
    below zero leaves things as they are.
    """
    low, likely, high = amount.low, amount.likely, amount.high
    for kind, names in spec.items():
        for other in at.beside().get(kind, []):
            if any(other.get(path) != value for path, value in names.get("only", {}).items()):
                continue
            told = {key: _told(other, path) for key, path in names.items() if key != "only"}
            least, wanted, most = told.get("low"), told.get("likely"), told.get("high")
            low = low if least is None else min(low, least)
            likely = max([likely, *(n for n in (least, wanted) if n is not None)])
            high = max([high, likely, *([] if most is None else [most])])
    return Amount(low, likely, high)


def _told(other: Attributes, path: str) -> Decimal | None:
    numbers = (n for exact in other.expanded(path) for n in other.every(exact))
    return max((as_number(n, path) for n in numbers if not str(n).startswith("-")), default=None)


def zones(at: Attributes, spec: Mapping[str, Any]) -> Decimal:
    """In how many zones each of the number runs: as many as are named, else three in a region.

    `home` is the place of a cluster, whose own zone is one more than those that it names.
    """
    for source in spec["zones"]:
        named = at.get(source["named"])
        if isinstance(named, list):
            home = at.get(source["home"]) if "home" in source else None
            return Decimal(len({*map(str, named), *([str(home)] if _is_zone(home) else [])}))
    places = (at.get(path) for path in spec["location"])
    return Decimal(1 if _is_zone(next(filter(None, places), None)) else 3)


def _is_zone(place: object) -> bool:
    return isinstance(place, str) and _ZONE.fullmatch(place) is not None


def scalers_of(plan: Plan) -> Mapping[str, list[ResourceChange]]:
    """What scales each resource, by the address of that resource."""
    found: dict[str, list[ResourceChange]] = {}
    for change in (*plan.resources, *plan.unchanged):
        target = scaled_by(plan, change) if change.type in scalers() else None
        if target is not None:
            found.setdefault(target.address, []).append(change)
    return found


def scaled_by(plan: Plan, change: ResourceChange) -> ResourceChange | None:
    """The resource that an autoscaler or a schedule is for; None if the plan does not have it."""
    rule = scalers()[change.type].scales
    if rule is None:
        return None
    path, types = rule
    for found in plan.references.all_of(change, path):
        if found.type in types:
            return found
        # A scheduled action names its target, which names the service.
        if found.type in scalers() and found.type != change.type:
            return scaled_by(plan, found)
    # "service/cluster/name", "table/name", or the name alone.
    value = (change.after or change.before or {}).get(path)
    name = value.rpartition("/")[2] if isinstance(value, str) else ""
    named = [c for c in (*plan.resources, *plan.unchanged) if c.type in types and name
             and (c.after or c.before or {}).get("name") == name]  # fmt: skip
    return named[0] if len(named) == 1 else None
