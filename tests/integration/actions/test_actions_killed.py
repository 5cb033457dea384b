"""The executor killed at every point of its work: what it left must be safe and finishable.

A child process applies (or undoes) a plan and stops at its n-th moment, where it gets a SIGKILL. A
moment is after one of the journal's events is on disk, or after a call was made and before that is
on disk: between these, nothing that outlives the process changes. Then all is continued from here.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from actions import journal
from actions.clients import AwsCloud
from actions.models import Result, Status
from policies.store import open_store

Stop = Callable[[int, str, str], bool]
Work = Callable[[Any], object]


def killed(desk: Any, work: Work, stop: Stop) -> str | None:
    """Run `work` in a child, killed where `stop` says; where that was, or None at the end."""
    desk.store.dispose()
    here, there = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(desk, work, stop, there)
    os.close(there)
    with os.fdopen(here) as lines:
        where = lines.readline().strip()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert where, "the child died by itself"
    return None if where == "finished" else where


def _child(desk: Any, work: Work, stop: Stop, pipe: int) -> None:
    moments = 0

    def listener(phase: str, event: str) -> None:
        nonlocal moments
        if phase == "before" and event != "step_called":
            return
        if stop(moments, phase, event):
            os.write(pipe, f"{phase} {event}\n".encode())
            time.sleep(60)
        moments += 1

    try:
        work(desk.with_services(store=open_store(desk.url), cloud=AwsCloud(), listener=listener))
        os.write(pipe, b"finished\n")
        time.sleep(60)
    finally:
        os._exit(1)


def applying(plan_id: str) -> Work:
    return lambda child: child.apply(plan_id)


def undoing(plan_id: str) -> Work:
    return lambda child: child.undo(plan_id)


def at(number: int) -> Stop:
    return lambda n, phase, event: n == number


def first(phase: str, event: str) -> Stop:
    return lambda n, p, e: (p, e) == (phase, event)


def continued(desk: Any, plan_id: str) -> None:
    """What an operator does after a crash: resume, and the same command again."""
    assert desk.resume().ok
    assert desk.apply(plan_id).ok


def deleted_only_with_a_snapshot(desk: Any, volume_id: str) -> None:
    states = [snapshot["State"] for snapshot in desk.snapshots(volume_id)]
    assert len(states) <= 1, "snapshotted twice"
    assert volume_id in desk.volumes() or states == ["completed"]


def test_volume_deletion_killed_at_every_moment_is_finished(desk: Any) -> None:
    places: list[str] = []
    while True:
        volume_id = desk.volume()
        # Each round has an owner of its own, for the day's limit is per owner.
        (plan_id,) = desk.ready(volume_id, owner=f"team-{len(places)}")
        where = killed(desk, applying(plan_id), at(len(places)))
        deleted_only_with_a_snapshot(desk, volume_id)
        continued(desk, plan_id)
        deleted_only_with_a_snapshot(desk, volume_id)
        assert volume_id not in desk.volumes(), where
        assert len(desk.snapshots(volume_id)) == 1, where
        assert desk.status(plan_id) is Status.APPLIED, where
        assert journal.CHAIN.verify(desk.store).ok, where
        if where is None:
            break
        places.append(where)
    assert {"after step_started", "before step_called", "after applied"} <= set(places)


def test_instance_stop_killed_at_every_moment_is_finished(desk: Any) -> None:
    places: list[str] = []
    while True:
        instance_id = desk.instance()
        (plan_id,) = desk.ready(instance_id, owner=f"team-{len(places)}")
        where = killed(desk, applying(plan_id), at(len(places)))
        continued(desk, plan_id)
        assert desk.state(instance_id) == "stopped", where
        assert desk.status(plan_id) is Status.APPLIED, where
        if where is None:
            break
        places.append(where)
    assert {"after step_started", "before step_called", "after applied"} <= set(places)


def test_undo_killed_at_every_moment_restores_one_volume(desk: Any) -> None:
    rounds = 0
    while True:
        volume_id = desk.volume()
        (plan_id,) = desk.ready(volume_id, owner=f"team-{rounds}")
        desk.apply(plan_id)
        where = killed(desk, undoing(plan_id), at(rounds))
        assert desk.resume().ok, where
        assert desk.undo(plan_id).ok, where
        restored = [
            volume
            for volume in desk.volumes().values()
            if {"Key": "tollgate:restored-by-plan", "Value": plan_id} in volume["Tags"]
        ]
        assert len(restored) == 1, where
        assert desk.status(plan_id) is Status.UNDONE, where
        if where is None:
            break
        rounds += 1
    assert rounds > 4


def test_resource_protected_after_a_crash_is_kept_and_the_plan_aborted(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    killed(desk, applying(plan_id), first("after", "step_called"))
    desk.tag(volume_id, protected="true")
    (found,) = desk.resume().outcomes
    assert found.result is Result.ABORTED
    assert desk.snapshots(volume_id)[0]["SnapshotId"] in found.why, "says what was left behind"
    assert volume_id in desk.volumes()
    assert desk.status(plan_id) is Status.ABORTED


def test_instance_stopped_by_a_crashed_run_is_finished_even_when_the_approval_ended(
    desk: Any,
) -> None:
    instance_id = desk.instance()
    (plan_id,) = desk.ready(instance_id)
    killed(desk, applying(plan_id), first("before", "step_called"))
    desk.clock.forward(days=2)
    (found,) = desk.resume().outcomes
    assert found.result is Result.APPLIED, "it had taken effect; there was nothing left to permit"


def test_crash_before_the_call_and_no_approval_any_more_changes_nothing(desk: Any) -> None:
    instance_id = desk.instance()
    (plan_id,) = desk.ready(instance_id)
    killed(desk, applying(plan_id), first("after", "step_started"))
    desk.clock.forward(days=2)
    (found,) = desk.resume().outcomes
    assert found.result is Result.ABORTED
    assert desk.state(instance_id) == "running"


def test_volume_gone_by_another_hand_after_a_crash_ends_as_already_done(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    killed(desk, applying(plan_id), first("after", "apply_started"))
    desk.aws.delete_volume(VolumeId=volume_id)
    (found,) = desk.resume().outcomes
    assert found.result is Result.ALREADY_DONE


def test_resume_without_execute_changes_nothing(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    killed(desk, applying(plan_id), first("after", "step_called"))
    before = desk.everything()
    (found,) = desk.resume(execute=False).outcomes
    assert found.result is Result.WOULD_APPLY
    assert desk.everything() == before
    assert desk.status(plan_id) is Status.APPLYING


@pytest.mark.parametrize("event", ["step_started", "step_called"])
def test_killed_executor_leaves_no_lock_behind(desk: Any, event: str) -> None:
    (plan_id,) = desk.ready(desk.volume())
    killed(desk, applying(plan_id), first("after", event))
    assert desk.with_services(lock_seconds=0).resume().ok
