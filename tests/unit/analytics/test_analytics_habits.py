"""Promises of forecasts about what goes by the calendar: it comes again, on its days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestration.analytics.forecasting import RHYTHMS, forecast, forecast_with_totals
from orchestration.analytics.forecasting.habits import habits_in
from orchestration.analytics.forecasting.panel import to_panel
from orchestration.analytics.money import to_money

Frame = Any
Make = Callable[..., Frame]


def charged(frame: Frame, days: list[str], amount: float = 900.0) -> Frame:
    frame.loc[frame["ds"].isin(pd.to_datetime(days)), "y"] += amount
    return frame


def fees(frame: Frame, above: float = 450.0) -> list[str]:
    out = forecast(frame, 180)
    return [str(day.date()) for day in out.loc[out["p50"] > above, "ds"]]


@pytest.mark.parametrize("level", [100.0, 0.0], ids=["on top", "alone"])
@pytest.mark.parametrize(
    ("days", "due"),
    [
        (["2025-04-10", "2025-07-10", "2025-10-10", "2026-01-10"], ["2026-04-10", "2026-07-10"]),
        (["2025-06-30", "2025-09-30", "2025-12-31"], ["2026-03-31", "2026-06-30"]),
        (["2025-08-20"], []),
        (["2025-05-20", "2025-11-20"], ["2026-05-20"]),
        (["2025-04-05", "2026-04-05"], []),
        (["2025-04-10", "2025-07-10"], []),
    ],
    ids=["quarterly", "ends of quarters", "once", "half-yearly", "not yet again", "ended"],
)
def test_a_seldom_fee_is_due_on_its_day(
    make: Make, days: list[str], due: list[str], level: float
) -> None:
    """The last known day is 4 February 2026, or a fortnight after the second yearly fee."""
    last = pd.Timestamp("2026-04-19" if days[-1] > "2026-03" else "2026-02-04")
    frame = charged(make(days=475, level=level), days)
    assert fees(frame[frame["ds"] <= last]) == due


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_yearly_fee_is_due_again_in_its_month_and_in_the_month_s_sum(
    make: Make, noise: float
) -> None:
    frame = charged(make(days=820, noise=noise), ["2025-05-05", "2026-05-05"])
    frame = frame[frame["ds"] <= "2027-03-10"]
    out = forecast(frame, 180)
    assert out.loc[out["p50"] > 450, "ds"].astype(str).tolist() == ["2027-05-05"]
    frame["cost"] = [to_money(value) for value in frame["y"].tolist()]
    months = forecast_with_totals(frame, {"s": "USD"}).months.set_index("month")["p50"]
    more = float(months[pd.Timestamp("2027-05-01")] - months[pd.Timestamp("2027-07-01")])
    assert more == pytest.approx(900, rel=0.15)


def test_a_fee_of_last_week_is_not_repeated_every_week(make: Make) -> None:
    frame = charged(make(days=300, noise=0.0), ["2025-04-24", "2025-07-24", "2025-10-24"])
    assert fees(frame) == ["2026-01-24", "2026-04-24"]


def test_spikes_without_a_rhythm_are_not_due_again(make: Make) -> None:
    draw = np.random.default_rng(4)
    found = 0
    for seed in range(20):
        frame = make(days=500, seed=seed)
        at = draw.choice(500, 12, replace=False)
        frame.loc[at, "y"] += 400 * draw.lognormal(0, 0.5, 12)
        found += len(fees(frame, above=250))
    assert found <= 2


@pytest.mark.parametrize("day", [29, 30, 31])
def test_a_fee_of_a_day_that_a_month_has_not_is_due_on_its_last(make: Make, day: int) -> None:
    frame = make(days=780)
    on = frame["ds"].dt.day == np.minimum(day, frame["ds"].dt.days_in_month)
    frame.loc[on, "y"] += 500
    for origin in ("2026-01-12", "2026-03-05", "2026-12-20"):
        out = forecast(frame[frame["ds"] <= origin], 120)
        due = out["ds"].dt.day == np.minimum(day, out["ds"].dt.days_in_month)
        assert ((out["p50"] > 400) == due).all()


def test_a_fee_of_the_month_s_end_shows_beside_a_tier_of_half_the_month(make: Make) -> None:
    """The tier was taken for noise, and the fee for a busy end of the quarter."""
    frame = make(days=520, noise=0.03)
    ends = frame["ds"].dt.is_month_end
    frame["y"] += 30.0 * (frame["ds"].dt.day > 12) + 200.0 * ends
    known = frame["ds"] <= "2025-11-24"
    out = forecast(frame[known], 150)
    assert ((out["p50"] > 250) == out["ds"].dt.is_month_end).all()


def with_free_tier(frame: Frame, days: float, price: float = 0.0, fee: float = 0.0) -> Frame:
    used = frame.groupby(frame["ds"].dt.to_period("M"))["y"].cumsum()
    inside = np.clip(100 * days - (used - frame["y"]), 0, frame["y"])
    return frame.assign(y=frame["y"] - (1 - price) * inside + fee * (frame["ds"].dt.day == 1))


@pytest.mark.parametrize("fee", [0.0, 700.0], ids=["", "with a fee of the first"])
@pytest.mark.parametrize("days", [2, 6.5, 10])
@pytest.mark.parametrize("price", [0.0, 0.5], ids=["free", "cheaper"])
def test_a_free_tier_is_used_up_again_each_month(
    make: Make, days: float, price: float, fee: float
) -> None:
    whole = with_free_tier(make(days=480, noise=0.1), days, price, fee)
    for origin in ("2025-11-03", "2025-11-09", "2025-11-25"):
        known = whole["ds"] <= origin
        out = forecast(whole[known], 90).merge(whole, on=["series_id", "ds"])
        off = (out["p50"] - out["y"]).abs()
        tier = out["ds"].dt.day <= days
        assert off[tier].mean() < 15
        assert off[~tier].mean() < 15


def test_two_months_do_not_make_a_free_tier(make: Make) -> None:
    frame = make(days=300)
    tier = frame["ds"].dt.to_period("M").astype(str).isin(["2025-08", "2025-09"])
    frame.loc[tier & (frame["ds"].dt.day <= 5), "y"] = 0.0
    out = forecast(frame[frame["ds"] <= "2025-09-20"], 60)
    assert out.loc[out["ds"].dt.day <= 5, "p50"].min() > 50


def test_busy_ends_of_quarters_come_again(make: Make) -> None:
    frame = make(days=480)
    busy = (frame["ds"] + pd.offsets.QuarterEnd(0) - frame["ds"]).dt.days < 5
    frame.loc[busy, "y"] *= 1.7
    known = frame["ds"] <= "2025-11-20"
    out = forecast(frame[known], 90).merge(frame.assign(busy=busy), on=["series_id", "ds"])
    off = (out["p50"] - out["y"]).abs()
    assert off[out["busy"]].mean() < 15
    assert off[~out["busy"]].mean() < 5


def test_no_habit_is_known_before_it_was_seen_nor_in_other_rhythms(make: Make) -> None:
    frame = charged(make(days=400), ["2025-04-10", "2025-07-10", "2025-10-10", "2026-01-10"])
    panel = to_panel(frame)
    early = panel.cut(int((frame["ds"] >= "2025-07-10").sum()))
    assert not habits_in(early, 180, RHYTHMS["day"]).due.any()
    weekly = habits_in(panel, 13, RHYTHMS["week"])
    assert weekly.plain is panel
    assert (weekly.over(np.full((1, 13), 3.0)) == 3.0).all()
