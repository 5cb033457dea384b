"""`tollgate actions …` as an operator types it, against a real account, store and gate."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from actions import reports
from actions.errors import JournalBroken
from orchestration.cli.actions import app
from orchestration.cli.app import app as tollgate
from orchestration.settings import load_settings
from policies.append_only import changeable
from policies.decisions import decision_rows, read_records
from policies.store import StoreError


@pytest.fixture
def home(desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation that lives at the desk's time, on the desk's own store."""
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    monkeypatch.setenv("TOLLGATE_OPS_URL", desk.url)
    monkeypatch.setenv("COLUMNS", "400")
    load_settings().clock_file.write_text(desk.clock.now.isoformat())
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def proposals(home: Path, desk: Any, *resource_ids: str, ok: bool = True) -> str:
    rows = [desk.proposal(resource_id).model_dump(mode="json") for resource_id in resource_ids]
    data = {"control_totals_ok": ok, "data_as_of": desk.services.data.data_as_of.isoformat()}
    path = home / "proposals.json"
    path.write_text(json.dumps({"proposals": rows, "data": data}))
    return str(path)


def only_plan(desk: Any) -> str:
    from actions.reports import planned_actions  # noqa: PLC0415

    (row,) = planned_actions(desk.store)
    return str(row["plan_id"])


def test_from_proposal_to_undo(home: Path, desk: Any) -> None:
    volume_id = desk.volume()
    file = proposals(home, desk, volume_id)

    planned = run("plan", "--proposals", file, "--as", "ana")
    assert planned.exit_code == 0, planned.output
    assert volume_id in planned.output
    assert "40.00 USD" in planned.output
    plan_id = only_plan(desk)
    _, calls = planned.output.split(f"{plan_id} calls, in this order:\n")
    assert calls.splitlines() == [
        "  1. ec2:CreateSnapshot",
        f"       VolumeId: {volume_id}",
        f"       Description: Before deleting {volume_id} ({plan_id})",
        "       TagSpecifications.ResourceType: snapshot",
        "       TagSpecifications.Tags: Name=scratch, environment=development, team=search, "
        f"tollgate:plan-id={plan_id}",
        "  2. ec2:DeleteVolume",
        f"       VolumeId: {volume_id}",
    ]

    itself = run("approve", plan_id, "--as", "ana")
    assert itself.exit_code == 1
    assert "cannot approve" in itself.output
    early = run("apply", plan_id, "--execute", "--proposals", file)
    assert early.exit_code == 1
    assert "Apply: 1 refused (run-" in early.output
    assert "applied" not in early.output.lower(), "nothing was"
    approved = run("approve", plan_id, "--as", "ben", "--expires", "2h")
    assert approved.exit_code == 0, approved.output

    before = desk.everything()
    dry = run("apply", "--proposals", file)
    assert dry.exit_code == 0, dry.output
    assert "nothing was changed: 1 would apply (run-" in dry.output
    assert "tried first" not in dry.output, "there is no other"
    assert desk.everything() == before

    applied = run("apply", plan_id, "--execute", "--proposals", file)
    assert applied.exit_code == 0, applied.output
    assert "Apply: 1 applied (run-" in applied.output
    assert volume_id not in desk.volumes()

    assert run("undo", plan_id).exit_code == 0
    assert desk.volumes() == {}
    undone = run("undo", plan_id, "--execute")
    assert undone.exit_code == 0, undone.output
    assert "Undo: 1 undone (run-" in undone.output
    assert len(desk.volumes()) == 1

    listed = run("list")
    assert "undone" in listed.output
    verified = run("journal", "verify")
    assert verified.exit_code == 0, verified.output
    assert verified.output.count("unbroken; head ") == 2
    heads = re.findall(r"head ([0-9a-f]{64})", verified.output)
    noted = [argument for head in heads for argument in ("--head", head)]
    run("plan", "--proposals", file, "--as", "ana")
    assert run("journal", "verify", *noted).exit_code == 0
    missing = run("journal", "verify", *noted, "--head", "e" * 64)
    assert missing.exit_code == 1
    assert f"{'e' * 64}, is in neither chain" in missing.output


def test_plan_that_is_tried_first_is_explained_in_words(home: Path, desk: Any) -> None:
    file = proposals(home, desk, desk.volume(), desk.volume())
    run("plan", "--proposals", file, "--as", "ana")
    dry = run("apply", "--proposals", file)
    assert "nothing was changed: 2 would apply (run-" in dry.output
    assert dry.output.count("tried first") == 1
    assert "canary" not in dry.output


def test_decision_that_was_rewritten_is_named_by_verify_and_doctor(home: Path, desk: Any) -> None:
    run("plan", "--proposals", proposals(home, desk, desk.volume()), "--as", "ana")
    (record,) = read_records(desk.store)
    with desk.store.begin() as connection:
        for statement in changeable("decisions", "sqlite"):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("UPDATE decisions SET allow = 0")
    named = f"decision 1 ({record.decision.decision_id}) was changed"
    answered = run("journal", "verify")
    assert answered.exit_code == 1
    assert named in answered.output
    checked = CliRunner().invoke(tollgate, ["doctor"])
    assert checked.exit_code == 1
    assert named in checked.output


@pytest.mark.parametrize(
    ("edit", "mark"),
    [
        ("replace(body, '\"40.00\"', '\"41.00\"')", "changed since"),
        ("replace(body, '{', '[')", "unreadable"),
        ("''", "unreadable"),
    ],
)
def test_edited_plan_is_listed_as_such_and_never_applied(
    home: Path, desk: Any, edit: str, mark: str
) -> None:
    volume_id, other_id = desk.volume(), desk.volume()
    file = proposals(home, desk, volume_id)
    run("plan", "--proposals", file, "--as", "ana")
    plan_id = only_plan(desk)
    run("approve", plan_id, "--as", "ben")
    run("plan", "--proposals", proposals(home, desk, other_id), "--as", "ana")
    with desk.store.begin() as connection:
        change = f"UPDATE action_plans SET body = {edit} WHERE plan_id = '{plan_id}'"
        connection.exec_driver_sql(change)
    listed = run("list")
    assert listed.exit_code == 1
    (line,) = [line for line in listed.output.splitlines() if f"│ {plan_id}" in line]
    assert mark in line
    assert volume_id in line
    assert "40.00" not in line
    assert other_id in listed.output
    assert "plan again" in listed.output
    before = desk.everything()
    applied = run("apply", plan_id, "--execute", "--proposals", file)
    assert applied.exit_code == 1
    assert "refused" in applied.output
    assert desk.everything() == before


@pytest.mark.parametrize(
    "edit",
    [
        "status = 'applied'",
        "status = 'nonsense'",
        "decision_id = 'd'",
        "decision_id = NULL",
        "created_at = 'zz'",
        "action_id = 'aws.ec2_instance.stop'",
        "resource_key = 'r'",
        "content_sha256 = 'c'",
        "plan_hash = 'h'",
    ],
)
def test_row_that_says_anything_else_than_the_journal_is_marked_and_not_approved(
    home: Path, desk: Any, edit: str
) -> None:
    run("plan", "--proposals", proposals(home, desk, desk.volume()), "--as", "ana")
    plan_id = only_plan(desk)
    assert run("list").exit_code == 0
    with desk.store.begin() as connection:
        connection.exec_driver_sql(f"UPDATE action_plans SET {edit}")
    listed = run("list")
    assert listed.exit_code == 1
    (line,) = [line for line in listed.output.splitlines() if f"│ {plan_id}" in line]
    assert "changed since" in line
    assert "plan again" in listed.stderr
    assert listed.stderr.count("\n") == 1
    approved = run("approve", plan_id, "--as", "ben")
    assert approved.exit_code == 1
    assert "plan again" in approved.stderr


@pytest.mark.parametrize("decided", [True, False])
def test_denied_plan_edited_to_planned_cannot_be_approved(
    home: Path, desk: Any, decided: bool
) -> None:
    volume_id = desk.volume({"team": "a", "environment": "development", "protected": "yes"})
    run("plan", "--proposals", proposals(home, desk, volume_id), "--as", "ana")
    plan_id = only_plan(desk)
    with desk.store.begin() as connection:
        connection.exec_driver_sql("UPDATE action_plans SET status = 'planned'")
        if not decided:
            connection.exec_driver_sql("UPDATE action_plans SET decision_id = NULL")
    approved = run("approve", plan_id, "--as", "ben")
    assert approved.exit_code == 1
    assert "by the journal" in approved.stderr
    assert "approved" not in desk.events()


def test_plan_whose_row_was_removed_is_still_listed(home: Path, desk: Any) -> None:
    run("plan", "--proposals", proposals(home, desk, desk.volume()), "--as", "ana")
    plan_id = only_plan(desk)
    with desk.store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM action_plans")
    listed = run("list")
    assert listed.exit_code == 1
    (line,) = [line for line in listed.output.splitlines() if f"│ {plan_id}" in line]
    assert "gone from the store" in line


def test_plan_that_nobody_made_is_marked(home: Path, desk: Any) -> None:
    run("plan", "--proposals", proposals(home, desk, desk.volume()), "--as", "ana")
    with desk.store.begin() as connection:
        connection.exec_driver_sql("UPDATE action_plans SET plan_id = 'plan-forged'")
    listed = run("list")
    assert listed.exit_code == 1
    assert "plan-forged" in listed.output
    assert "changed since" in listed.output


def test_denied_plans_are_shown_with_the_remedy(home: Path, desk: Any) -> None:
    volume_id = desk.volume({"team": "a", "environment": "development", "protected": "yes"})
    planned = run("plan", "--proposals", proposals(home, desk, volume_id))
    assert planned.exit_code == 0
    assert "denied" in planned.output
    assert "Leave the resource" in planned.output
    assert (
        run(
            "apply", only_plan(desk), "--execute", "--proposals", proposals(home, desk, volume_id)
        ).exit_code
        == 1
    )


def test_nothing_to_resume_is_fine(home: Path, desk: Any) -> None:
    resumed = run("resume", "--proposals", proposals(home, desk))
    assert resumed.exit_code == 0, resumed.output
    assert "no plans" in resumed.output


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "has no 'data'"),
        ('{"proposals": []}', "has no 'data'"),
        ('{"data": {"control_totals_ok": true}, "proposals": []}', "data_as_of"),
    ],
)
def test_unusable_files_are_could_not_with_the_reason(
    home: Path, desk: Any, content: str, complaint: str
) -> None:
    path = home / "bad.json"
    path.write_text(content)
    answered = run("plan", "--proposals", str(path))
    assert answered.exit_code == 2
    assert complaint in answered.output


def test_unusable_proposal_is_named_by_number_and_field(home: Path, desk: Any) -> None:
    file = Path(proposals(home, desk, desk.volume()))
    content = json.loads(file.read_text())
    del content["proposals"][0]["region"]
    file.write_text(json.dumps(content))
    answered = run("plan", "--proposals", str(file))
    assert answered.exit_code == 2
    assert "proposal 1 is not usable: region" in answered.output


def test_unknown_plan_is_refused(home: Path, desk: Any) -> None:
    answered = run("undo", "plan-0", "--execute")
    assert answered.exit_code == 1
    assert "there is no plan plan-0" in answered.output


def test_lifetime_that_is_not_one_is_could_not(home: Path, desk: Any) -> None:
    answered = run("approve", "plan-0", "--as", "ben", "--expires", "tomorrow")
    assert answered.exit_code == 2
    assert "30m, 24h or 7d" in answered.output


def test_installation_in_the_past_never_acts_on_a_real_cloud(
    home: Path, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = proposals(home, desk, desk.volume())
    run("plan", "--proposals", file, "--as", "ana")
    plan_id = only_plan(desk)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    answered = run("apply", "--execute", "--proposals", file)
    assert answered.exit_code == 2
    assert "in the past" in answered.output
    approved = run("approve", plan_id, "--as", "ben")
    assert approved.exit_code == 2
    assert "in the past" in approved.output
    assert "approved" not in desk.events()


@pytest.mark.parametrize("command", ["apply", "resume"])
@pytest.mark.parametrize("endpoint", [None, "https://ec2.eu-west-1.amazonaws.com"])
def test_who_applies_to_a_real_cloud_does_not_vouch_for_the_bills(
    home: Path, desk: Any, monkeypatch: pytest.MonkeyPatch, command: str, endpoint: str | None
) -> None:
    file = proposals(home, desk, desk.volume(), ok=True)
    load_settings().clock_file.unlink()
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    answered = run(command, "--execute", "--proposals", file)
    assert answered.exit_code == 2
    assert "leave --proposals out" in answered.output
    assert desk.events() == []


def flat(text: str) -> str:
    """What a table says in its last column, wherever it breaks."""
    return " ".join(line.strip("│┃ ").rsplit("│", 1)[-1].strip() for line in text.splitlines())


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
