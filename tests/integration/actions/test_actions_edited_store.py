"""Somebody edits the operational store: the journal alone says what was allowed and applied."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from actions.errors import JournalBroken
from actions.models import Result, Status
from actions.standing import standing
from policies.append_only import changeable
from policies.store import StoreError, open_store


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


def free(desk: Any, *tables: str) -> None:
    """Take the triggers away, as somebody would who means to change what was recorded."""
    edit(desk, *[statement for name in tables for statement in changeable(name, "sqlite")])


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE decisions SET allow = 0 WHERE seq = 1", "decision 1 .* was changed"),
        ("UPDATE decisions SET decided_at = 'zz' WHERE seq = 2", "decision 2 cannot be read"),
        ("DELETE FROM decisions WHERE seq = 1", "no longer on record"),
        ("DELETE FROM decisions WHERE seq = 2", "the chain ends at decision 1"),
        ("DELETE FROM decisions_head", "the head in decisions_head is missing"),
        ("INSERT INTO decisions_head SELECT 2, seq, hash FROM decisions_head", "more than once"),
    ],
)
def test_nothing_is_approved_applied_or_undone_over_a_broken_chain_of_decisions(
    desk: Any, statement: str, problem: str
) -> None:
    instance_id, other_id = desk.instance(), desk.instance()
    (plan_id,) = desk.ready(instance_id)
    desk.plan(other_id)
    free(desk, "decisions")
    edit(desk, statement)
    events = desk.events()
    for work in (desk.approve, desk.apply, desk.undo, desk.resume):
        with pytest.raises(JournalBroken, match=f"{problem}.*restore the operational store"):
            work(plan_id)
    assert desk.state(instance_id) == "running"
    assert desk.events() == events


def test_decisions_before_the_plans_own_are_not_walked_for_it(desk: Any) -> None:
    desk.plan(desk.volume())
    (plan_id,) = desk.ready(desk.instance())
    free(desk, "decisions")
    edit(desk, "UPDATE decisions SET allow = 0 WHERE seq = 1")
    assert desk.apply(plan_id).ok


def test_no_plan_is_made_or_approved_on_a_changed_journal(desk: Any) -> None:
    (found,) = desk.plan(desk.instance())
    free(desk, "action_journal")
    edit(desk, "UPDATE action_journal SET at = '2026-10-28T00:00:00Z' WHERE seq = 1")
    with pytest.raises(JournalBroken, match="event 1 was changed"):
        desk.approve(found.plan_id)
    with pytest.raises(JournalBroken, match="event 1 was changed"):
        desk.plan(desk.instance())


@pytest.mark.parametrize("table", ["action_journal_head", "action_approvals", "decisions_head"])
def test_store_that_lost_a_table_is_not_opened(desk: Any, table: str) -> None:
    edit(desk, f"DROP TABLE {table}")
    with pytest.raises(StoreError, match=f"has lost its table {table}; restore"):
        open_store(desk.url)
