"""Objects that several addresses speak of: each can be taken away only once.

Belongs here: telling by its id that two entries are one object. Does not belong here: the entries.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.deployment.changes import SENSITIVE, PlanError, ResourceChange
from policies.deployment.mapping import type_rules

# The names that tell one object from all others, the surest first: an id may be a mere name.
_NAMES = ("arn", "self_link", "id")


def demand_gone_once(changes: Iterable[ResourceChange]) -> None:
    """PlanError if one priced object is deleted at two addresses: it would be saved twice."""
    gone: dict[tuple[str, str], str] = {}
    for change in changes:
        name = _name(change)
        if "delete" not in change.actions or name is None or change.type not in type_rules():
            continue
        first = gone.setdefault((change.type, name), change.address)
        if first != change.address:
            raise PlanError(
                f"{first} and {change.address} delete one and the same object ({name}), which can "
                "be saved only once; take it out of one plan's state"
            )


def _name(change: ResourceChange) -> str | None:
    values = change.before or {}
    told = (values.get(name) for name in _NAMES)
    return next((v for v in told if isinstance(v, str) and v and v != SENSITIVE), None)
