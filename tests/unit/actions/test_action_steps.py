"""A step survives lost answers and slow clouds, and never believes in what it cannot see."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actions import journal
from actions.errors import CloudError, StepFailed
from actions.journal import Journal
from actions.models import Observation, Parameters, PlannedCall, Target
from actions.registry import Job, Step
from actions.steps import StepRunner, Timing
from policies.store import open_store

CALL = PlannedCall(service="ec2", operation="CreateSnapshot", parameters={})


class SlowCloud:
    """An account whose effects show up only after some looks, or never."""

    def __init__(self, error: CloudError | None, seen_after: int | None) -> None:
        self.error, self.seen_after = error, seen_after
        self.calls = self.looks = 0

    def read(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        return {}

    def probe(self, call: PlannedCall) -> str | None:
        return None

    def write(self, call: PlannedCall) -> dict[str, Any]:
        self.calls += 1
        if self.error:
            raise self.error
        return {"id": "1"}

    def found(self, job: Job) -> dict[str, str] | None:
        if not self.calls or self.seen_after is None:
            return None
        self.looks += 1
        return {"id": "1"} if self.looks > self.seen_after else None


def runner(cloud: SlowCloud, home: Path) -> StepRunner:
    job = Job(
        plan_id="plan-1",
        target=Target(provider="AWS", account_id="1", region="r", resource_id="x"),
        parameters=Parameters(),
        observed=Observation(exists=True, resource_type="x"),
        account=cloud,
    )
    log = Journal(open_store(f"sqlite:///{home / 'ops.sqlite'}"), "run-1", lambda: NOW)
    timing = Timing(1, 3, 3, sleep=lambda _: None)
    return StepRunner(None, job, log, lambda: None, timing)  # type: ignore[arg-type]


NOW = datetime(2026, 10, 28, tzinfo=UTC)


def step(cloud: SlowCloud, settled_after: int = 0) -> Step:
    polls = iter(range(1000))
    return Step(
        "make", CALL, cloud.found, lambda a: {"id": a["id"]}, lambda _: next(polls) >= settled_after
    )


def test_lost_answer_whose_effect_shows_up_later_is_success(tmp_path: Path) -> None:
    cloud = SlowCloud(CloudError("timed out", ambiguous=True), seen_after=2)
    carried = runner(cloud, tmp_path)
    assert carried.run([step(cloud)])
    assert cloud.calls == 1
    assert carried.job.outputs == {"id": "1"}


def test_lost_answer_without_effect_fails_and_is_not_repeated(tmp_path: Path) -> None:
    cloud = SlowCloud(CloudError("timed out", ambiguous=True), seen_after=None)
    with pytest.raises(StepFailed, match="timed out"):
        runner(cloud, tmp_path).run([step(cloud)])
    assert cloud.calls == 1


def test_refused_call_fails_at_once(tmp_path: Path) -> None:
    cloud = SlowCloud(CloudError("UnauthorizedOperation", code="UnauthorizedOperation"), None)
    with pytest.raises(StepFailed, match="UnauthorizedOperation"):
        runner(cloud, tmp_path).run([step(cloud)])


def test_slow_effect_is_waited_for(tmp_path: Path) -> None:
    cloud = SlowCloud(None, None)
    assert runner(cloud, tmp_path).run([step(cloud, settled_after=2)])


def test_effect_that_never_settles_fails_and_says_resume(tmp_path: Path) -> None:
    cloud = SlowCloud(None, None)
    with pytest.raises(StepFailed, match="resume"):
        runner(cloud, tmp_path).run([step(cloud, settled_after=99)])


def test_call_is_on_record_before_it_is_made_and_its_answer_after(tmp_path: Path) -> None:
    cloud = SlowCloud(None, None)
    carried = runner(cloud, tmp_path)
    carried.run([step(cloud)])
    assert [event.event for event in journal.read(carried.log.store)] == [
        "step_started",
        "step_called",
        "step_done",
    ]
