"""The nouns of remediation: proposals, plans, calls, observations, outcomes.

Belongs here: values without behaviour beyond validating, hashing and comparing themselves.
Does not belong here: anything that reads a clock, a database or a cloud.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from policies.models import Decision, canonical_json, sha256

PLAN_SCHEMA: Literal["plan/v1"] = "plan/v1"


def sha256_of(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value`, in hex."""
    return sha256(canonical_json(value))


def rfc3339(moment: datetime) -> str:
    """UTC text with microseconds and `Z`: sorts as it reads and hashes the same everywhere."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _utc(value: Any) -> Any:
    # Warehouses hand over timestamps without a zone; in this project they are always UTC.
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    if isinstance(value, str):
        parsed = datetime.fromisoformat(value)
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return value


def _not_float(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError("is a binary float; give the amount as a decimal string")
    return value


def _json_object(value: Any) -> Any:
    # Numbers with a point stay text: an amount in the evidence must not turn into a float.
    return json.loads(value, parse_float=str) if isinstance(value, str) else value


# More than any resource costs, and few enough digits to be counted exactly to the twelfth decimal.
LARGEST_AMOUNT = Decimal("1e15")


def in_range(amount: Decimal) -> bool:
    """Whether an amount is one that can be added up and rounded without an arithmetic error."""
    return amount.is_finite() and amount.copy_abs() <= LARGEST_AMOUNT


Money = Annotated[Decimal, BeforeValidator(_not_float), Field(allow_inf_nan=False)]
Moment = Annotated[AwareDatetime, BeforeValidator(_utc)]
Facts = Annotated[dict[str, Any], BeforeValidator(_json_object)]


class Value(BaseModel):
    """Base of the immutable values; unknown fields are errors, not silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Risk(StrEnum):
    """How bad the worst plausible outcome of an action is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Reversibility(Value):
    """How an action can be taken back, or why it cannot."""

    kind: Literal["undo", "snapshot", "irreversible"]
    undo_action: str | None
    note: str


class Parameters(Value):
    """Base of an action's own parameters; an action without any uses it as it is."""


class Target(Value):
    """The one resource an action works on."""

    provider: str
    account_id: str
    region: str
    resource_id: str


class Saving(Value):
    """What the action is expected to save per month, with its interval."""

    currency: str
    monthly: Money
    low: Money
    high: Money


class Proposal(BaseModel):
    """One row of `marts.fct_proposals`; further columns of the mart are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    proposal_id: str
    action_id: str
    service_provider_name: str
    account_id: str
    region: str
    resource_id: str
    owner: str | None
    billing_currency: str
    expected_monthly_saving: Money
    saving_low: Money
    saving_high: Money
    evidence: Facts
    evidence_as_of: Moment
    created_at: Moment
    parameters: Facts = Field(default_factory=dict)

    @property
    def target(self) -> Target:
        """The resource this proposal is about."""
        return Target(
            provider=self.service_provider_name,
            account_id=self.account_id,
            region=self.region,
            resource_id=self.resource_id,
        )


class PlannedCall(Value):
    """One API call, exactly as it will be sent.

    `${name}` in a parameter stands for the output of an earlier step of the same plan.
    """

    service: str
    operation: str
    parameters: dict[str, Any]

    @property
    def permission(self) -> str:
        """The IAM action that this call needs."""
        return f"{self.service}:{self.operation}"

    def filled(self, outputs: Mapping[str, str]) -> PlannedCall:
        """The call with the outputs of earlier steps put in."""
        return self.model_copy(update={"parameters": _fill(self.parameters, outputs)})


def _fill(value: Any, outputs: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(item, outputs) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, outputs) for item in value]
    if isinstance(value, str) and value.startswith("${") and value.endswith("}"):
        return outputs[value[2:-1]]
    return value


class Observation(Value):
    """What the cloud says about the target now; `state` also is what undo works from."""

    exists: bool
    resource_type: str
    tags: dict[str, str] = Field(default_factory=dict)
    state: dict[str, Any] = Field(default_factory=dict)
    done: str | None = None
    blocked: str | None = None

    def differences(self, planned: Observation) -> list[str]:
        """How this differs from what the plan was made on, in words; empty if it does not."""
        if self.exists != planned.exists:
            return ["the resource is gone" if planned.exists else "the resource came back"]
        before = {**planned.state, **{f"tag {k}": v for k, v in planned.tags.items()}}
        after = {**self.state, **{f"tag {k}": v for k, v in self.tags.items()}}
        return [
            f"{key}: {before.get(key)!r} -> {after.get(key)!r}"
            for key in sorted(before.keys() | after.keys())
            if before.get(key) != after.get(key)
        ]


class Plan(Value):
    """One action on one resource, complete enough to be approved; its hash is its identity."""

    plan_schema: Literal["plan/v1"] = PLAN_SCHEMA
    plan_id: str
    created_at: Moment
    requester: str
    proposal_id: str
    action_id: str
    action_version: int
    risk: Risk
    reversibility: Reversibility
    blast_radius: str
    target: Target
    owner: str | None
    parameters: dict[str, Any]
    observed: Observation
    saving: Saving
    evidence: dict[str, Any]
    evidence_as_of: Moment
    calls: list[PlannedCall]
    undo_calls: list[PlannedCall]

    @property
    def plan_hash(self) -> str:
        """SHA-256 over everything that was planned; approvals bind to it."""
        return sha256_of(self.model_dump(mode="json"))


class DataFacts(Value):
    """What is known about the bills behind the proposals; the gate denies on bad data."""

    control_totals_ok: bool
    data_as_of: Moment


class Status(StrEnum):
    """Where a plan stands; the journal says how it came there."""

    PLANNED = "planned"
    DENIED = "denied"
    APPROVED = "approved"
    APPLYING = "applying"
    APPLIED = "applied"
    ALREADY_DONE = "already_done"
    FAILED = "failed"
    ABORTED = "aborted"
    UNDOING = "undoing"
    UNDONE = "undone"
    SUPERSEDED = "superseded"


# Plans that a newer plan of the same action on the same resource replaces.
OPEN_STATUSES = frozenset({Status.PLANNED, Status.DENIED, Status.APPROVED})
# Plans with calls made and no end reached: `resume` finishes or undoes them.
UNFINISHED_STATUSES = frozenset({Status.APPLYING, Status.FAILED, Status.UNDOING})


class Result(StrEnum):
    """How one plan (or one proposal) came out of one run."""

    PLANNED = "planned"
    WOULD_APPLY = "would_apply"
    APPLIED = "applied"
    ALREADY_DONE = "already_done"
    WOULD_UNDO = "would_undo"
    UNDONE = "undone"
    NOT_APPLICABLE = "not_applicable"
    DENIED = "denied"
    REFUSED = "refused"
    ABORTED = "aborted"
    FAILED = "failed"
    SKIPPED = "skipped"
    COULD_NOT = "could_not"


GOOD_RESULTS = frozenset(
    {
        Result.PLANNED,
        Result.WOULD_APPLY,
        Result.APPLIED,
        Result.ALREADY_DONE,
        Result.WOULD_UNDO,
        Result.UNDONE,
    }
)


@dataclass(frozen=True)
class Outcome:
    """What happened to one plan or proposal in one run, and why."""

    result: Result
    proposal_id: str
    action_id: str
    resource_id: str
    why: str
    plan_id: str | None = None
    plan: Plan | None = None
    decision: Decision | None = None
    canary: bool = False
    calls: tuple[PlannedCall, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether this needs nobody's attention."""
        return self.result in GOOD_RESULTS


@dataclass(frozen=True)
class RunReport:
    """All outcomes of one run; a run is good only if every outcome is."""

    run_id: str
    execute: bool
    outcomes: tuple[Outcome, ...]

    @property
    def ok(self) -> bool:
        """False as soon as one plan was denied, refused, aborted, skipped or failed."""
        return all(outcome.ok for outcome in self.outcomes)
