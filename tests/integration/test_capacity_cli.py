"""`tollgate capacity` on real files and the real OPA: exit 0 allowed, 1 denied, 2 undecided."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from orchestration.analytics.capacity.decide import Point, plan_capacity
from orchestration.analytics.capacity.inputs import Forecast
from orchestration.analytics.capacity.target import target_from
from orchestration.capacity import build_question
from orchestration.cli.capacity import app
from policies.decisions import read_records
from policies.engine import open_engine
from policies.store import open_store

HISTORY = Path(__file__).parents[1] / "fixtures" / "capacity" / "hourly_demand.csv"
NOW = datetime(2022, 10, 31, tzinfo=UTC)
TABLE: dict[str, Any] = {
    "kind": "azure_scale_set", "environment": "production", "owner": "web",
    "series_id": "surf_cpus", "metric": "cpu", "period": "hour", "unit_capacity": "200",
    "headroom_pct": "10", "startup_minutes": 15, "min_units": 2, "max_units": 40,
    "step_limit": 10, "change_threshold_pct": "10", "cooldown_minutes": 120,
    "hourly_cost": "0.10", "currency": "USD", "monthly_budget": "2000",
}  # fmt: skip


@pytest.fixture(scope="module")
def forecast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A forecast by the command itself, of 48 hours from NOW."""
    folder = tmp_path_factory.mktemp("forecast")
    (folder / "shifted_clock").write_text((NOW - timedelta(hours=1)).isoformat())
    history = folder / "history.csv"
    lines = HISTORY.read_text().splitlines()
    history.write_text("\n".join(line for line in lines if line.startswith(("series", "surf"))))
    done = CliRunner().invoke(
        app,
        ["forecast", str(history), "--out", str(folder / "f.csv"), "--horizon", "48"],
        env={"TOLLGATE_HOME": str(folder)},
    )
    assert done.exit_code == 0, done.output
    return folder / "f.csv"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    monkeypatch.delenv("TOLLGATE_OPS_URL", raising=False)
    (tmp_path / "shifted_clock").write_text(NOW.isoformat())
    declare(tmp_path)
    return tmp_path


def declare(home: Path, **changes: Any) -> None:
    table = TABLE | changes
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    (home / "capacity.toml").write_text("[targets.web]\n" + "\n".join(lines) + "\n")


def decide(home: Path, forecast: str | Path, *options: str) -> Result:
    arguments = ["decide", str(forecast), "--out", str(home / "out"), *options]
    return CliRunner().invoke(app, arguments)


def test_allowed_plan_is_written_with_its_variables_and_record(home: Path, forecast: Path) -> None:
    result = decide(home, forecast, "--current", "14")
    assert result.exit_code == 0, result.output
    assert "ALLOWED" in result.output
    plan = json.loads((home / "out" / "web.plan.json").read_text())
    assert len(plan["steps"]) == 48
    assert all(step["reason"] and 2 <= step["units"] <= 40 for step in plan["steps"])
    variables = json.loads((home / "out" / "web.auto.tfvars.json").read_text())
    store = open_store(f"sqlite:///{home / 'ops.sqlite'}")
    (record,) = read_records(store, gate="capacity", subject="web")
    assert record.decision.decision_id == variables["capacity_decision_id"]
    assert record.decision.allow
    assert record.question["plan"]["cost"] == plan["cost"]


def test_denied_plan_exits_1_and_leaves_the_variables_alone(home: Path, forecast: Path) -> None:
    assert decide(home, forecast, "--current", "14").exit_code == 0
    allowed = (home / "out" / "web.auto.tfvars.json").read_text()
    declare(home, monthly_budget="400", quantile="p50")
    result = decide(home, forecast, "--current", "4")
    assert result.exit_code == 1
    denied = json.loads((home / "out" / "web.plan.json").read_text())["decision"]["denials"]
    rules = {denial["rule_id"] for denial in denied}
    assert rules == {"capacity.forecast_sound", "capacity.demand_served"}
    assert (home / "out" / "web.auto.tfvars.json").read_text() == allowed


def test_forecast_that_begins_later_leaves_the_hours_before_it_as_they_are(
    home: Path, forecast: Path
) -> None:
    made = pd.read_csv(forecast)
    made[3:].to_csv(home / "later.csv", index=False)
    decide(home, home / "later.csv", "--current", "14")
    steps = json.loads((home / "out" / "web.plan.json").read_text())["steps"]
    assert (len(steps), steps[0]["at"]) == (48, "2022-10-31T00:00:00Z")
    assert [step["expected_demand"] for step in steps[:3]] == [None] * 3
    assert all(step["units"] >= 14 for step in steps[:3])


def test_forecast_of_another_year_is_no_plan_for_now(home: Path, forecast: Path) -> None:
    made = pd.read_csv(forecast)
    made.assign(ds=made["ds"].str.replace("2022", "2024")).to_csv(home / "f.csv", index=False)
    result = decide(home, home / "f.csv", "--current", "14")
    assert result.exit_code == 2
    assert "periods cannot be planned" in result.output
    assert not (home / "out").exists()


def test_stale_forecast_is_denied(home: Path, forecast: Path) -> None:
    made = pd.read_csv(forecast)
    made.assign(as_of="2022-10-28T00:00:00Z").to_csv(home / "stale.csv", index=False)
    result = decide(home, home / "stale.csv", "--current", "14")
    assert result.exit_code == 1
    assert "[capacity.forecast_sound]" in result.output


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("surf_cpus,2022-10-31T00:00:00Z,1,NaN", "line 2: p90 is NaN"),
        ("surf_cpus,2022-10-31T00:00:00Z,1,-5", "line 2: p90 is -5"),
        ("surf_cpus,2022-10-31T00:00:00Z,1,2", "when was it made?"),
        ("surf_cpus,2022-10-30T00:00:00Z,1,2", "the forecast ends at 2022-10-30 00:00 UTC"),
    ],
)
def test_what_cannot_be_decided_exits_2_with_one_line_and_writes_nothing(
    home: Path, line: str, complaint: str
) -> None:
    file = home / "f.csv"
    file.write_text(f"series_id,ds,p50,p90\n{line}\n")
    options = ["--as-of", "2022-10-30"] if "ends at" in complaint else []
    result = decide(home, file, "--current", "14", *options)
    assert result.exit_code == 2
    assert complaint in result.output
    assert len(result.output.splitlines()) == 1
    assert not (home / "out").exists()


def test_options_that_are_missing_or_wrong_exit_2(
    home: Path, forecast: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for options, complaint in (
        ([], "Give --current"),
        (["--current", "41"], "outside of its 2 to 40"),
        (["--current", "14", "--target", "api"], "Choose one with --target: web"),
        (["--current", "14", "--last-change", "soon"], "--last-change 'soon' is no time"),
        (["--current", "14", "--targets", "/nowhere.toml"], "cannot be read"),
    ):
        result = decide(home, forecast, *options)
        assert result.exit_code == 2, complaint
        assert complaint in result.output
    assert decide(home, "mart", "--current", "14").exit_code == 2
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.setenv("TOLLGATE_TOOLS", str(home / "tools"))
    monkeypatch.setenv("TOLLGATE_OPA_DOWNLOADS", "http://127.0.0.1:9")
    assert decide(home, forecast, "--current", "14").exit_code == 2
    assert not (home / "out").exists()


def test_gate_finds_no_broken_guardrail_in_any_plan_of_a_hostile_forecast() -> None:
    """Planner and gate know the guardrails independently of each other; here they must agree."""
    odd = [math.nan, -5.0, 1e12, 0.0, 350.0, math.inf, 9000.0, 800.0, 5e-324, 1.7e308]
    questions = []
    for seed in range(24):
        target = target_from(
            "web",
            TABLE
            | {
                "step_limit": 1 + seed % 7, "cooldown_minutes": 60 * (1 + seed % 4),
                "startup_minutes": 37 * (seed % 3), "period": ("hour", "day")[seed % 2],
                "max_units": 40 - seed, "change_threshold_pct": str(5 * (seed % 5)),
                "monthly_budget": str(1500 + 60 * seed),
            },
            "test",
        )  # fmt: skip
        points = [
            Point(NOW + place * target.step, odd[(seed * place) % 10], odd[(seed + 3 * place) % 10])
            for place in range(-3, 40)
        ]
        plan = plan_capacity(points, target, 2 + seed % 10, NOW, 36)
        forecast = Forecast("test", tuple(points), NOW - timedelta(hours=1))
        questions.append(build_question(plan, forecast, NOW))
    broken = {
        f"capacity.{rule}"
        for rule in (
            "bounds_held",
            "steps_limited",
            "cooldown_kept",
            "budget_kept",
            "plan_described",
        )
    }
    for decision in open_engine().decide_many("capacity", questions):
        assert decision.decided
        assert not broken & {denial.rule_id for denial in decision.denials}
