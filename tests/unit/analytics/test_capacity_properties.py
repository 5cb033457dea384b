"""No forecast, however hostile, moves capacity outside its guardrails."""

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.analytics.capacity.decide import Plan, PlanError, Point, plan_capacity
from orchestration.analytics.capacity.target import HOURS_PER_MONTH, Target

START = datetime(2026, 10, 24, 22, tzinfo=UTC)
# Europe's clocks go back on 2026-10-25: the same local hour comes twice.
ZONES = (UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=1)), None)

hostile = st.one_of(
    st.floats(0, 5000),
    st.sampled_from([math.nan, math.inf, -math.inf, -1.0, -1e12, 1e12, 1.7e308, 5e-324, 0.0]),
)


@st.composite
def points(draw: st.DrawFn, steps: int) -> list[Point]:
    """Shuffled, with gaps, duplicates and strays; hours told in any zone, or none."""
    hours = draw(st.lists(st.integers(-30, steps + 30), max_size=2 * steps))
    found = []
    for hour in hours:
        zone = draw(st.sampled_from(ZONES))
        at = START + timedelta(hours=hour, minutes=draw(st.sampled_from([0, 0, 59])))
        told = at.astimezone(zone) if zone else at.replace(tzinfo=None)
        found.append(Point(told, draw(hostile), draw(hostile)))
    return draw(st.permutations(found))


@st.composite
def targets(draw: st.DrawFn) -> Target:
    low = draw(st.integers(0, 10))
    high = max(low, 1) + draw(st.integers(0, 40))
    price = Decimal(draw(st.integers(1, 5000))) / 1000
    # From what the minimum costs to plenty: budgets that bind, and clash, are among them.
    least = low * price * HOURS_PER_MONTH
    return Target(
        name="web", kind="azure_scale_set", environment="production", owner="web",
        series_id="web", metric="requests", period=draw(st.sampled_from(["hour", "day"])),
        quantile="p90", unit_capacity=Decimal(draw(st.sampled_from(["1e-9", "1", "100", "1e15"]))),
        headroom_pct=Decimal(draw(st.integers(0, 300))),
        startup_minutes=draw(st.sampled_from([0, 5, 60, 61, 3000])),
        min_units=low, max_units=high, step_limit=draw(st.integers(1, 12)),
        change_threshold_pct=Decimal(draw(st.sampled_from([0, 10, 50, 200]))),
        cooldown_minutes=draw(st.sampled_from([0, 60, 90, 600, 2880])), hourly_cost=price,
        currency="EUR", monthly_budget=least + draw(st.integers(0, 5000)),
    )  # fmt: skip


def inside(plan: Plan, last_change: datetime | None) -> None:
    """Every guardrail, checked anew from the steps alone."""
    target = plan.target
    hours = {"hour": 1, "day": 24}[target.period]
    before, changed = plan.current, last_change
    for number, step in enumerate(plan.steps):
        assert step.at == START + timedelta(hours=hours * number)
        assert step.before == before
        assert target.min_units <= step.units <= target.max_units
        assert abs(step.units - before) <= target.step_limit
        if step.units != before:
            if changed is not None:
                assert step.at - changed >= timedelta(minutes=target.cooldown_minutes)
            changed = step.at
            forced = before > plan.cap
            wished = abs(min(max(step.wanted or 0, target.min_units), plan.cap) - before)
            assert forced or wished * 100 >= target.change_threshold_pct * max(before, 1)
        assert step.cost == step.units * target.hourly_cost * hours
        assert step.reason
        before = step.units
    spent = sum((step.units for step in plan.steps), 0) * target.hourly_cost * hours
    assert spent == plan.cost
    assert spent <= target.monthly_budget * len(plan.steps) * hours / HOURS_PER_MONTH


@settings(max_examples=150, deadline=None)
@given(data=st.data(), target=targets(), steps=st.integers(1, 30))
def test_no_forecast_moves_capacity_outside_its_guardrails(
    data: Any, target: Target, steps: int
) -> None:
    current = data.draw(st.integers(target.min_units, target.max_units))
    ago = data.draw(st.one_of(st.none(), st.integers(-5, 60)))
    last_change = None if ago is None else START - timedelta(hours=ago)
    found = data.draw(points(steps))
    try:
        plan = plan_capacity(found, target, current, START, steps, last_change=last_change)
    except PlanError as error:
        # Only guardrails that contradict each other from here: going down takes too long.
        assert "even scaling in" in str(error)
        return
    assert len(plan.steps) == steps
    inside(plan, last_change)


@settings(max_examples=30, deadline=None)
@given(data=st.data(), target=targets())
def test_order_and_zone_of_a_forecast_do_not_matter(data: Any, target: Target) -> None:
    usable = [
        Point(START + timedelta(hours=hour), 1.0, float(value))
        for hour, value in enumerate(
            data.draw(st.lists(st.integers(0, 900), min_size=1, max_size=9))
        )
    ]
    zone = timezone(timedelta(hours=data.draw(st.integers(-12, 14))))
    told = data.draw(st.permutations([Point(p.at.astimezone(zone), 1.0, p.demand) for p in usable]))
    try:
        expected = plan_capacity(usable, target, target.min_units, START, 9)
    except PlanError:
        return
    assert plan_capacity(told, target, target.min_units, START, 9) == expected


@settings(max_examples=30, deadline=None)
@given(data=st.data(), target=targets(), broken=st.sampled_from([math.nan, math.inf, -1.0]))
def test_nothing_is_taken_away_on_a_broken_forecast(
    data: Any, target: Target, broken: float
) -> None:
    plenty = target.model_copy(update={"monthly_budget": Decimal("1e12")})
    current = data.draw(st.integers(target.min_units, target.max_units))
    found = [Point(START + timedelta(hours=hour), broken, broken) for hour in range(24 * 12)]
    plan = plan_capacity(found, plenty, current, START, 12)
    assert {step.units for step in plan.steps} == {current}
    assert plan.usable == 0
