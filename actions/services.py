"""What every run needs, handed in by the caller: nothing here is looked up or built by itself.

Belongs here: the bundle of collaborators, and asking the gate on record.
Does not belong here: the order of things in a run (see `planner`, `executor`, `recovery`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from actions.clients import Cloud
from actions.gate import Question
from actions.journal import Journal, Listener
from actions.models import DataFacts, Outcome, Plan, PlannedCall, Result
from actions.registry import Registry, load_catalog
from actions.steps import Timing
from policies.decisions import decide_and_record
from policies.engine import PolicyEngine
from policies.models import Decision


def utc_now() -> datetime:
    """The clock that runs use unless another is handed in."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Services:
    """The store, the gate, the cloud and the facts behind the proposals.

    `require_approval=False` leaves it to the policies which plans need a person.
    `listener` is told of every journal event before and after it is written.
    """

    store: sa.Engine
    policy: PolicyEngine
    cloud: Cloud
    data: DataFacts
    clock: Callable[[], datetime] = utc_now
    timing: Timing = field(default_factory=Timing)
    registry: Registry = field(default_factory=load_catalog)
    require_approval: bool = True
    lock_seconds: float = 60.0
    listener: Listener | None = None

    def journal(self) -> Journal:
        """A journal for a new run."""
        run_id = f"run-{self.clock():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        return Journal(self.store, run_id, self.clock, self.listener)

    def decide(self, log: Journal, question: Question) -> Decision:
        """Ask the remediation gate, and put the answer on record before anyone acts on it."""
        asked, plan = question.as_input(), question.plan
        answer = decide_and_record(
            self.policy, self.store, "remediation", plan.target.resource_id, asked
        )
        log.write(
            "decided",
            {
                "stage": question.stage,
                "mode": question.mode,
                "allow": answer.allow,
                "decision_id": answer.decision_id,
            },
            plan=plan,
        )
        return answer


# Denials that no waiting ends, and the ones that waiting for the next run or day does.
FINAL_RULES = frozenset({"remediation.protected_scope", "remediation.saving_sound"})
WAITING_RULE = "remediation.run_limits"


def telling(rule_ids: Iterable[str]) -> set[str]:
    """The rules whose denials are worth telling: not to wait, where waiting changes nothing."""
    found = set(rule_ids)
    return found - {WAITING_RULE} if found & FINAL_RULES else found


def reasons(decision: Decision) -> str:
    """Why the gate denied, and what to do about it, in one line."""
    told = telling(denial.rule_id for denial in decision.denials)
    return "; ".join(
        f"{denial.message} [{denial.rule_id}] {denial.remedy}"
        for denial in decision.denials
        if denial.rule_id in told
    )


def refusal(decision: Decision) -> Result:
    """A denial by a rule is a result; a gate that could not decide is a fault to repair."""
    return Result.DENIED if decision.decided else Result.COULD_NOT


def outcome(
    plan: Plan,
    result: Result,
    why: str,
    *,
    decision: Decision | None = None,
    calls: Iterable[PlannedCall] = (),
) -> Outcome:
    """The outcome of one plan; `calls` are those that would be made, where none was."""
    return Outcome(
        result=result,
        proposal_id=plan.proposal_id,
        action_id=plan.action_id,
        resource_id=plan.target.resource_id,
        why=why,
        plan_id=plan.plan_id,
        plan=plan,
        decision=decision,
        calls=tuple(calls),
    )
