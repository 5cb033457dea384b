"""`tollgate gate deployment`: the exit code is the answer, on a machine that holds nothing yet."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli.gate import app
from orchestration.demo import plans as demo_plans
from policies.deployment.report.markdown import MARKER
from policies.store import open_store
from tests.unit.policies.deployment.rate_cards import CONTENT, card_file

PLANS = Path(__file__).parents[2] / "policies/examples/deployment/plans"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    for name in ("TOLLGATE_OPS_URL", "GITHUB_REPOSITORY", "GITHUB_SHA"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


def gate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["deployment", *(str(a) for a in arguments)])


def as_json(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def recorded(home: Path) -> int:
    store = open_store(f"sqlite:///{home / 'ops.sqlite'}")
    with store.connect() as connection:
        return int(connection.exec_driver_sql("select count(*) from decisions").scalar() or 0)


def test_allowed_plan_exits_0_and_leaves_only_the_record(home: Path) -> None:
    result = gate(PLANS / "change.json", "--environment", "development")
    assert result.exit_code == 0, result.output
    assert "ALLOWED" in result.stdout
    assert "-157.47 USD" in result.stdout
    assert {path.name.split(".sqlite")[0] for path in home.iterdir()} == {"ops"}
    assert recorded(home) == 1


def test_denied_plan_exits_1_with_rule_and_remedy(home: Path) -> None:
    result = gate(PLANS / "create.json", "--environment", "staging", "--format", "json")
    assert result.exit_code == 1
    denials = as_json(result)["decision"]["denials"]
    assert {d["rule_id"] for d in denials} == {"deployment.required_tags"}
    assert all(denial["remedy"] for denial in denials)


def test_demo_plans_are_allowed_and_denied_by_tags_and_budget(home: Path, tmp_path: Path) -> None:
    written = demo_plans.write(tmp_path / "plans")
    assert gate(written["allowed"]).exit_code == 0
    denied = gate(written["denied"], "--format", "json")
    assert denied.exit_code == 1
    rules = {denial["rule_id"] for denial in as_json(denied)["decision"]["denials"]}
    assert rules == {"deployment.required_tags", "deployment.monthly_budget_delta"}


def test_card_whose_bills_were_above_the_estimates_is_heard(home: Path, tmp_path: Path) -> None:
    record = {
        "provider": "aws",
        "type": "aws_ebs_volume",
        "price_source": "own",
        "usage_basis": "plan",
        "observations": 12,
        "changes": 4,
        "median": "1.6",
        "low": "1.1",
        "high": "1.9",
        "above": 12,
        "below": 0,
        "bills_until": "2026-09-30",
    }
    card = card_file(tmp_path, {**CONTENT, "calibration": [record]})
    asked = (PLANS / "create.json", "--rates", card, "--format", "json", "--environment")
    staging = as_json(gate(*asked, "staging"))["decision"]
    (warning,) = [w for w in staging["warnings"] if w["rule_id"] == "deployment.estimate_record"]
    assert "bills were up to 1.6 times the estimate" in warning["message"]
    production = as_json(gate(*asked, "production"))["decision"]
    denied = {d["subject"] for d in production["denials"]
              if d["rule_id"] == "deployment.estimate_record"}  # fmt: skip
    assert denied and all("aws_ebs_volume." in address for address in denied)


def test_markdown_begins_with_the_hidden_marker(home: Path) -> None:
    result = gate(PLANS / "change.json", "--format", "markdown")
    assert result.exit_code == 0
    assert result.stdout.startswith(MARKER)


def test_github_facts_are_part_of_the_question(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/shop")
    monkeypatch.setenv("GITHUB_SHA", "4f0d2c9")
    question = as_json(gate(PLANS / "change.json", "--format", "json"))["question"]
    assert question["git"]["repository"] == "acme/shop"
    assert question["git"]["head_sha"] == "4f0d2c9"


@pytest.mark.parametrize("name", ["errored", "partial"])
def test_plan_that_is_not_whole_is_denied(home: Path, name: str) -> None:
    result = gate(PLANS / f"{name}.json", "--format", "json")
    assert result.exit_code == 1
    rules = {denial["rule_id"] for denial in as_json(result)["decision"]["denials"]}
    assert rules == {"deployment.plan_complete"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("state.json", "state printed by `terraform show -json`"),
        ("terraform_tfstate.json", "this is a state file, not a plan"),
        ("binary.tfplan", "this is the binary plan"),
        ("nowhere.json", "cannot be read"),
        ("README.md", "not JSON"),
    ],
)
def test_what_is_no_plan_exits_2_with_one_line(home: Path, name: str, reason: str) -> None:
    result = gate(PLANS / name)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_environment_without_limits_exits_2_and_names_those_that_have_some(home: Path) -> None:
    result = gate(PLANS / "change.json", "--environment", "prod")
    assert result.exit_code == 2
    assert (result.stdout, len(result.stderr.splitlines())) == ("", 1)
    assert "'prod' is not in finops/config/deployment" in result.stderr
    assert "(there: development, production, sandbox, staging)" in result.stderr


def test_no_opa_exits_2_and_tells_what_was_tried(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TOLLGATE_TOOLS", str(tmp_path / "tools"))
    monkeypatch.setenv("TOLLGATE_OPA_DOWNLOADS", "http://127.0.0.1:9")
    result = gate(PLANS / "change.json")
    assert result.exit_code == 2
    assert "opa on PATH" in result.stderr


def test_opa_that_breaks_while_asked_exits_2(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "opa"
    broken.write_text('#!/bin/sh\n[ "$1" = version ] && echo "Version: 1.22.0" || exit 3\n')
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    result = gate(PLANS / "change.json")
    assert result.exit_code == 2
    assert "opa ended with 3" in result.stderr
    assert recorded(home) == 1


def test_used_up_budget_denies_what_costs_more(home: Path, tmp_path: Path) -> None:
    allowed = demo_plans.write(tmp_path / "plans")["allowed"]
    result = gate(allowed, "--spent", "40000", "--forecast", "49990", "--format", "json")
    assert result.exit_code == 1
    (denial,) = as_json(result)["decision"]["denials"]
    assert denial["rule_id"] == "deployment.monthly_budget_delta"
    assert "10.00 USD left" in denial["message"]


def test_budget_file_replaces_the_configured_budget(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "budget.json"
    facts = {
        "scope": "shop",
        "currency": "USD",
        "monthly_limit": "900",
        "spent": 1.5,
        "forecast": 2,
    }
    file.write_text(json.dumps(facts))
    result = gate(PLANS / "change.json", "--budget-file", file, "--format", "json")
    assert result.exit_code == 0
    answer = as_json(result)
    assert answer["question"]["budget"]["remaining"] == "898.00"
    warned = {warning["rule_id"] for warning in answer["decision"]["warnings"]}
    assert warned == {"deployment.prices_trusted"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--budget", "nobody"], "is not in finops/config/budgets"),
        (["--spent", "a lot"], "spent is not an amount of money"),
        (["--budget-file", "/nowhere.json"], "cannot be read"),
    ],
)
def test_budget_that_cannot_be_used_exits_2(home: Path, arguments: list[str], reason: str) -> None:
    result = gate(PLANS / "change.json", *arguments)
    assert result.exit_code == 2
    assert reason in result.stderr
