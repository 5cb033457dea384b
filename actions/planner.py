"""From proposals to decided plans. Reads the cloud, changes nothing in it.

Belongs here: looking at each target, writing down exactly what would be done, asking the gate.
Does not belong here: making proposals (the marts do) and executing plans (see `executor`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from pydantic import ValidationError

from actions import approvals, journal, limits, plans
from actions.clients import Account
from actions.errors import ApprovalInvalid, CloudError, Refused
from actions.gate import OWNER_TAGS, Question, tagged
from actions.journal import Journal
from actions.limits import Use
from actions.models import (
    OPEN_STATUSES,
    UNFINISHED_STATUSES,
    Observation,
    Outcome,
    Plan,
    Proposal,
    Result,
    RunReport,
    Saving,
    Status,
    sha256_of,
)
from actions.registry import Job, Registered
from actions.services import Services, outcome, reasons, refusal


def plan_proposals(
    services: Services, proposals: Iterable[Proposal], *, requester: str
) -> RunReport:
    """Make and decide one plan per proposal, the largest savings first.

    Limits count the plans allowed so far as if they were applied now, in one run. Raises
    `JournalBroken` where the journal, from which limits are counted, was changed.
    """
    journal.require_intact(services.store)
    log = services.journal()
    uses = limits.uses_of_journal(services.store)
    ordered = sorted(proposals, key=_largest_first)
    outcomes = [_plan_one(services, log, proposal, requester, uses) for proposal in ordered]
    return RunReport(log.run_id, execute=False, outcomes=tuple(outcomes))


def _largest_first(proposal: Proposal) -> tuple[Decimal, str]:
    # Not with a minus sign, which rounds and can overflow.
    return proposal.expected_monthly_saving.copy_negate(), proposal.proposal_id


def _plan_one(
    services: Services, log: Journal, proposal: Proposal, requester: str, uses: list[Use]
) -> Outcome:
    try:
        plan_or_reason = _make(services, proposal, requester)
        if isinstance(plan_or_reason, Plan):
            return _decide(services, log, plan_or_reason, uses)
    except (Refused, ValidationError) as error:
        return _no_plan(log, proposal, Result.REFUSED, str(error))
    except CloudError as error:
        return _no_plan(log, proposal, Result.COULD_NOT, str(error))
    return _no_plan(log, proposal, *plan_or_reason)


def _decide(services: Services, log: Journal, made: Plan, uses: list[Use]) -> Outcome:
    """Keep the plan, ask the gate, and put the answer on record."""
    plan = _keep(services, log, made)
    now = services.clock()
    decision = services.decide(
        log,
        Question(
            stage="plan",
            mode="dry_run",
            plan=plan,
            observed=plan.observed,
            changed=False,
            run=limits.run_facts(plan, log.run_id, now, uses),
            data=services.data,
            now=now,
            approval=None,
            approval_required=services.require_approval,
        ),
    )
    if not decision.allow:
        plans.set_status(
            log,
            plan,
            "plan_denied",
            Status.DENIED,
            {"why": reasons(decision)},
            expect=OPEN_STATUSES,
            decision_id=decision.decision_id,
        )
        return outcome(plan, refusal(decision), reasons(decision), decision=decision)
    _, before = plans.load(services.store, plan.plan_id)
    plans.set_status(
        log,
        plan,
        "plan_allowed",
        Status.APPROVED if before is Status.APPROVED else Status.PLANNED,
        expect={before},
        decision_id=decision.decision_id,
    )
    uses.append(limits.use_of(plan, log.run_id, now))
    why = _awaiting(services, plan, before) if services.require_approval else "allowed"
    return outcome(plan, Result.PLANNED, why, decision=decision, calls=plan.calls)


def _awaiting(services: Services, plan: Plan, status: Status) -> str:
    if status is not Status.APPROVED:
        return "allowed; waits for approval"
    try:
        given = approvals.valid_for(services.store, plan, services.clock())
    except ApprovalInvalid as error:
        return f"allowed; waits for a new approval: {error}"
    return f"allowed; approved by {given.approver} until {given.expires_at:%Y-%m-%d %H:%M} UTC"


def _make(services: Services, proposal: Proposal, requester: str) -> Plan | tuple[Result, str]:
    if not requester.strip():
        raise Refused("a plan needs a requester: give a name with --as NAME")
    registered = services.registry.get(proposal.action_id)
    if registered.spec.provider != proposal.service_provider_name:
        raise Refused(
            f"{proposal.action_id} works on {registered.spec.provider}, but the proposal is "
            f"about {proposal.service_provider_name}"
        )
    unfinished = plans.find(
        services.store, proposal.target, proposal.action_id, UNFINISHED_STATUSES
    )
    if unfinished:
        raise Refused(
            f"plan {unfinished[0][0]} for this resource is unfinished; "
            "run `tollgate actions resume` first"
        )
    account = services.cloud.account(proposal.target)
    observed = registered.action.observe(account, proposal.target)
    if observed.done:
        return Result.ALREADY_DONE, observed.done
    if observed.blocked:
        return Result.NOT_APPLICABLE, observed.blocked
    plan = build_plan(
        registered,
        proposal,
        observed,
        requester=requester,
        now=services.clock(),
        account=account,
    )
    # Before it is kept: a plan that cannot be decided must not lie there to be approved.
    limits.require_countable(plan)
    return plan


def build_plan(
    registered: Registered,
    proposal: Proposal,
    observed: Observation,
    *,
    requester: str,
    now: datetime,
    account: Account,
) -> Plan:
    """The plan of one action on one observed resource, with the calls it would make."""
    spec = registered.spec
    created_at = now.astimezone(UTC)
    job = Job(
        plan_id="plan-" + sha256_of([proposal.model_dump(mode="json"), str(created_at)])[:16],
        target=proposal.target,
        parameters=spec.parameters.model_validate(proposal.parameters),
        observed=observed,
        account=account,
    )
    return Plan(
        plan_id=job.plan_id,
        created_at=created_at,
        requester=requester.strip(),
        proposal_id=proposal.proposal_id,
        action_id=spec.action_id,
        action_version=spec.version,
        risk=spec.risk,
        reversibility=spec.reversibility,
        blast_radius=spec.blast_radius,
        target=proposal.target,
        owner=proposal.owner or tagged(observed.tags, OWNER_TAGS),
        parameters=job.parameters.model_dump(mode="json"),
        observed=observed,
        saving=Saving(
            currency=proposal.billing_currency,
            monthly=proposal.expected_monthly_saving,
            low=proposal.saving_low,
            high=proposal.saving_high,
        ),
        evidence=proposal.evidence,
        evidence_as_of=proposal.evidence_as_of,
        calls=[step.call for step in registered.action.steps(job)],
        undo_calls=[step.call for step in registered.action.undo_steps(job)],
    )


def _keep(services: Services, log: Journal, plan: Plan) -> Plan:
    """The stored plan that says the same, or this one, stored."""
    content = plans.content_sha256(plan)
    for plan_id, stored_content in plans.find(
        services.store, plan.target, plan.action_id, OPEN_STATUSES
    ):
        if stored_content == content:
            try:
                return plans.load(services.store, plan_id)[0]
            except Refused:
                continue
    plans.save(log, plan)
    return plan


def _no_plan(log: Journal, proposal: Proposal, result: Result, why: str) -> Outcome:
    log.write(
        "not_planned",
        {
            "proposal_id": proposal.proposal_id,
            "action_id": proposal.action_id,
            "resource_id": proposal.resource_id,
            "result": result.value,
            "why": why,
        },
    )
    return Outcome(
        result=result,
        proposal_id=proposal.proposal_id,
        action_id=proposal.action_id,
        resource_id=proposal.resource_id,
        why=why,
    )
