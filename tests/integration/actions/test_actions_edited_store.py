"""Somebody edits the operational store: the journal alone says what was allowed and applied."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from actions.models import Result, Status
from actions.standing import standing


def edit(desk: Any, *statements: str) -> None:
    with desk.store.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("status", ["applied", "failed", "applying", "undoing"])
def test_plan_never_begun_is_not_undone_or_resumed_whatever_the_table_says(
    desk: Any, status: str
) -> None:
    instance_id = desk.instance()
    (found,) = desk.plan(instance_id)
    # Stopped by its owner, for a reason of their own: undo would start it.
    desk.aws.stop_instances(InstanceIds=[instance_id])
    edit(desk, f"UPDATE action_plans SET status = '{status}'")
    (undone,) = desk.undo(found.plan_id).outcomes
    assert undone.result is Result.REFUSED
    assert "is planned; nothing was applied" in undone.why
    (resumed,) = desk.resume(found.plan_id).outcomes
    assert resumed.result is Result.REFUSED
    assert desk.resume().outcomes == ()
    assert desk.state(instance_id) == "stopped"
    assert "step_started" not in desk.events()


@pytest.mark.parametrize("status", ["superseded", "planned", "undone", "nonsense"])
def test_way_back_does_not_depend_on_what_the_table_says(desk: Any, status: str) -> None:
    instance_id = desk.instance()
    (plan_id,) = desk.ready(instance_id)
    assert desk.apply(plan_id).ok
    edit(desk, f"UPDATE action_plans SET status = '{status}', decision_id = NULL")
    (undone,) = desk.undo(plan_id).outcomes
    assert undone.result is Result.UNDONE
    assert desk.state(instance_id) == "running"


def test_started_plan_without_a_call_of_its_own_is_taken_back_without_one(desk: Any) -> None:
    instance_id = desk.instance()
    (plan_id,) = desk.ready(instance_id)

    class Died(Exception):
        pass

    def dies(phase: str, event: str) -> None:
        if (phase, event) == ("before", "step_started"):
            raise Died

    with pytest.raises(Died):
        desk.with_services(listener=dies).apply(plan_id)
    assert desk.status(plan_id) is Status.APPLYING
    desk.aws.stop_instances(InstanceIds=[instance_id])
    assert desk.undo(plan_id, execute=False).outcomes[0].calls == ()
    (undone,) = desk.undo(plan_id).outcomes
    assert undone.result is Result.ABORTED
    assert desk.state(instance_id) == "stopped", "by another hand"


def test_status_of_every_plan_follows_from_the_journal_alone(desk: Any) -> None:
    first, second, kept = desk.volume(), desk.instance(), desk.volume()
    applied, undone = desk.ready(first, second)
    assert desk.apply(applied, undone).ok
    assert desk.undo(undone).ok
    desk.plan(kept)
    desk.clock.forward(hours=1)
    desk.plan(kept)
    desk.ready(kept)
    desk.plan(desk.volume({"team": "a", "environment": "development", "protected": "yes"}))
    with desk.store.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT plan_id, status, decision_id FROM action_plans")
        ).all()
    assert {row.status for row in rows} == {"applied", "undone", "superseded", "approved", "denied"}
    for row in rows:
        found = standing(desk.journal(row.plan_id))
        assert (found.status, found.decision_id) == (row.status, row.decision_id)
