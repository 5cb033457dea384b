"""Objects that several addresses speak of: each can be changed, and save something, only once.

Belongs here: telling by its id that two entries are one object. Does not belong here: the entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from policies.deployment.changes import SENSITIVE, PlanError, ResourceChange, one_case
from policies.deployment.mapping import type_rules

# The names that tell one object from all others, the surest first: an id may be a mere name.
_SURE = ("arn", "self_link")
# What leaves an object as it is.
_HARMLESS = frozenset({("no-op",), ("forget",), ("create",), ("create", "forget")})


# What merging has put in front of an address; the keys of for_each may hold anything.
_PLAN = re.compile(r'^(?:(?!\[").)*?: ')


def demand_changed_once(
    changes: Iterable[ResourceChange], affected: Iterable[ResourceChange] = ()
) -> None:
    """PlanError if one object that is sold is changed or deleted at two addresses.

    What that saves would count twice. `affected` cost otherwise although they stay as they are. An
    object without any name is known by its address, in whichever plan that stands.
    """
    seen: dict[tuple[str, str], list[ResourceChange]] = {}
    changed = (change for change in changes if change.actions not in _HARMLESS)
    for change in (*changed, *affected):
        rule = type_rules().get(change.type)
        if rule is None or not rule.is_sold:
            continue
        for name in _names(change):
            for other in seen.setdefault((change.type, name), []):
                if _are_one(change, other):
                    raise PlanError(
                        f"{other.address} and {change.address} change one and the same object "
                        f"({name}), whose saving can count only once; take it out of one plan's "
                        "state"
                    )
            seen[change.type, name].append(change)


def _names(change: ResourceChange) -> list[str]:
    told = [found for name in (*_SURE, "id") if (found := _told(change, name))]
    return list(dict.fromkeys(told)) or [_PLAN.sub("", change.address)]


def _are_one(one: ResourceChange, other: ResourceChange) -> bool:
    """Whether no sure name that both have tells them apart: ids repeat in other accounts."""
    pairs = ((_told(one, name), _told(other, name)) for name in _SURE)
    return one is not other and not any(a and b and a != b for a, b in pairs)


def _told(change: ResourceChange, name: str) -> str | None:
    value = (change.before or {}).get(name)
    return one_case(value) if isinstance(value, str) and value and value != SENSITIVE else None
