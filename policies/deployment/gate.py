"""Puts the question of a deployment together, asks the gate, and keeps question and answer.

Belongs here: the form of the question. Does not belong here: where its facts are from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from policies.bundle import Bundle
from policies.decisions import decide_and_record, redact
from policies.deployment.attributes import Attributes
from policies.deployment.billed import NotBilled, billed_names
from policies.deployment.budget import Budget
from policies.deployment.calibration import calibrated
from policies.deployment.changes import PlanError, ResourceChange
from policies.deployment.estimate import estimate, sample_book, side_of
from policies.deployment.estimated import NOTHING, Estimate, with_ages
from policies.deployment.evaluation import machines
from policies.deployment.lifecycle import lifecycle, rules_beside
from policies.deployment.mapping import as_text, type_rules
from policies.deployment.places import Places
from policies.deployment.plan import Plan
from policies.deployment.pricing import NotPriced
from policies.deployment.sources import Sources
from policies.deployment.waivers import LOCAL
from policies.engine import PolicyEngine
from policies.models import Decision, engine_finding, rfc3339

SCHEMA = "deployment/v1"


class UnknownEnvironmentError(ValueError):
    """No limits are configured for the environment; the message names those that have some."""


def known_environment(bundle: Bundle, name: str) -> str:
    """The name, if the bundle has limits for it; without, each rule denies for its own reason."""
    environments = bundle.document("finops/config/deployment").get("environments", {})
    if name not in environments:
        known = ", ".join(sorted(environments)) or "none"
        raise UnknownEnvironmentError(
            f"environment {name!r} is not in finops/config/deployment (there: {known}); "
            "add it there, or choose another one with --environment"
        )
    return name


@dataclass(frozen=True)
class GitFacts:
    """The change that asks; `local` where nothing is known of it."""

    repository: str = LOCAL
    base_ref: str = LOCAL
    head_sha: str = LOCAL
    actor: str = LOCAL
    head_ref: str | None = None
    pull_request: str | None = None
    # A change from a fork runs without secrets, and its author may not be one of ours.
    fork: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        """As the gate reads it."""
        return asdict(self)


@dataclass(frozen=True)
class Answer:
    """One decision with the question it answers: all that any report needs.

    `question` is empty where the gate could not be asked.
    """

    question: Mapping[str, Any]
    decision: Decision
    places: Places = field(default_factory=Places)


def not_asked(gate: str, reason: str, places: Places | None = None) -> Answer:
    """What there is to report where no decision was reached: a denial that is on no record."""
    decision = Decision(
        decision_id="none",
        gate=gate,
        allow=False,
        denials=(engine_finding(gate, "not_asked", reason, ""),),
        warnings=(),
        waived=(),
        evaluated=(),
        input_sha256="",
        bundle_sha256="",
        revision="",
    )
    return Answer({}, decision, places or Places())


def build_question(
    plan: Plan,
    budget: Budget,
    environment: str,
    *,
    git: GitFacts | None = None,
    now: datetime | None = None,
    waivers: Sequence[Mapping[str, Any]] = (),
    sources: Sources | None = None,
    pull_requests: Sequence[Mapping[str, Any]] = (),
    waiver_uses: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The question to the deployment gate, as `schemas/deployment.v1.json` has it.

    PlanError if resources could not be told apart in it.
    """
    now = now or datetime.now(UTC)
    sources = sources or Sources(sample_book())
    found = calibrated(estimate(plan, sources.book, sources.usage), sources.calibration)
    listed = (*plan.resources, *found.affected)
    _demand_told_apart(listed)
    estimated = found.to_dict()
    estimated |= _gross(found)
    with_ages(estimated["lines"], now.date())
    beside = rules_beside(plan)
    return {
        "schema": SCHEMA,
        "now": rfc3339(now),
        "environment": environment,
        "git": (git or GitFacts()).to_dict(),
        "plan": {
            "format_version": plan.format_version,
            "terraform_version": plan.terraform_version,
            "complete": plan.complete,
            "errored": plan.errored,
            "not_stated": list(plan.not_stated),
            "stated_regions": [
                {"provider": provider, "region": region, "resources": count}
                for provider, region, count in plan.stated_regions
            ],
            "resources": [_resource(plan, c, beside) for c in listed],
        },
        "estimate": estimated,
        "budget": budget.to_dict(),
        "facts": {**sources.facts(), **({"waivers": waiver_uses} if waiver_uses else {})},
        "pull_requests": [dict(request) for request in pull_requests],
        "waivers": [dict(waiver) for waiver in waivers],
    }


def decide_deployment(
    engine: PolicyEngine, store: sa.Engine, question: Mapping[str, Any]
) -> Answer:
    """Ask the gate, record the answer, and return both for the reports."""
    git = question["git"]
    subject = f"{git['repository']}@{git['head_sha']}"
    decision = decide_and_record(engine, store, "deployment", subject, question)
    return Answer(question=redact(question), decision=decision)


def _demand_told_apart(changes: Sequence[ResourceChange]) -> None:
    """PlanError if two addresses are one without the secrets in them.

    Rules and waivers go by addresses: what is said of the one would then hold for the other.
    """
    for address, count in Counter(redact(change.address) for change in changes).items():
        if count > 1:
            raise PlanError(
                f"{count} resources are {address} once what looks like a secret is taken out of "
                "their addresses; give them other keys"
            )


def _resource(plan: Plan, change: ResourceChange, beside: Mapping[str, str]) -> dict[str, Any]:
    return {
        "address": change.address,
        "type": change.type,
        "provider": change.provider,
        "region": change.region,
        "actions": list(change.actions),
        "taggable": change.taggable,
        "tags": None if change.tags is None else dict(change.tags),
        "tags_known": change.tags_known,
        "owner": _tagged(change, "owner", "team"),
        "cost_center": _tagged(change, "costcenter", "costcentre"),
        "attributes": shown(plan, change, beside.get(change.address)),
        "previous_address": change.previous_address,
        "reason": change.reason,
        "replace_paths": list(change.replace_paths),
        "imported": change.imported,
        "deposed": change.deposed,
        "resource_names": _names(change),
    }


def _gross(found: Estimate) -> dict[str, str]:
    """What lines add and what they take away: a difference of little may be one of much of both."""
    differences = [line.after - line.before for line in found.lines
                   if line.after is not None and line.before is not None]  # fmt: skip
    return {
        "added": str(sum((d for d in differences if d > 0), NOTHING)),
        "removed": str(-sum((d for d in differences if d < 0), NOTHING) + NOTHING),
    }


def _names(change: ResourceChange) -> list[list[str]]:
    """By which names bills know what is changed in place or replaced; none for what is new."""
    if change.before is None or change.after is None:
        return []
    try:
        return billed_names(change.type, change.before)
    except NotBilled:
        return []


def _tagged(change: ResourceChange, *names: str) -> str | None:
    """The first filled tag of these names, whatever case and marks its key is written with."""
    tags = {_plain_key(key): value for key, value in (change.tags or {}).items()}
    return next((tags[name] for name in names if tags.get(name, "").strip()), None)


# The same few keys come back on every resource.
@lru_cache(maxsize=1024)
def _plain_key(key: str) -> str:
    return "".join(c for c in key.lower() if c.isalnum())


def shown(plan: Plan, change: ResourceChange, beside: str | None) -> dict[str, str | None]:
    """The attributes that rules may judge, as text; None where the plan does not tell them."""
    rule = type_rules().get(change.type)
    side = side_of(plan, change, "after") or side_of(plan, change, "before")
    found: dict[str, str | None] = {}
    for path in rule.show if rule and side else ():
        name = path.rpartition(" -> ")[2]
        try:
            value = side.get(path) if side else None
        except NotPriced:
            found[name] = None
            continue
        if isinstance(value, list):
            value = ",".join(as_text(v) for v in value)
        if value is not None and not isinstance(value, Mapping):
            found[name] = as_text(value)
    if rule and rule.lifecycle and side:
        found["lifecycle"] = lifecycle(rule.lifecycle, side, beside)
    return found | _machines(change.type, side) if side else found


def _machines(kind: str, side: Attributes) -> dict[str, str | None]:
    """The machine types of a resource and its accelerators, wherever they stand; None: not told."""
    try:
        found = machines(kind, side)
    except NotPriced:
        return {"machine_types": None}
    listed = {"machine_types": found.types, "accelerators": found.accelerators}
    return {name: ",".join(sorted(values)) for name, values in listed.items() if values}
