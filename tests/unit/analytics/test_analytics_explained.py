"""Promises of `set_aside_explained`: a fee of the quarter, half-year or year is news once, a busy
end of the quarter twice, and what was only late is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from orchestration.analytics.detectors import detect
from orchestration.analytics.explained import set_aside_explained

Frame = Any
Make = Callable[..., Frame]


def charged(frame: Frame, days: dict[str, float]) -> Frame:
    for day, amount in days.items():
        frame.loc[frame["ds"] == day, "y"] += amount
    return frame


def told(frame: Frame) -> list[str]:
    flags = set_aside_explained(detect(frame), frame)
    return [str(day.date()) for day in flags.loc[flags["flag"], "ds"]]


@pytest.mark.parametrize(
    "days",
    [
        ["2025-04-10", "2025-07-10", "2025-10-10", "2026-01-10"],
        ["2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31"],
        ["2025-04-01", "2025-07-01", "2025-10-03", "2026-01-02"],
        ["2025-05-20", "2025-11-20"],
        ["2025-04-05", "2026-04-05"],
    ],
    ids=["quarterly", "ends of quarters", "after week-ends", "half-yearly", "yearly"],
)
@pytest.mark.parametrize("level", [100.0, 0.0], ids=["on top", "alone"])
def test_a_fee_that_comes_again_is_told_the_first_time_only(
    make: Make, days: list[str], level: float
) -> None:
    frame = charged(make(days=500, level=level), dict.fromkeys(days, 400.0))
    assert set(days) <= set(detect(frame).query("flag")["ds"].astype(str)), "detectors alarm"
    assert told(frame) == days[:1]


@pytest.mark.parametrize(
    "later", [{"2025-07-10": 800.0}, {"2025-07-20": 400.0}, {"2025-08-10": 400.0}]
)
def test_another_amount_or_another_day_is_told(make: Make, later: dict[str, float]) -> None:
    frame = charged(make(days=300), {"2025-04-10": 400.0} | later)
    assert told(frame) == ["2025-04-10", *later]


def test_what_stays_dearer_from_a_billing_day_on_is_told(make: Make) -> None:
    frame = charged(make(days=300), {"2025-04-10": 60.0})
    frame.loc[frame["ds"] >= "2025-07-10", "y"] += 60
    assert any(day >= "2025-07-10" for day in told(frame))


def test_no_day_is_excused_by_a_later_one(make: Make) -> None:
    frame = charged(make(days=300), dict.fromkeys(["2025-04-10", "2025-07-10"], 400.0))
    assert told(frame[frame["ds"] <= "2025-05-01"]) == told(frame) == ["2025-04-10"]


@pytest.mark.parametrize("missing", [1, 2, 3])
@pytest.mark.parametrize(("more", "told_on"), [(1.0, []), (2.0, ["2025-08-13"])])
def test_days_that_are_caught_up_are_told_only_if_more_came(
    make: Make, missing: int, more: float, told_on: list[str]
) -> None:
    frame = make(days=240)
    last = frame.index[frame["ds"] == "2025-08-13"][0]
    late = frame.index[last - missing : last]
    frame.loc[last, "y"] += more * frame.loc[late, "y"].sum()
    frame.loc[late, "y"] = 0.0
    assert [day for day in told(frame) if day == "2025-08-13"] == told_on


def busy(frame: Frame, days: int, times: float, since: str = "2025-01-01") -> Frame:
    left = (frame["ds"] + pd.offsets.QuarterEnd(0) - frame["ds"]).dt.days
    frame.loc[(left < days) & (frame["ds"] >= since), "y"] *= times
    return frame


@pytest.mark.parametrize(("days", "times"), [(3, 1.6), (5, 2.5), (8, 1.6), (8, 2.5), (10, 2.5)])
def test_busy_ends_of_quarters_and_their_being_over_are_told_twice_at_most(
    make: Make, days: int, times: float
) -> None:
    frame = busy(make(days=640, noise=0.04), days, times)
    assert told(frame)[-1] < "2025-08-01", "of March and June"


@pytest.mark.parametrize("days", [2, 9])
def test_what_is_used_at_ends_of_quarters_only_is_told_twice(make: Make, days: int) -> None:
    frame = make(days=640, noise=0.04)
    left = (frame["ds"] + pd.offsets.QuarterEnd(0) - frame["ds"]).dt.days
    frame.loc[left >= days, "y"] = 0.0
    assert {day[:7] for day in told(frame)} == {"2025-03", "2025-06"}
    frame.loc[(left < days) & (frame["ds"] > "2026-01-01"), "y"] *= 3
    dearer = {"2026-03", "2026-06"}
    assert {day[:7] for day in told(frame)} == {"2025-03", "2025-06"} | dearer, "as news, twice"


def test_what_is_no_third_busy_end_is_told(make: Make) -> None:
    second = told(busy(make(days=400, noise=0.04), 5, 2.5, since="2025-09-01"))
    assert {day[:7] for day in second} == {"2025-09", "2025-12"}
    much_more = busy(busy(make(days=400, noise=0.04), 5, 1.6), 5, 2.5, since="2025-12-01")
    assert any(day > "2025-12-01" for day in told(much_more))
    stays = busy(make(days=400, noise=0.04), 8, 2.5)
    stays.loc[stays["ds"] > "2025-12-31", "y"] *= 2.5
    assert any(day > "2025-12-01" for day in told(stays))
    assert not any(day > "2025-12-01" for day in told(stays[stays["ds"] <= "2026-01-02"]))
