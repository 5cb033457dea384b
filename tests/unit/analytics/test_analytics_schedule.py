"""Promises of scheduled purchases: what recurs is due at its rhythm and price, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.analytics.forecasting import purchase_months, schedule

Frame = Any
THROUGH = date(2026, 4, 10)
COMPLETE = {"AWS": THROUGH}


def bought(
    days: Sequence[str | date], costs: Sequence[str], *, recurring: bool = True, item: str = "plan"
) -> Frame:
    return pd.DataFrame(
        {
            "service_provider_name": "AWS",
            "billing_currency": "USD",
            "service_name": "Support",
            "item": item,
            "charge_date": [str(day) for day in days],
            "is_recurring": recurring,
            "billed_cost": [Decimal(cost) for cost in costs],
        }
    )


def due(purchases: Frame, horizon: int = 180) -> list[tuple[str, str]]:
    rows = schedule(purchases, COMPLETE, horizon)
    return [(str(day), f"{cost:.2f}") for day, cost in zip(rows["ds"], rows["p50"], strict=True)]


def test_a_monthly_fee_is_due_each_month_at_its_newest_price() -> None:
    rows = bought(["2026-01-05", "2026-02-05", "2026-03-05", "2026-04-05"], ["9", "9", "12", "12"])
    assert due(rows, 60) == [("2026-05-05", "12.00"), ("2026-06-05", "12.00")]
    assert set(schedule(rows, COMPLETE)["cadence"]) == {"monthly"}


def test_a_fee_of_the_end_of_the_month_stays_there() -> None:
    rows = bought(["2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31"], ["9"] * 4)
    assert [day for day, _ in due(rows, 90)] == ["2026-04-30", "2026-05-31", "2026-06-30"]


def test_a_fee_by_the_hour_goes_by_the_days_of_the_month() -> None:
    rows = bought(["2026-02-01", "2026-03-01", "2026-04-01"], ["56", "62", "60"])
    assert due(rows, 60) == [("2026-05-01", "62.00"), ("2026-06-01", "60.00")]


def test_a_price_that_varies_is_expected_at_its_mean_and_says_its_range() -> None:
    days = ["2025-12-07", "2026-01-07", "2026-02-07", "2026-03-07", "2026-04-07"]
    rows = schedule(bought(days, ["90", "80", "120", "90", "120"], recurring=False), COMPLETE, 40)
    assert rows[["p50", "least_cost", "most_cost"]].to_numpy().tolist() == [[110, 80, 120]]
    assert rows["times_seen"].tolist() == [5]


def test_a_fee_of_every_day_is_due_every_day() -> None:
    days = [THROUGH - timedelta(days=n) for n in range(20, -1, -1)]
    found = due(bought(days, ["3"] * 10 + ["5"] * 11), 30)
    assert len(found) == 30
    assert {cost for _, cost in found} == {"5.00"}


@pytest.mark.parametrize(
    ("days", "cadence", "following"),
    [
        (["2025-07-15", "2025-10-15", "2026-01-15"], "quarterly", "2026-04-15"),
        (["2024-06-01", "2025-06-01"], "yearly", "2026-06-01"),
        (["2025-10-20", "2025-12-20", "2026-02-20"], "two-monthly", "2026-04-20"),
        (["2026-03-02", "2026-03-16", "2026-03-30"], "fortnightly", "2026-04-13"),
        (["2026-01-14", "2026-02-11", "2026-03-11"], "four-weekly", "2026-04-11"),
        (["2025-11-20", "2026-05-20"], None, None),
        (["2026-03-13", "2026-03-20", "2026-03-27", "2026-04-03"], "weekly", "2026-04-11"),
    ],
)
def test_other_rhythms_are_known(days: list[str], cadence: str | None, following: str) -> None:
    rows = schedule(bought(days, ["5"] * len(days)), COMPLETE)
    assert set(rows["cadence"]) == ({cadence} if cadence else set())
    assert not cadence or str(rows["ds"].iloc[0]) >= following


def test_what_is_billed_on_two_days_of_the_month_is_due_on_both_each_at_its_price() -> None:
    days = ["2026-01-15", "2026-02-01", "2026-02-15", "2026-03-01", "2026-03-13", "2026-04-01"]
    rows = bought(days, ["40", "7", "40", "7", "40", "7"], recurring=False)
    assert due(rows, 40) == [
        ("2026-04-15", "40.00"),
        ("2026-05-15", "40.00"),
        ("2026-05-01", "7.00"),
    ]
    assert set(schedule(rows, COMPLETE)["cadence"]) == {"twice-monthly"}


def test_two_days_of_the_month_that_lie_together_are_no_rhythm() -> None:
    near = ["2026-02-05", "2026-02-11", "2026-03-05", "2026-03-11", "2026-04-05"]
    assert due(bought(near, ["5"] * 5, recurring=False)) == []


def test_what_was_bought_once_is_not_bought_again_unless_its_bill_says_so() -> None:
    once = bought(["2026-03-20"], ["900"], recurring=False)
    assert due(once) == []
    assert due(bought(["2026-03-20"], ["900"]), 30) == [("2026-04-20", "900.00")]


def test_what_is_overdue_has_ended_and_what_is_late_is_still_to_come() -> None:
    months = ["2026-01-{0}", "2026-02-{0}", "2026-03-{0}"]
    assert due(bought([month.format("02") for month in months], ["5"] * 3)) == []
    late = due(bought([month.format("08") for month in months], ["5"] * 3), 40)
    assert late == [("2026-04-11", "5.00"), ("2026-05-08", "5.00")]


def test_days_without_a_rhythm_are_not_forecast() -> None:
    assert due(bought(["2026-01-03", "2026-01-19", "2026-03-30"], ["5"] * 3)) == []
    assert due(bought(["2026-01-03", "2026-02-17", "2026-03-30"], ["5"] * 3)) == []


def test_what_is_not_complete_yet_is_not_looked_at() -> None:
    rows = bought(["2026-02-11", "2026-03-11", "2026-04-11"], ["5", "5", "50"])
    assert due(rows, 30) == [("2026-04-11", "5.00")]


money = st.decimals("-1e9", "1e9", places=6)


@given(
    days=st.lists(st.dates(date(2024, 1, 1), THROUGH), min_size=1, max_size=40, unique=True),
    data=st.data(),
    recurring=st.booleans(),
)
def test_no_history_is_due_in_the_past_beyond_the_horizon_or_twice_a_day(
    days: list[date], data: st.DataObject, recurring: bool
) -> None:
    costs = data.draw(st.lists(money, min_size=len(days), max_size=len(days)))
    history = bought(sorted(days), [str(cost) for cost in costs], recurring=recurring)
    rows = schedule(history, COMPLETE, 90)
    assert rows["ds"].is_unique
    assert all(THROUGH < day <= THROUGH + timedelta(days=90) for day in rows["ds"])
    assert (rows["least_cost"] <= rows["most_cost"]).all()


def test_a_month_of_purchases_is_what_was_bought_and_what_is_due() -> None:
    monthly = bought(["2026-02-05", "2026-03-05", "2026-04-05"], ["9"] * 3)
    later = bought(["2026-02-20", "2026-03-20"], ["4"] * 2, item="other")
    single = bought(["2026-04-02", "2026-04-11"], ["100", "1000"], recurring=False, item="gift")
    everything: Frame = pd.concat([monthly, later, single], ignore_index=True)
    months = purchase_months(everything, schedule(everything, COMPLETE), COMPLETE)
    assert months["known_cost"].tolist()[:2] == [109, 0]
    assert months["p50"].tolist()[:2] == [113, 13]
    assert [str(month.date()) for month in months["month"]][:2] == ["2026-04-01", "2026-05-01"]
