"""What a change can lay beside its plan, or write into it, that must not decide about it."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli.gate import app

PLANS = Path(__file__).parents[2] / "policies/examples/deployment/plans"
NOT_SET = ("TOLLGATE_HOME", "TOLLGATE_OPS_URL", "GITHUB_REPOSITORY", "GITHUB_SHA")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout as working folder, on a machine where nothing of Tollgate is configured."""
    for name in NOT_SET:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    return tmp_path / "checkout"


def gate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["deployment", *(str(a) for a in arguments)])


def asked(*arguments: str | Path) -> dict[str, Any]:
    result = gate(*arguments, "--format", "json")
    assert result.exit_code in {0, 1}, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_clock_in_the_checkout_does_not_set_the_time_of_the_question(checkout: Path) -> None:
    home = checkout / ".tollgate"
    home.mkdir()
    (home / "shifted_clock").write_text("2019-01-01T00:00:00+00:00")
    now = datetime.fromisoformat(asked(PLANS / "change.json")["question"]["now"])
    assert datetime.now(UTC) - now < timedelta(minutes=5)


def test_clock_of_a_chosen_home_does_not_either(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_HOME", str(checkout))
    (checkout / "shifted_clock").write_text("2019-01-01T00:00:00+00:00")
    assert not asked(PLANS / "change.json")["question"]["now"].startswith("2019")


def test_time_that_is_not_now_must_be_named_and_is_said(checkout: Path) -> None:
    result = gate(PLANS / "change.json", "--as-of", "2026-10-29", "--format", "json")
    assert json.loads(result.stdout)["question"]["now"].startswith("2026-10-29T23:59:59")
    assert "judged as of 2026-10-29 23:59 UTC, not as of today" in result.stderr
    later = gate(PLANS / "change.json", "--as-of", "2999-01-01")
    assert later.exit_code == 2
    assert "has not come yet" in later.stderr


def test_price_lists_in_the_checkout_are_not_used_and_said_not_to_be(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = checkout / ".tollgate" / "prices"
    folder.mkdir(parents=True)
    (folder / "aws-us-east-1.jsonl").write_text("{}")
    ignored = gate(PLANS / "change.json")
    assert ignored.exit_code == 0, ignored.output
    assert "1 price lists in" in ignored.stderr
    assert "name them with --prices" in ignored.stderr
    # In a home that was chosen the same file is read, and found not to be a list.
    monkeypatch.setenv("TOLLGATE_HOME", ".tollgate")
    assert gate(PLANS / "change.json").exit_code == 2


@pytest.mark.parametrize("place", ["address", "type", "tag"])
def test_half_a_character_in_a_plan_exits_2_with_one_line(checkout: Path, place: str) -> None:
    document = json.loads((PLANS / "create.json").read_text())
    change = document["resource_changes"][0]
    if place == "tag":
        change["change"]["after"]["tags"] = {"team": "\ud800"}
    else:
        change[place] += "\udfff"
    file = checkout / "plan.json"
    file.write_text(json.dumps(document))
    result = gate(file, "--report", f"markdown={checkout / 'gate.md'}")
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert "resource_changes[0]" in result.stderr
    assert "half a character" in result.stderr
    assert "No decision" in (checkout / "gate.md").read_text()


def test_both_halves_of_a_character_are_one(checkout: Path) -> None:
    text = (PLANS / "change.json").read_text()
    file = checkout / "plan.json"
    file.write_text(text.replace('"complete":', '"x": "\\ud83d\\ude00", "complete":', 1))
    assert file.read_text() != text
    assert gate(file).exit_code == 0


def test_what_nobody_thought_of_exits_2_with_one_line(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", os.fsdecode(b"acme/\xff"))
    result = gate(PLANS / "change.json", "--report", f"junit={checkout / 'gate.xml'}")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "unexpected UnicodeEncodeError" in result.stderr
    assert "<error" in (checkout / "gate.xml").read_text()


def test_region_that_only_the_caller_states_is_used_and_said_to_be(checkout: Path) -> None:
    document = json.loads((PLANS / "create.json").read_text())
    for provider in document["configuration"]["provider_config"].values():
        provider.get("expressions", {}).pop("region", None)
    file = checkout / "plan.json"
    file.write_text(json.dumps(document))
    regions = "deployment.regions_allowed"
    without = {d["subject"] for d in asked(file)["decision"]["denials"] if d["rule_id"] == regions}
    # A role is free, and in no region.
    assert without and "aws_iam_role.web" not in without
    decision = asked(file, "--region", "aws=us-east-1")["decision"]
    assert not [d for d in decision["denials"] if d["rule_id"] == regions]
    (warning,) = [w for w in decision["warnings"] if w["rule_id"] == regions]
    assert "the caller states us-east-1" in warning["message"]
    assert gate(file, "--region", "us-east-1").exit_code == 2
