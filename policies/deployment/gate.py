"""Puts the question of a deployment together, asks the gate, and keeps question and answer.

Belongs here: the form of the question. Does not belong here: where its facts are from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from policies.decisions import decide_and_record, redact
from policies.deployment.budget import Budget
from policies.deployment.estimate import estimate
from policies.deployment.plan import Plan, ResourceChange
from policies.engine import PolicyEngine
from policies.models import Decision, rfc3339

SCHEMA = "deployment/v1"


@dataclass(frozen=True)
class GitFacts:
    """The change that asks; `local` where nothing is known of it."""

    repository: str = "local"
    base_ref: str = "local"
    head_sha: str = "local"
    actor: str = "local"

    def to_dict(self) -> dict[str, str]:
        """As the gate reads it."""
        return {
            "repository": self.repository,
            "base_ref": self.base_ref,
            "head_sha": self.head_sha,
            "actor": self.actor,
        }


@dataclass(frozen=True)
class Answer:
    """One decision with the question it answers: all that any report needs."""

    question: Mapping[str, Any]
    decision: Decision


def build_question(
    plan: Plan,
    budget: Budget,
    environment: str,
    *,
    git: GitFacts | None = None,
    now: datetime | None = None,
    waivers: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The question to the deployment gate, as `schemas/deployment.v1.json` has it."""
    return {
        "schema": SCHEMA,
        "now": rfc3339(now or datetime.now(UTC)),
        "environment": environment,
        "git": (git or GitFacts()).to_dict(),
        "plan": {
            "format_version": plan.format_version,
            "terraform_version": plan.terraform_version,
            "complete": plan.complete,
            "errored": plan.errored,
            "resources": [_resource(change) for change in plan.resources],
        },
        "estimate": estimate(plan),
        "budget": budget.to_dict(),
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


def _resource(change: ResourceChange) -> dict[str, Any]:
    return {
        "address": change.address,
        "type": change.type,
        "provider": change.provider,
        "region": change.region,
        "actions": list(change.actions),
        "taggable": change.taggable,
        "tags": None if change.tags is None else dict(change.tags),
        "tags_known": change.tags_known,
    }
