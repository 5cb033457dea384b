"""Actions that Terraform invokes beside its changes: `action_invocations`, since version 1.14.

Belongs here: what a plan says of them. Does not belong here: what an action does. No plan tells
that (a program, a build, a function), so none of them ever has a price.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.deployment.changes import SHOW, PlanError, ResourceChange, kind_of
from policies.deployment.configuration import UNKNOWN_REGION


def invocations(document: Mapping[str, Any]) -> tuple[ResourceChange, ...]:
    """Each action that is invoked, once, as something new whose type no resource has."""
    listed = document.get("action_invocations", [])
    if not isinstance(listed, list):
        raise PlanError(f"action_invocations is {kind_of(listed)}, not a list; {SHOW}")
    found: dict[str, ResourceChange] = {}
    for number, entry in enumerate(listed):
        told = entry if isinstance(entry, dict) else {}
        address, kind = told.get("address"), told.get("type")
        if not (isinstance(address, str) and address and isinstance(kind, str) and kind):
            raise PlanError(f"action_invocations[{number}] has no address or type; {SHOW}")
        provider = str(told.get("provider_name") or "unknown")
        found[address] = ResourceChange(
            address, f"action.{kind}", provider, UNKNOWN_REGION, ("create",), None, {}
        )
    return tuple(found.values())
