"""The catalogue's contract: what an action declares, what it implements, and the lint over both.

Belongs here: `ActionSpec`, the `Action` protocol, registration by decorator.
Does not belong here: any single action (see `catalog/<provider>/`).
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from actions.clients import Account
from actions.errors import Refused
from actions.models import (
    Observation,
    Parameters,
    Plan,
    PlannedCall,
    Reversibility,
    Risk,
    Target,
)

PERMISSION = re.compile(r"^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$")


@dataclass(frozen=True)
class Permissions:
    """The exact cloud permissions of each phase; no wildcards."""

    read: tuple[str, ...]
    apply: tuple[str, ...]
    undo: tuple[str, ...]


@dataclass(frozen=True)
class ActionSpec:
    """What an action declares about itself; `version` is part of every plan made with it."""

    action_id: str
    version: int
    title: str
    provider: str
    resource_type: str
    parameters: type[Parameters]
    permissions: Permissions
    risk: Risk
    reversibility: Reversibility
    blast_radius: str


@dataclass
class Job:
    """One plan being looked at, applied or undone: what steps get to work with.

    `outputs` grows as steps finish; on resume and undo it is filled from the journal.
    """

    plan_id: str
    target: Target
    parameters: Parameters
    observed: Observation
    account: Account
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One call and how to know its effect. That knowledge makes repeating it safe.

    `found`: outputs if the effect is already there, else None; `settled`: polled until the effect
    is final; `ready`: the last look before the call, raises `StepFailed` if it must not be made.
    """

    name: str
    call: PlannedCall
    found: Callable[[Job], dict[str, str] | None]
    read: Callable[[Mapping[str, Any]], dict[str, str]]
    settled: Callable[[Job], bool]
    ready: Callable[[Job], None] | None = None


class Action(Protocol):
    """What an action implements. Everything but the steps' calls is read-only."""

    def observe(self, account: Account, target: Target) -> Observation:
        """Look at the resource: what it is, whether it may be acted on, what undo needs."""
        ...

    def steps(self, job: Job) -> Sequence[Step]:
        """The steps of `apply`, in order."""
        ...

    def undo_steps(self, job: Job) -> Sequence[Step]:
        """The steps that take `apply` back, whole or half done; empty if there are none."""
        ...

    def check(self, job: Job) -> str | None:
        """After `apply`: what is not as promised, or None."""
        ...

    def check_undo(self, job: Job) -> str | None:
        """After `undo`: what is not as it was, or None."""
        ...


@dataclass(frozen=True)
class Registered:
    """An action with its declaration and the module that holds it."""

    spec: ActionSpec
    action: Action
    module: str

    def job(self, plan: Plan, account: Account) -> Job:
        """A job for `plan`; raises `Refused` if its parameters are not the action's."""
        return Job(
            plan_id=plan.plan_id,
            target=plan.target,
            parameters=self.spec.parameters.model_validate(plan.parameters),
            observed=plan.observed,
            account=account,
        )


class Registry:
    """Actions by id."""

    def __init__(self) -> None:
        self._actions: dict[str, Registered] = {}

    def register(self, spec: ActionSpec) -> Callable[[type], type]:
        """Class decorator: adds one instance of the class under `spec.action_id`."""

        def add(cls: type) -> type:
            if spec.action_id in self._actions:
                raise ValueError(f"action {spec.action_id} is registered twice")
            self._actions[spec.action_id] = Registered(spec, cls(), cls.__module__)
            return cls

        return add

    def get(self, action_id: str) -> Registered:
        """The action, or `Refused` naming those that exist."""
        if action_id not in self._actions:
            known = ", ".join(sorted(self._actions)) or "none"
            raise Refused(f"there is no action {action_id!r}; the catalogue has: {known}")
        return self._actions[action_id]

    def all(self) -> list[Registered]:
        """Every action, by id."""
        return [self._actions[action_id] for action_id in sorted(self._actions)]


CATALOG = Registry()


def load_catalog() -> Registry:
    """Import every file under `actions/catalog/` and return the registry that they fill."""
    package = importlib.import_module("actions.catalog")
    for module in pkgutil.walk_packages(package.__path__, prefix="actions.catalog."):
        importlib.import_module(module.name)
    return CATALOG


def lint(registered: Registered, flight_tests: Path | None = None) -> list[str]:
    """What an action forgot to declare; with `flight_tests`, also whether it was ever flown."""
    spec, problems = registered.spec, []
    for name in ("title", "provider", "resource_type", "blast_radius"):
        if not getattr(spec, name).strip():
            problems.append(f"{name} is empty")
    if not re.fullmatch(r"[a-z]+(\.[a-z0-9_]+){2}", spec.action_id):
        problems.append("action_id is not <provider>.<resource>.<verb>")
    if not (isinstance(spec.parameters, type) and issubclass(spec.parameters, Parameters)):
        problems.append("parameters is not a schema (a subclass of Parameters)")
    problems += _permission_problems(spec.permissions)
    if spec.reversibility.kind == "irreversible":
        if not spec.reversibility.note.strip():
            problems.append("is irreversible without a reason (reversibility.note)")
    elif not spec.permissions.undo or not spec.reversibility.undo_action:
        problems.append("claims to be reversible but names no undo or no permissions for it")
    for method in ("observe", "steps", "undo_steps", "check", "check_undo"):
        if not callable(getattr(registered.action, method, None)):
            problems.append(f"does not implement {method}()")
    if flight_tests is not None:
        name = registered.module.rsplit(".", 1)[-1]
        if not (flight_tests / f"test_actions_{name}.py").is_file():
            problems.append(f"has no flight test {flight_tests.name}/test_actions_{name}.py")
    return problems


def _permission_problems(permissions: Permissions) -> list[str]:
    problems = [
        f"permissions.{phase} is empty"
        for phase in ("read", "apply")
        if not getattr(permissions, phase)
    ]
    every = (*permissions.read, *permissions.apply, *permissions.undo)
    problems += [
        f"permission {name!r} is not exact" for name in every if not PERMISSION.match(name)
    ]
    return problems
