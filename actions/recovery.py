"""After something stopped half-way, or was regretted: finish it or take it back.

Belongs here: `resume` and `undo`, working from the journal's data and the cloud's present state.
Does not belong here: applying plans that were never started (see `executor`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pydantic import ValidationError

from actions import journal, limits, plans
from actions.errors import ApprovalInvalid, CloudError, Refused, StepFailed
from actions.executor import Run, ask, carry_out, find_approval, runner
from actions.journal import Event
from actions.locks import executor_lock
from actions.models import (
    UNFINISHED_STATUSES,
    Observation,
    Outcome,
    Plan,
    Result,
    RunReport,
    Status,
)
from actions.registry import Job, Registered, Step
from actions.services import Services, outcome, reasons
from actions.steps import begun_steps, look, outputs_of

# An action, the job that its plan set, and what the journal knows of it.
Remembered = tuple[Registered, Job, list[Event]]

UNDOABLE = frozenset({Status.APPLIED, Status.FAILED, Status.APPLYING, Status.UNDOING})


def resume(
    services: Services, plan_ids: Iterable[str] | None = None, *, execute: bool = False
) -> RunReport:
    """Finish or take back every plan that was started and did not end; or show which those are."""
    return _run(services, plan_ids, execute, _resume)


def undo(services: Services, plan_ids: Iterable[str], *, execute: bool = False) -> RunReport:
    """Take applied plans back; or show the calls that would do so.

    Undo restores what was there, and so asks neither the gate nor an approver.
    """
    return _run(services, plan_ids, execute, _undo)


def _run(
    services: Services,
    plan_ids: Iterable[str] | None,
    execute: bool,
    work: Callable[[Run, Plan, Status], Outcome],
) -> RunReport:
    log, outcomes = services.journal(), []
    with executor_lock(services.store, services.lock_seconds) as held:
        journal.require_intact(services.store)
        if plan_ids is None:
            plan_ids = plans.ids_with_status(services.store, UNFINISHED_STATUSES)
        wanted = list(dict.fromkeys(plan_ids))
        journal.require_decided(services.store, wanted)
        run = Run(services, log, held, execute, limits.uses_of_journal(services.store))
        for plan_id in wanted:
            try:
                plan, status = plans.load(services.store, plan_id, only_body=True)
            except Refused as error:
                outcomes.append(Outcome(Result.REFUSED, "", "", "", str(error), plan_id=plan_id))
                continue
            try:
                outcomes.append(work(run, plan, status))
            except (Refused, ValidationError) as error:
                log.write("refused", {"why": str(error)}, plan=plan)
                outcomes.append(outcome(plan, Result.REFUSED, str(error)))
            except (CloudError, StepFailed) as error:
                log.write("could_not", {"why": str(error)}, plan=plan)
                outcomes.append(outcome(plan, Result.COULD_NOT, str(error)))
    return RunReport(log.run_id, execute, tuple(outcomes))


def _resume(run: Run, plan: Plan, status: Status) -> Outcome:
    if status not in UNFINISHED_STATUSES:
        raise Refused(f"plan {plan.plan_id} is {status}; there is nothing to resume")
    if not run.execute:
        result = Result.WOULD_UNDO if status is Status.UNDOING else Result.WOULD_APPLY
        why = f"is {status}; --execute finishes it, or takes it back where it may not go on"
        return outcome(plan, result, why)
    remembered = _recall(run, plan)
    registered, job, events = remembered
    if status is Status.UNDOING:
        return _take_back(run, plan, remembered, "an undo was interrupted")
    run.log.write("resumed", {"status": status.value}, plan=plan)
    begun = begun_steps(events)
    effects, whole = _effects(run, registered, job, begun)
    observed = registered.action.observe(job.account, plan.target)
    if observed.done and not effects:
        plans.set_status(run.log, plan, "already_done", Status.ALREADY_DONE, {"why": observed.done})
        return outcome(plan, Result.ALREADY_DONE, observed.done)
    obstacle = None if whole else _obstacle(run, plan, observed)
    if obstacle:
        return _take_back(run, plan, remembered, obstacle)
    return carry_out(run, plan, registered, job, begun=begun)


def _effects(run: Run, registered: Registered, job: Job, begun: list[str]) -> tuple[int, bool]:
    """How many steps, from the first, show their effect already; and whether all of them do."""
    steps = registered.action.steps(job)
    for number, step in enumerate(steps):
        outputs = look(step, job, run.services.timing, patient=step.name in begun)
        if outputs is None:
            return number, False
        job.outputs.update(outputs)
    return len(steps), True


def _obstacle(run: Run, plan: Plan, observed: Observation) -> str | None:
    """Why the plan may not make its remaining calls; None if it may."""
    changes = observed.differences(plan.observed) or [observed.blocked or ""]
    if changes[0]:
        return f"the resource is not as planned ({'; '.join(changes)})"
    try:
        approval = find_approval(run, plan, resuming=True)
    except ApprovalInvalid as error:
        return str(error)
    decision = ask(run, plan, observed, approval)
    return None if decision.allow else reasons(decision)


def _undo(run: Run, plan: Plan, status: Status) -> Outcome:
    if status is Status.UNDONE:
        return outcome(plan, Result.UNDONE, "it was undone before")
    if status not in UNDOABLE:
        raise Refused(f"plan {plan.plan_id} is {status}; nothing was applied that could be undone")
    if plan.reversibility.kind == "irreversible":
        raise Refused(f"{plan.action_id} cannot be undone: {plan.reversibility.note}")
    remembered = _recall(run, plan)
    if not run.execute:
        _, job, _ = remembered
        needed = [
            step.call
            for step in _undo_steps(remembered)
            if look(step, job, run.services.timing, patient=False) is None
        ]
        return outcome(plan, Result.WOULD_UNDO, "would be undone", calls=needed)
    return _take_back(run, plan, remembered, "asked for")


def _take_back(run: Run, plan: Plan, remembered: Remembered, why: str) -> Outcome:
    """Undo whatever of the plan took effect; a plan without effect ends as aborted."""
    registered, job, events = remembered
    plans.set_status(run.log, plan, "undo_started", Status.UNDOING, {"why": why})
    steps = _undo_steps(remembered)
    begun = set(begun_steps(events)) & {step.name for step in steps}
    try:
        called = runner(run, plan, job).run(steps, begun)
        needed = called or bool(begun)
        problem = registered.action.check_undo(job) if needed else None
        if problem:
            raise StepFailed(f"after the undo, {problem}")
    except (StepFailed, CloudError) as error:
        run.log.write("undo_failed", {"why": str(error)}, plan=plan)
        return outcome(plan, Result.FAILED, f"{error}. `tollgate actions resume` tries again")
    status = Status.UNDONE if needed or _was_applied(events) else Status.ABORTED
    plans.set_status(run.log, plan, status.value, status, {"why": why, "outputs": job.outputs})
    if status is Status.ABORTED:
        left = ", ".join(f"{key} {value}" for key, value in job.outputs.items())
        return outcome(plan, Result.ABORTED, f"{why}; nothing had to be undone ({left})")
    outputs = [f"{key} {value}" for key, value in job.outputs.items()]
    return outcome(plan, Result.UNDONE, ", ".join(outputs))


def _undo_steps(remembered: Remembered) -> Sequence[Step]:
    """The steps back; none where the journal knows of no call: what is so, others did."""
    registered, job, events = remembered
    acted = begun_steps(events) or _was_applied(events)
    return registered.action.undo_steps(job) if acted else ()


def _was_applied(events: Iterable[Event]) -> bool:
    return any(event.event == "applied" for event in events)


def _recall(run: Run, plan: Plan) -> Remembered:
    """The plan's job as the journal remembers it."""
    registered = run.services.registry.get(plan.action_id)
    job = registered.job(plan, run.services.cloud.account(plan.target))
    events = journal.read(run.services.store, plan_id=plan.plan_id)
    for event in events:
        if event.event == "undo_data":
            job.observed = Observation.model_validate(event.detail["observed"])
    job.outputs.update(outputs_of(events))
    return registered, job, events
