"""What each guardrail does to a plan, and what the plan says about it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from orchestration.analytics.capacity.decide import (
    MOST_STEPS,
    Plan,
    PlanError,
    Point,
    plan_capacity,
)
from orchestration.analytics.capacity.outputs import MOST_WINDOWS, plan_document, tfvars
from orchestration.analytics.capacity.target import Target, TargetError, target_from

START = datetime(2026, 10, 28, 12, tzinfo=UTC)
BASE: dict[str, Any] = {
    "kind": "azure_scale_set", "environment": "production", "owner": "web", "series_id": "web",
    "metric": "requests", "period": "hour", "quantile": "p90", "unit_capacity": "100",
    "headroom_pct": "0", "startup_minutes": 0, "min_units": 1, "max_units": 20,
    "step_limit": 20, "change_threshold_pct": "0", "cooldown_minutes": 0, "hourly_cost": "0.10",
    "currency": "USD", "monthly_budget": "100000",
}  # fmt: skip


def target(**changes: Any) -> Target:
    return target_from("web", BASE | changes, "capacity.toml")


def plan(demand: list[float], current: int = 2, **changes: Any) -> Plan:
    last_change = changes.pop("last_change", None)
    points = [Point(START + timedelta(hours=n), d * 0.8, d) for n, d in enumerate(demand)]
    return plan_capacity(
        points, target(**changes), current, START, len(demand), last_change=last_change
    )


def units(made: Plan) -> list[int]:
    return [step.units for step in made.steps]


def test_units_serve_the_quantile_with_headroom() -> None:
    assert units(plan([100, 101, 250, 0])) == [1, 2, 3, 1]
    assert units(plan([100, 101, 250, 0], headroom_pct="20")) == [2, 2, 3, 1]


def test_exactly_full_units_are_not_one_more() -> None:
    assert units(plan([300.0000000001])) == [3]
    assert units(plan([0.3], unit_capacity="0.1")) == [3]


def test_units_are_ordered_so_early_that_they_have_started() -> None:
    made = plan([100, 100, 500], current=1, startup_minutes=30)
    assert units(made) == [1, 5, 5]
    assert [step.serving for step in made.steps] == [1, 1, 5]


def test_cooldown_keeps_changes_apart_and_provides_for_it() -> None:
    made = plan([100, 200, 300, 400, 100, 100, 100], current=1, cooldown_minutes=120)
    assert units(made) == [2, 2, 4, 4, 1, 1, 1]
    assert units(plan([500, 500], last_change=START, cooldown_minutes=60)) == [2, 5]
    assert "cooling down" in plan([500], last_change=START, cooldown_minutes=60).steps[0].reason


def test_change_below_the_threshold_is_not_worth_it() -> None:
    made = plan([1000, 1050, 900, 500], current=10, change_threshold_pct="15")
    assert units(made) == [10, 10, 10, 5]
    assert "below 15 %" in made.steps[1].reason


def test_steep_rise_is_climbed_to_in_time() -> None:
    assert units(plan([100, 100, 100, 700], current=1, step_limit=2)) == [1, 3, 5, 7]


def test_maximum_and_minimum_hold_and_say_so() -> None:
    made = plan([1e12, 0], min_units=2)
    assert units(made) == [20, 2]
    assert "asks for more than 20" in made.steps[0].reason
    assert "held to the maximum" in made.steps[0].reason
    assert made.unmet_steps == 1


def test_budget_shaves_the_peaks_not_the_late_hours() -> None:
    # 730 hours a month: 12 unit-hours of 0.10 for these four hours.
    made = plan([200, 800, 800, 200], monthly_budget="219")
    assert made.budget == Decimal("1.20")
    assert units(made) == [2, 4, 4, 2]
    assert made.cost == Decimal("1.20")
    assert "held by the budget" in made.steps[1].reason


def test_budget_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(PlanError, match=r"even scaling in .* costs 3\.30 USD .* is 1\.20"):
        plan([200, 200, 200], current=13, monthly_budget="292", step_limit=1)


def test_budget_forces_even_changes_below_the_threshold() -> None:
    made = plan([500] * 4, current=5, change_threshold_pct="50", monthly_budget="292")
    assert units(made) == [4] * 4


def test_nothing_is_taken_away_where_the_forecast_is_broken() -> None:
    made = plan([200, float("nan"), 100, 100], current=4)
    assert units(made) == [2, 2, 1, 1]
    assert made.steps[1].reason == "no usable forecast: the units stay"
    wide = plan([200, float("nan"), 100, 100], current=4, startup_minutes=60)
    assert units(wide) == [4, 4, 1, 1]
    assert "nothing is taken away" in wide.steps[0].reason


def test_broken_value_beside_a_good_one_spoils_the_hour() -> None:
    twice = [Point(START, 1.0, 900.0), Point(START, float("nan"), 5.0)]
    made = plan_capacity(twice, target(), 3, START, 1)
    assert (units(made), made.usable) == ([3], 0)


def test_larger_of_two_values_counts() -> None:
    twice = [Point(START, 1.0, 900.0), Point(START, 1.0, 5.0)]
    assert units(plan_capacity(twice, target(), 3, START, 1)) == [9]


@pytest.mark.parametrize("current", [0, 21])
def test_fleet_outside_its_bounds_is_for_a_person(current: int) -> None:
    with pytest.raises(PlanError, match="a person must move it back"):
        plan([100], current=current)


@pytest.mark.parametrize("steps", [0, MOST_STEPS + 1])
def test_span_that_is_no_plan_is_refused(steps: int) -> None:
    with pytest.raises(PlanError, match="cannot be planned"):
        plan_capacity([], target(), 2, START, steps)


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("hourly_cost", 0.1, "a float loses cents"),
        ("min_units", 30, "min_units 30 is above max_units 20"),
        ("monthly_budget", "72", "min_units alone cost 73.00 USD a month"),
        ("unit_capacity", "0", "unit_capacity"),
        ("unit_capacity", "NaN", "unit_capacity"),
        ("max_units", 2.5, "max_units"),
        ("step_limit", 0, "step_limit"),
        ("period", "week", "period"),
        ("kind", "mainframe", "kind"),
        ("colour", "red", "colour"),
    ],
)
def test_target_that_cannot_be_used_names_the_field(field: str, value: Any, complaint: str) -> None:
    with pytest.raises(TargetError, match=complaint) as error:
        target(**{field: value})
    assert str(error.value).startswith("capacity.toml: target 'web': ")


def test_document_shows_money_as_exact_text_and_each_reason() -> None:
    document = plan_document(plan([100, 1e-7, float("nan")], hourly_cost="0.123456789"))
    assert document["cost"] == "0.370370367"
    assert document["steps"][1]["planned_demand"] == "0.0000001"
    assert document["steps"][2]["expected_demand"] is None
    assert all(step["reason"] for step in document["steps"])


def test_scale_set_gets_windows_that_follow_the_plan() -> None:
    shown = tfvars(plan([100, 100, 300]), "d-1")
    assert [(w["start"], w["end"], w["minimum"]) for w in shown["autoscale_windows"]] == [
        ("2026-10-28T12:00:00Z", "2026-10-28T14:00:00Z", 1),
        ("2026-10-28T14:00:00Z", "2026-10-28T15:00:00Z", 3),
    ]
    assert shown["instances"] == 1
    assert shown["autoscale_default"] == {"minimum": 3, "default": 3, "maximum": 20}
    assert shown["capacity_decision_id"] == "d-1"


def test_restless_plan_gives_only_the_windows_that_one_setting_takes() -> None:
    shown = tfvars(plan([100, 300] * 20), "d-1")
    assert len(shown["autoscale_windows"]) == MOST_WINDOWS
    assert shown["capacity_valid_until"] == shown["autoscale_windows"][-1]["end"]


def test_function_app_gets_the_instances_until_the_first_change() -> None:
    shown = tfvars(plan([200, 200, 900], kind="azure_function_app"), "d-1")
    assert (shown["elastic_instance_minimum"], shown["app_scale_limit"]) == (2, 20)
    assert shown["capacity_valid_until"] == "2026-10-28T14:00:00Z"


def test_function_app_gets_no_more_always_ready_instances_than_it_may_have() -> None:
    shown = tfvars(plan([3000], current=30, kind="azure_function_app", max_units=60), "d-1")
    assert (shown["elastic_instance_minimum"], shown["app_scale_limit"]) == (20, 60)
