"""An operational store that somebody damaged is one error with its place and the remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from actions import reports
from actions.errors import JournalBroken
from orchestration.cli.app import app as tollgate
from policies.append_only import changeable
from policies.decisions import decision_rows, read_records
from policies.store import StoreError
from tests.integration.actions.cli import flat, only_plan, proposals, run

EDITS = {
    "UPDATE action_plans SET status = 'nonsense'": "plan-",
    "UPDATE action_journal SET detail = 'x' WHERE seq = 1": "event 1",
    "UPDATE action_journal SET detail = '7' WHERE seq = 2": "event 2",
    "UPDATE action_journal SET at = 'zz' WHERE seq = 1": "event 1",
    "UPDATE decisions SET decided_at = 'zz'": "decision 1",
    "DELETE FROM action_journal_head": "action_journal_head is missing",
    "UPDATE action_journal_head SET seq = 'x'": "action_journal_head is at event x",
    "DELETE FROM decisions_head": "decisions_head is missing",
    "DROP TABLE action_journal_head": "action_journal_head",
    "DROP TABLE action_approvals": "action_approvals",
    "DROP TABLE decisions": "decisions",
    "ALTER TABLE action_plans DROP COLUMN content_sha256": "content_sha256",
}


@pytest.mark.parametrize("statement", EDITS)
def test_edited_store_is_one_error_with_its_place_and_the_remedy(
    home: Path, desk: Any, statement: str
) -> None:
    file = proposals(home, desk, desk.volume())
    run("plan", "--proposals", file, "--as", "ana")
    plan_id = only_plan(desk)
    with desk.store.begin() as connection:
        for name in ("decisions", "action_journal"):
            for trigger in changeable(name, "sqlite"):
                connection.exec_driver_sql(trigger)
        connection.exec_driver_sql(statement)
    commands = [
        ["plan", "--proposals", file],
        ["approve", plan_id, "--as", "ben"],
        ["apply", plan_id, "--execute", "--proposals", file],
        ["undo", plan_id, "--execute"],
        ["resume", "--execute", "--proposals", file],
        ["list"],
        ["journal", "verify"],
    ]
    never_begun = "nothing was applied"  # what undo answers by the journal
    for command in commands:
        done = run(*command)
        said = flat(done.output)
        assert isinstance(done.exception, SystemExit | None), (command, done.exception)
        assert done.stderr.count("\n") <= 1, done.stderr
        if done.exit_code and never_begun not in said:
            assert EDITS[statement] in done.output or EDITS[statement] in said, command
            remedies = ("restore the operational store", "plan again")
            assert any(remedy in said for remedy in remedies), command
    assert run("approve", plan_id, "--as", "ben").exit_code
    assert run("apply", plan_id, "--execute", "--proposals", file).exit_code
    checked = CliRunner().invoke(tollgate, ["doctor"])
    assert checked.exit_code == 1
    said = flat(checked.output)
    assert "Error" not in said
    assert "restore the operational store" in said or "plan again" in said


@pytest.mark.parametrize(
    ("statement", "read", "named"),
    [
        ("UPDATE action_journal SET detail = 'x' WHERE seq = 2", reports.events, "event 2 of"),
        ("UPDATE action_journal SET at = 'zz'", reports.planned_actions, "event 1 of"),
        ("UPDATE decisions SET decided_at = 'zz'", decision_rows, "decision 1 cannot be read"),
        ("UPDATE decisions SET decided_at = 'zz'", read_records, "decision 1 cannot be read"),
    ],
)
def test_what_the_assets_read_is_named_where_it_cannot_be_read(
    desk: Any, statement: str, read: Callable[[Any], object], named: str
) -> None:
    desk.plan(desk.volume())
    with desk.store.begin() as connection:
        for name in ("decisions", "action_journal"):
            for trigger in changeable(name, "sqlite"):
                connection.exec_driver_sql(trigger)
        connection.exec_driver_sql(statement)
    with pytest.raises((JournalBroken, StoreError), match=f"{named}.*restore the operational"):
        read(desk.store)
