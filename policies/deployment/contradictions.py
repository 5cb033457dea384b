"""What a plan says in several places must be the same in all of them; else it was edited.

Belongs here: comparisons that every real plan passes. Does not belong here: reading a change
(`changes.py`), and whether the plan is whole (`completeness.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policies.deployment.changes import SHOW, PlanError
from policies.deployment.configuration import Configuration, module_path, without_indexes
from policies.deployment.mapping import as_text, type_rules


def demand_consistent(
    changes: Sequence[Mapping[str, Any]],
    planned: Mapping[str, Mapping[str, Any]],
    configuration: Configuration,
) -> None:
    """PlanError if two places of one plan contradict each other.

    `planned` are the resources of `planned_values` by address. That something configured is not
    listed proves nothing: Terraform leaves out of the configuration that there is a for_each whose
    expression refers to nothing, and it may be empty.
    """
    for number, change in enumerate(changes):
        where = f"resource_changes[{number}] ({change['address']})"
        _demand_type(change, where)
        if change["mode"] == "managed" and not change.get("deposed"):
            _demand_planned(change, planned.get(change["address"]), where)
            _demand_written(change, configuration, where)


def _demand_type(change: Mapping[str, Any], where: str) -> None:
    """Mode and type are those of the address: `data.aws_ami.x`, or managed without a word."""
    plain, mode, kind = without_indexes(change["address"]), change["mode"], change["type"]
    modules = "".join(f"module.{name}." for name in module_path(plain))
    lead = "" if mode == "managed" else f"{mode}."
    if not plain.removeprefix(modules).startswith(f"{lead}{kind}."):
        raise PlanError(f"{where} is {mode} and of the type {kind}, unlike its address; {SHOW}")


def _demand_planned(
    change: Mapping[str, Any], resource: Mapping[str, Any] | None, where: str
) -> None:
    """What is planned for a resource is what its change makes of it."""
    after, sides = change["change"].get("after"), change["change"]
    if resource is None or not isinstance(after, dict) or sides["actions"] == ["no-op"]:
        return
    if resource.get("type", change["type"]) != change["type"]:
        raise PlanError(f"{where} is of another type in planned_values; {SHOW}")
    values, hidden = resource.get("values"), sides.get("after_sensitive")
    if not isinstance(values, dict):
        return
    for name in after.keys() & values.keys():
        # A redacted plan may show another value where there is a mark.
        if after[name] != values[name] and not (isinstance(hidden, dict) and hidden.get(name)):
            raise PlanError(f"{where}: {name} is another one in planned_values; {SHOW}")


def _demand_written(change: Mapping[str, Any], configuration: Configuration, where: str) -> None:
    """What is made has the values that are written for it, of those that rules judge.

    Only of what is new: `ignore_changes` may leave others as they are, and no plan tells it.
    """
    after, rule = change["change"].get("after"), type_rules().get(change["type"])
    if change["change"]["actions"] != ["create"] or not isinstance(after, dict) or rule is None:
        return
    written = configuration.written(change["address"]) or {}
    for name in rule.show:
        expression = written.get(name)
        constant = expression.get("constant_value") if isinstance(expression, dict) else None
        if not _same(constant, after.get(name)):
            raise PlanError(
                f"{where}: {name} is {after[name]!r}, but the configuration says {constant!r}; "
                f"{SHOW}"
            )


def _same(constant: object, value: object) -> bool:
    """Whether two plain values are one; providers may write letters and numbers otherwise."""
    plain = (str, int, float)
    if not isinstance(constant, plain) or not isinstance(value, plain):
        return True
    if not isinstance(constant, str) and not isinstance(value, str):
        return float(constant) == float(value)
    return as_text(constant).strip().lower() == as_text(value).strip().lower()
