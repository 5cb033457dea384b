"""Whether an object store has rules for what is old: in its own block, or in a resource beside it.

Belongs here: finding the rules. Does not belong here: which resources need them (the policies), and
where a type's rules stand (`types/`).
"""

from __future__ import annotations

from collections.abc import Mapping

from policies.deployment.attributes import Attributes
from policies.deployment.mapping import LifecycleRule, type_rules
from policies.deployment.plan import Plan
from policies.deployment.pricing import NotPriced

OWN, NONE = "own", "none"
# After these a resource is no longer the plan's.
GONE = {("delete",), ("forget",)}


def rules_beside(plan: Plan) -> Mapping[str, str]:
    """The stores with rules in another resource that stays, by address: that resource's."""
    paths = {
        companion: path
        for rule in type_rules().values()
        if rule.lifecycle
        for companion, path in rule.lifecycle.beside.items()
    }
    found: dict[str, str] = {}
    for change in (*plan.resources, *plan.unchanged):
        if change.type in paths and change.actions not in GONE:
            store = plan.references.of(change, paths[change.type])
            if store is not None:
                found[store.address] = change.address
    return found


def lifecycle(rule: LifecycleRule, side: Attributes, beside: str | None) -> str | None:
    """`own`, the address of the rules beside it, or `none`; None where the plan does not tell."""
    if beside is not None:
        return beside
    try:
        return OWN if rule.block and side.get(rule.block) else NONE
    except NotPriced:
        return None
