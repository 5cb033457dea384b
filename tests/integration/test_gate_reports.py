"""`--report`: the same answer in every form, and none of an earlier run, however the gate ends."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import gate as gate_command
from orchestration.cli.gate import app
from tests.unit.policies.test_dbt_changes import document, results

PLANS = Path(__file__).parents[2] / "policies/examples/deployment/plans"
FORMS = ("annotations", "json", "junit", "markdown", "sarif")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(PLANS))
    monkeypatch.delenv("TOLLGATE_OPS_URL", raising=False)


def gate(folder: Path, command: str, *arguments: str | Path) -> Result:
    reports = [x for form in FORMS for x in ("--report", f"{form}={folder / form}")]
    return CliRunner().invoke(app, [command, *(str(a) for a in arguments), *reports])


def run_of(folder: Path) -> dict[str, Any]:
    run: dict[str, Any] = json.loads((folder / "sarif").read_text())["runs"][0]
    return run


def suite(folder: Path) -> ET.Element:
    return ET.fromstring((folder / "junit").read_text())  # noqa: S314 (our own document)


def test_denied_plan_is_reported_in_every_form_on_the_lines_of_its_resources(
    tmp_path: Path,
) -> None:
    folder = ("--config-dir", PLANS / "source" / "create")
    result = gate(
        tmp_path, "deployment", PLANS / "create.json", "--environment", "staging", *folder
    )
    assert result.exit_code == 1, result.output
    denials = json.loads((tmp_path / "json").read_text())["decision"]["denials"]
    errors = [r for r in run_of(tmp_path)["results"] if r["level"] == "error"]
    assert len(errors) == len(denials) > 0
    assert int(suite(tmp_path).get("failures", "0")) == len(denials)
    shown = re.findall(
        r"^::error file=source/create/main\.tf,line=(\d+),", (tmp_path / "annotations").read_text(),
        flags=re.MULTILINE,
    )  # fmt: skip
    lines = (PLANS / "source" / "create" / "main.tf").read_text().splitlines()
    assert shown
    assert all(lines[int(number) - 1].startswith('resource "') for number in shown)
    assert "❌ Denied" in (tmp_path / "markdown").read_text()


def test_allowed_plan_passes_in_every_form(tmp_path: Path) -> None:
    result = gate(tmp_path, "deployment", PLANS / "change.json", "--environment", "development")
    assert result.exit_code == 0
    assert suite(tmp_path).get("failures") == suite(tmp_path).get("errors") == "0"
    assert not [r for r in run_of(tmp_path)["results"] if r["level"] == "error"]
    assert "✅ Allowed" in (tmp_path / "markdown").read_text()


def test_no_decision_replaces_a_green_report_in_every_form(tmp_path: Path) -> None:
    gate(tmp_path, "deployment", PLANS / "change.json", "--environment", "development")
    result = gate(tmp_path, "deployment", PLANS / "state.json")
    assert result.exit_code == 2
    assert suite(tmp_path).get("errors") == "1"
    assert run_of(tmp_path)["invocations"][0]["executionSuccessful"] is False
    assert "::error title=Tollgate::No decision" in (tmp_path / "annotations").read_text()
    assert "No decision" in (tmp_path / "markdown").read_text()
    assert json.loads((tmp_path / "json").read_text())["decision"]["allow"] is False


def test_gate_that_breaks_leaves_no_green_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> None:
        raise MemoryError

    gate(tmp_path, "deployment", PLANS / "change.json", "--environment", "development")
    monkeypatch.setattr(gate_command, "open_engine", breaks)
    result = gate(tmp_path, "deployment", PLANS / "change.json", "--environment", "development")
    assert result.exit_code == 2
    assert "unexpected MemoryError" in result.stderr
    assert suite(tmp_path).get("errors") == "1"
    assert "the gate has not finished" in (tmp_path / "junit").read_text()


@pytest.mark.parametrize("request_", ["pdf=x", "sarif=/nowhere/x.sarif"])
def test_report_that_cannot_be_written_is_no_decision(request_: str) -> None:
    arguments = ["deployment", str(PLANS / "change.json"), "--report", request_]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "no decision" in result.stderr


def test_github_format_writes_commands_and_nothing_else() -> None:
    for name, verdict in (("aws_hostile", "notice"), ("state", "error")):
        arguments = ["deployment", str(PLANS / f"{name}.json"), "--format", "github"]
        lines = CliRunner().invoke(app, arguments).stdout.splitlines()
        assert lines[0].startswith(f"::{verdict} title=Tollgate::")
        assert all(re.match(r"::(error|warning|notice) [^:]*::", line) for line in lines)


@pytest.mark.parametrize("output", ["text", "markdown", "json"])
def test_names_of_a_real_plan_give_no_commands_to_a_ci(output: str) -> None:
    arguments = ["deployment", str(PLANS / "aws_hostile.json"), "--format", output]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "40"})
    assert result.exit_code in {0, 1}
    assert not [line for line in result.stdout.splitlines() if line.lstrip().startswith("::")]


def test_reason_for_no_decision_gives_no_commands_to_a_ci(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text('{"a\\n::error::x ##vso[x]y": 1, "a\\n::error::x ##vso[x]y": 2}')
    result = CliRunner().invoke(app, ["deployment", str(plan)])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "##vso[" not in result.stderr


def test_dbt_gate_writes_the_same_forms(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(document()))
    runs = results(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    (tmp_path / "run_results.json").write_text(json.dumps(runs))
    result = gate(tmp_path, "dbt", "--manifest", tmp_path / "manifest.json")
    assert result.exit_code == 1, result.output
    found = json.loads((tmp_path / "json").read_text())["decision"]
    assert int(suite(tmp_path).get("failures", "0")) == len(found["denials"]) > 0
    place = run_of(tmp_path)["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "manifest.json"
    assert "❌ Denied" in (tmp_path / "markdown").read_text()


def test_dbt_gate_without_a_decision_fails_in_every_form(tmp_path: Path) -> None:
    result = gate(tmp_path, "dbt", "--manifest", tmp_path / "manifest.json")
    assert result.exit_code == 2
    assert suite(tmp_path).get("name") == "tollgate dbt"
    assert suite(tmp_path).get("errors") == "1"
    assert "<!-- tollgate:dbt -->" in (tmp_path / "markdown").read_text()
