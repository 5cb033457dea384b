"""Carrying out an action's steps: journal, call, journal, wait; each step safe to repeat.

Belongs here: the order around one call, and what happens when a call's answer is lost.
Does not belong here: which plans may run at all (see `executor`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from actions.errors import CloudError, StepFailed
from actions.journal import Event, Journal
from actions.locks import Held
from actions.models import Plan
from actions.registry import Job, Step


@dataclass(frozen=True)
class Timing:
    """How long to wait for the cloud. Snapshots of large volumes take hours: then `resume`."""

    poll_seconds: float = 2.0
    settle_seconds: float = 1800.0
    # A call that may have taken effect can take this long to show up in what the API lists.
    consistency_seconds: float = 10.0
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class StepRunner:
    """Carries out the steps of one plan."""

    plan: Plan
    job: Job
    log: Journal
    held: Held
    timing: Timing

    def run(self, steps: Sequence[Step], begun: Iterable[str] = ()) -> bool:
        """Run the steps in order; whether any call was made. The first failure is `StepFailed`.

        `begun`: steps that an interrupted run may have called without noting the answer.
        """
        begun, called = set(begun), False
        for step in steps:
            outputs = look(step, self.job, self.timing, patient=step.name in begun)
            if outputs is None:
                outputs = self._call(step)
                called = True
            else:
                self._note("step_found", step, outputs=outputs)
            self.job.outputs.update(outputs)
            self._settle(step)
            self._note("step_done", step, outputs=outputs)
        return called

    def _call(self, step: Step) -> dict[str, str]:
        if step.ready:
            step.ready(self.job)
        call = step.call.filled(self.job.outputs)
        self._note("step_started", step, call=call.model_dump())
        self.held()
        try:
            outputs = step.read(self.job.account.write(call))
        except CloudError as error:
            # The call failed, yet its effect may be there: an answer lost on the way, or "not
            # found" from deleting what is gone. What counts is what the cloud shows.
            seen = look(step, self.job, self.timing, patient=error.ambiguous)
            if seen is None:
                raise StepFailed(f"step {step.name}: {error}") from error
            outputs = seen
        self._note("step_called", step, outputs=outputs)
        return outputs

    def _settle(self, step: Step) -> None:
        waited = 0.0
        while not step.settled(self.job):
            if waited >= self.timing.settle_seconds:
                raise StepFailed(
                    f"step {step.name} was accepted but has no final effect after "
                    f"{self.timing.settle_seconds:g} s; run `tollgate actions resume` later"
                )
            self.timing.sleep(self.timing.poll_seconds)
            waited += self.timing.poll_seconds

    def _note(self, event: str, step: Step, **detail: Any) -> None:
        self.log.write(event, {"step": step.name, **detail}, plan=self.plan)


def look(step: Step, job: Job, timing: Timing, *, patient: bool) -> dict[str, str] | None:
    """Whether the step's effect is there already; `patient` allows the cloud time to show it."""
    waited = 0.0
    while True:
        outputs = step.found(job)
        if outputs is not None or not patient or waited >= timing.consistency_seconds:
            return outputs
        timing.sleep(timing.poll_seconds)
        waited += timing.poll_seconds


def begun_steps(events: Iterable[Event]) -> list[str]:
    """Names of the steps whose call was about to be made, by the journal."""
    return [event.detail["step"] for event in events if event.event == "step_started"]


def outputs_of(events: Iterable[Event]) -> dict[str, str]:
    """What the finished calls of a plan returned, by the journal."""
    outputs: dict[str, str] = {}
    for event in events:
        if event.event in ("step_called", "step_found", "step_done"):
            outputs.update(event.detail["outputs"])
    return outputs
