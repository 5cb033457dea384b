"""The only door to a change in a cloud account: re-read, decide again, journal, act, check.

Belongs here: the order of an apply run: canary first, then the rest, stop at the first failure.
Does not belong here: single steps (see `steps`), and ends other than success (see `recovery`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from actions import approvals, journal, limits, plans
from actions.approvals import Approval
from actions.clients import Account
from actions.errors import ApprovalInvalid, CloudError, Refused, StepFailed
from actions.gate import Question
from actions.journal import Journal
from actions.limits import Use
from actions.locks import Held, executor_lock
from actions.models import (
    OPEN_STATUSES,
    UNFINISHED_STATUSES,
    Observation,
    Outcome,
    Plan,
    PlannedCall,
    Result,
    RunReport,
    Status,
)
from actions.registry import Job, Registered
from actions.services import Services, outcome, reasons, refusal
from actions.steps import StepRunner
from policies.models import Decision


@dataclass
class Run:
    """One run: its services, its journal and what it has used of the limits so far."""

    services: Services
    log: Journal
    held: Held
    execute: bool
    uses: list[Use] = field(default_factory=list)


def apply_plans(
    services: Services, plan_ids: Iterable[str] | None = None, *, execute: bool = False
) -> RunReport:
    """Apply these plans (default: every one that is ready), or show what that would do.

    Without `execute` nothing is changed anywhere but in the journal. Raises `ExecutorBusy` or
    `JournalBroken` if no run can begin; everything else is an outcome.
    """
    log = services.journal()
    with executor_lock(services.store, services.lock_seconds) as held:
        journal.require_intact(services.store)
        run = Run(services, log, held, execute, limits.uses_of_journal(services.store))
        wanted = list(dict.fromkeys(plan_ids)) if plan_ids is not None else ready(services, execute)
        journal.require_decided(services.store, wanted)
        outcomes = _in_order(run, wanted)
    return RunReport(log.run_id, execute, tuple(outcomes))


def ready(services: Services, execute: bool) -> list[str]:
    """The plans that a run without names takes: approved ones; a dry run also unapproved ones."""
    statuses = {Status.APPROVED}
    if not execute or not services.require_approval:
        statuses.add(Status.PLANNED)
    return plans.ids_with_status(services.store, statuses)


def _in_order(run: Run, plan_ids: list[str]) -> list[Outcome]:
    """Per action, the smallest plan first; the rest only when one has come out well."""
    outcomes: list[Outcome] = []
    by_action: dict[str, list[Plan]] = defaultdict(list)
    for plan_id in plan_ids:
        try:
            plan, _ = plans.load(run.services.store, plan_id)
            limits.require_countable(plan)
        except Refused as error:
            outcomes.append(_refused_unread(run, plan_id, error))
        else:
            by_action[plan.action_id].append(plan)
    rest: list[Plan] = []
    failed: Outcome | None = None
    for action_id in sorted(by_action):
        queue = sorted(by_action[action_id], key=lambda p: (limits.affected_cost(p), p.plan_id))
        while queue and failed is None:
            canary = replace(apply_one(run, queue.pop(0)), canary=True)
            outcomes.append(canary)
            failed = canary if canary.result is Result.FAILED else None
            if canary.result in (Result.APPLIED, Result.WOULD_APPLY):
                break
        rest += queue
    rest.sort(key=lambda p: (p.saving.monthly.copy_negate(), p.plan_id))
    for plan in rest:
        if failed is not None:
            why = f"not tried: {failed.plan_id} failed before it; look there first"
            outcomes.append(outcome(plan, Result.SKIPPED, why))
            continue
        outcomes.append(apply_one(run, plan))
        failed = outcomes[-1] if outcomes[-1].result is Result.FAILED else None
    return outcomes


def apply_one(run: Run, plan: Plan) -> Outcome:
    """Take one plan through every check and, if all hold and the run executes, apply it."""
    try:
        return _apply(run, plan)
    except (Refused, ValidationError) as error:
        run.log.write("refused", {"why": str(error)}, plan=plan)
        return outcome(plan, Result.REFUSED, str(error))
    except CloudError as error:
        run.log.write("could_not", {"why": str(error)}, plan=plan)
        return outcome(plan, Result.COULD_NOT, str(error))


def _apply(run: Run, plan: Plan) -> Outcome:
    services = run.services
    # Read again: between the ordering and now, another plan may have taken its place.
    plan, status = plans.load(services.store, plan.plan_id)
    if status in (Status.APPLIED, Status.ALREADY_DONE):
        return outcome(plan, Result.ALREADY_DONE, "it was applied before")
    _require_ready(run, plan, status)
    approval = find_approval(run, plan)
    registered = services.registry.get(plan.action_id)
    account = services.cloud.account(plan.target)
    observed = registered.action.observe(account, plan.target)
    if observed.done:
        if run.execute:
            plans.set_status(
                run.log, plan, "already_done", Status.ALREADY_DONE, {"why": observed.done}
            )
        return outcome(plan, Result.ALREADY_DONE, observed.done)
    decision = ask(run, plan, observed, approval)
    changes = _changes(plan, observed, registered, account)
    if changes:
        return _aborted(run, plan, changes, decision)
    if not decision.allow:
        run.log.write("denied", {"why": reasons(decision)}, plan=plan)
        return outcome(plan, refusal(decision), reasons(decision), decision=decision)
    # Undo's permissions too: what could be done but not taken back is not begun.
    asked = (probe(account, call) for call in (*plan.calls, *plan.undo_calls))
    forbidden = [problem for problem in asked if problem]
    if forbidden:
        raise Refused(f"the credentials at hand do not suffice: {'; '.join(forbidden)}")
    use = limits.use_of(plan, run.log.run_id, services.clock())
    run.uses.append(use)
    if not run.execute:
        run.log.write("dry_run", {"would_apply": True}, plan=plan)
        why = "would be applied" if approval else "would be applied once approved"
        return outcome(plan, Result.WOULD_APPLY, why, decision=decision, calls=plan.calls)
    plans.set_status(
        run.log,
        plan,
        limits.STARTED,
        Status.APPLYING,
        limits.as_detail(use),
        expect={status},
        decision_id=decision.decision_id,
        also=approvals.use(approval, run.log.run_id) if approval else None,
    )
    run.log.write("undo_data", {"observed": observed.model_dump(mode="json")}, plan=plan)
    return carry_out(run, plan, registered, registered.job(plan, account), decision=decision)


def carry_out(
    run: Run,
    plan: Plan,
    registered: Registered,
    job: Job,
    *,
    begun: Iterable[str] = (),
    decision: Decision | None = None,
) -> Outcome:
    """Run the steps of a started plan to the end and check the result."""
    try:
        runner(run, plan, job).run(registered.action.steps(job), begun)
        problem = registered.action.check(job)
        if problem:
            raise StepFailed(f"after all steps, {problem}")
    except (StepFailed, CloudError) as error:
        plans.set_status(run.log, plan, "failed", Status.FAILED, {"why": str(error)})
        why = f"{error}. `tollgate actions resume` finishes it or takes it back"
        return outcome(plan, Result.FAILED, why, decision=decision)
    plans.set_status(run.log, plan, "applied", Status.APPLIED, {"outputs": job.outputs})
    why = ", ".join(f"{key} {value}" for key, value in job.outputs.items())
    return outcome(plan, Result.APPLIED, why, decision=decision)


def find_approval(run: Run, plan: Plan, *, resuming: bool = False) -> Approval | None:
    """The plan's approval; raises `ApprovalInvalid` only where one is needed to go on."""
    now = run.services.clock()
    try:
        return approvals.valid_for(run.services.store, plan, now, resuming=resuming)
    except ApprovalInvalid:
        if run.execute and run.services.require_approval:
            raise
        return None


def ask(run: Run, plan: Plan, observed: Observation, approval: Approval | None) -> Decision:
    """The gate's decision on executing the plan now, on the resource as it was just read."""
    now = run.services.clock()
    return run.services.decide(
        run.log,
        Question(
            stage="execute",
            mode="apply" if run.execute else "dry_run",
            plan=plan,
            observed=observed,
            changed=bool(observed.differences(plan.observed)),
            run=limits.run_facts(plan, run.log.run_id, now, run.uses),
            data=run.services.data,
            now=now,
            approval=approval,
            approval_required=run.services.require_approval,
        ),
    )


def runner(run: Run, plan: Plan, job: Job) -> StepRunner:
    """What carries out the plan's steps in this run."""
    return StepRunner(plan, job, run.log, run.held, run.services.timing)


def probe(account: Account, call: PlannedCall) -> str | None:
    """Whether the cloud would permit the call; calls that wait for outputs cannot be asked."""
    try:
        return account.probe(call.filled({}))
    except KeyError:
        return None


def _changes(
    plan: Plan, observed: Observation, registered: Registered, account: Account
) -> list[str]:
    changes = observed.differences(plan.observed)
    if observed.blocked and not changes:
        changes = [observed.blocked]
    if not changes:
        job = registered.job(plan, account)
        calls = [step.call for step in registered.action.steps(job)]
        undo_calls = [step.call for step in registered.action.undo_steps(job)]
        if (calls, undo_calls) != (plan.calls, plan.undo_calls):
            changes = [f"{plan.action_id} now makes other calls than those that were planned"]
    return changes


def _require_ready(run: Run, plan: Plan, status: Status) -> None:
    if status in UNFINISHED_STATUSES:
        raise Refused(f"plan {plan.plan_id} is {status}; run `tollgate actions resume`")
    if status not in OPEN_STATUSES:
        raise Refused(f"plan {plan.plan_id} is {status}; plan again")
    if run.execute and status is Status.DENIED:
        raise Refused(f"plan {plan.plan_id} was denied by the gate; plan again")


def _aborted(run: Run, plan: Plan, changes: list[str], decision: Decision) -> Outcome:
    why = f"the resource is not as planned ({'; '.join(changes)}); plan again"
    if run.execute:
        plans.set_status(run.log, plan, "aborted", Status.ABORTED, {"changes": changes})
    return outcome(plan, Result.ABORTED, why, decision=decision)


def _refused_unread(run: Run, plan_id: str, error: Refused) -> Outcome:
    run.log.write("refused", {"plan_id": plan_id, "why": str(error)})
    return Outcome(Result.REFUSED, "", "", "", str(error), plan_id=plan_id)
