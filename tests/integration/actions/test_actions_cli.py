"""`tollgate actions …` as an operator types it, against a real account, store and gate."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from orchestration.cli.app import app as tollgate
from orchestration.settings import load_settings
from policies.append_only import changeable
from policies.decisions import read_records
from tests.integration.actions.cli import only_plan, proposals, run


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

    sheet = run("show", plan_id)
    assert sheet.exit_code == 0, sheet.output
    for said in (
        volume_id, "by ana", "40.00 USD a month (", "One volume that no instance",
        "The restored volume has a new id", calls.splitlines()[0], "1. ec2:CreateVolume", "planned",
    ):  # fmt: skip
        assert said in sheet.output

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
    assert "approved: ben" in run("show", plan_id).output
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


def test_plan_that_was_edited_is_not_shown_to_an_approver(home: Path, desk: Any) -> None:
    run("plan", "--proposals", proposals(home, desk, desk.volume()), "--as", "ana")
    plan_id = only_plan(desk)
    with desk.store.begin() as connection:
        connection.exec_driver_sql("UPDATE action_plans SET body = replace(body, 'Delete', 'X')")
    shown = run("show", plan_id)
    assert shown.exit_code != 0
    assert "was changed after it was made" in shown.stderr
    assert "CreateSnapshot" not in shown.output


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
