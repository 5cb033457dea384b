"""Promises of `detect`: what alarms, what stays silent, and that the future is never used."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.analytics.detectors import (
    DETECTORS,
    SeriesError,
    detect,
    detector,
    ensemble,
)

# pandas-stubs reject arithmetic on a .loc selection, so frames are Any in these tests.
Frame = Any
Make = Callable[..., Frame]


def alarms(frame: Frame) -> Frame:
    found = detect(frame)
    return found[found["flag"]]


def test_quiet_series_with_cheap_weekends_raises_no_alarm(make: Make) -> None:
    frame = pd.concat([make(f"s{i}", seed=i) for i in range(20)])
    assert alarms(frame).empty


def test_spike_is_flagged_on_its_day_only(make: Make) -> None:
    frame = make()
    frame.loc[200, "y"] += 150
    found = alarms(frame)
    assert found["ds"].tolist() == [frame["ds"][200]]
    assert found["kind"].tolist() == ["spike"]
    assert found["expected"].iloc[0] == pytest.approx(100, rel=0.4)


def test_level_shift_is_one_alarm_and_the_new_level_becomes_normal(make: Make) -> None:
    frame = make()
    frame.loc[200:, "y"] += 60
    days = alarms(frame)["ds"].map(lambda d: (d - frame["ds"][200]).days)
    assert days.min() == 0
    assert days.max() <= 13, "the same shift must not be told again for weeks"


@pytest.mark.parametrize("day", [150, 262, 345, 400, 520, 700])
def test_no_day_of_a_series_life_is_too_late_for_an_alarm(make: Make, day: int) -> None:
    """The trees learned from series of a year; what they know of its calendar must not count."""
    spiked, shifted = make(days=730), make(days=730)
    spiked.loc[day, "y"] += 150
    shifted.loc[day:, "y"] += 150
    for frame in (spiked, shifted):
        assert list(alarms(frame)["ds"])[:1] == [frame.loc[day, "ds"]]


def test_shift_too_small_for_a_spike_is_found_by_its_persistence(make: Make) -> None:
    frame = make(noise=0.04, seed=4)
    frame.loc[200:, "y"] *= 1.18
    found = alarms(frame)
    assert "level_shift" in set(found["kind"])
    assert 0 <= (found["ds"].min() - frame["ds"][200]).days <= 10


def test_drop_alarms_on_the_third_day_and_not_before(make: Make) -> None:
    frame = make()
    frame.loc[200:206, "y"] = 1.0
    found = alarms(frame)
    assert found["ds"].min() == frame["ds"][202]
    assert found["kind"].iloc[0] == "drop"
    assert found["onset"].iloc[0] == frame["ds"][200]


@pytest.mark.parametrize("missing", [1, 2])
def test_incomplete_newest_days_never_alarm(make: Make, missing: int) -> None:
    frame = make()
    frame.loc[len(frame) - missing :, "y"] *= 0.1
    assert alarms(frame).empty


def test_new_spend_after_four_silent_weeks_is_found_once(make: Make) -> None:
    frame = make()
    frame.loc[:149, "y"] = 0.0
    found = alarms(frame)
    assert found["kind"].iloc[0] == "new_spend"
    assert found["ds"].min() == frame["ds"][150]
    assert (found["ds"].max() - frame["ds"][150]).days <= 13


@pytest.mark.parametrize("day", [1, 15, 29, 30, 31])
def test_recurring_monthly_fee_raises_no_alarm(make: Make, day: int) -> None:
    """Not even in the first February: what is due on the 30th falls on a shorter month's last."""
    frame = make(days=400)
    ends = frame["ds"].dt.days_in_month
    frame.loc[frame["ds"].dt.day == np.minimum(day, ends), "y"] += 300
    assert alarms(frame).empty


def test_fee_on_an_otherwise_silent_series_is_new_only_the_first_time(make: Make) -> None:
    frame = make(days=400)
    frame["y"] = 0.0
    fee = (frame["ds"].dt.day == 3) & (frame["ds"] > frame["ds"][100])
    frame.loc[fee, "y"] = 50.0
    assert alarms(frame)["ds"].tolist() == [frame.loc[fee, "ds"].iloc[0]]


def test_a_new_weekly_job_is_found_within_two_weeks(make: Make) -> None:
    frame = make()
    saturday = frame["ds"].dt.day_of_week == 5
    frame.loc[saturday & (frame.index >= 200), "y"] += 40
    found = alarms(frame)
    assert 0 <= (found["ds"].min() - frame["ds"][200]).days <= 14


def test_a_creeping_rise_is_found_before_it_has_ended(make: Make) -> None:
    frame = make()
    frame["y"] += 60 * np.clip((np.arange(300) - 200) / 30, 0, 1)
    found = alarms(frame)
    assert 0 < (found["ds"].min() - frame["ds"][200]).days <= 30


def test_a_small_shift_is_dated_back_to_its_first_day(make: Make) -> None:
    frame = make(noise=0.04, seed=4)
    frame.loc[200:, "y"] *= 1.18
    found = alarms(frame)
    first = found[found["kind"] == "level_shift"].iloc[0]
    assert first["ds"] > frame["ds"][200]
    assert abs((first["onset"] - frame["ds"][200]).days) <= 1


def test_impact_is_a_day_of_a_spike_and_a_month_of_what_lasts(make: Make) -> None:
    spike, shift = make(), make("t")
    spike.loc[200, "y"] += 150
    shift.loc[:149, "y"] = 0.0
    found = alarms(pd.concat([spike, shift])).groupby("series_id").first()
    assert found["impact"]["s"] == pytest.approx(150, rel=0.1)
    assert found["impact"]["t"] == pytest.approx(30 * shift["y"][150], rel=0.01)


def test_the_size_of_the_blocks_does_not_matter(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Series are judged block by block, so that memory does not grow with their number."""
    frame = pd.concat(
        [make(f"s{i}", days=120 + 20 * i, seed=i, noise=0.3) for i in range(5)], ignore_index=True
    )
    whole = detect(frame)
    monkeypatch.setattr(ensemble, "BLOCK", 2)
    pd.testing.assert_frame_equal(detect(frame), whole)


def test_slow_growth_raises_no_alarm(make: Make) -> None:
    frame = make()
    frame["y"] *= 1.002 ** np.arange(len(frame))
    assert alarms(frame).empty


def test_spikes_worth_less_than_the_least_money_stay_silent(make: Make) -> None:
    frame = make(level=0.05)
    frame.loc[200, "y"] = 0.4
    assert alarms(frame).empty


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(40, 210))
def test_removing_the_future_never_changes_past_rows(seed: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    ds = pd.date_range("2024-03-01", periods=220, freq="D")
    parts = []
    for i in range(2):
        y = 50 * np.exp(0.2 * rng.standard_normal(220)) + 100 * (rng.random(220) < 0.02)
        y[rng.integers(60, 210) :] *= rng.uniform(0.2, 3)
        parts.append(pd.DataFrame({"series_id": f"s{i}", "ds": ds, "y": y}))
    frame = pd.concat(parts)
    full = detect(frame)
    past = detect(frame[frame["ds"] < ds[cut]])
    before = full[full["ds"] < ds[cut]].reset_index(drop=True)
    pd.testing.assert_frame_equal(past, before)


def test_other_series_do_not_change_a_verdict(make: Make) -> None:
    frame = make()
    frame.loc[200, "y"] += 150
    alone = detect(frame)
    beside = detect(pd.concat([make("a", days=90, seed=3), frame, make("z", days=420, seed=4)]))
    same = beside[beside["series_id"] == "s"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, same)


def test_same_input_gives_same_output_in_any_row_order(make: Make) -> None:
    frame = pd.concat([make(f"s{i}", seed=i, noise=0.2) for i in range(5)])
    shuffled = frame.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(detect(frame), detect(shuffled))


def test_a_gap_names_the_series_and_the_remedy(make: Make) -> None:
    frame = make().drop(index=50)
    with pytest.raises(SeriesError, match=r"'s' at 2025-02-21.*for 2025-02-20.*build_series"):
        detect(frame)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SeriesError, match="'y' is missing"):
        detect(pd.DataFrame({"series_id": ["a"], "ds": [pd.Timestamp("2025-01-01")]}))


def test_no_rows_give_no_rows() -> None:
    empty = pd.DataFrame({"series_id": [], "ds": pd.to_datetime([]), "y": []})
    assert detect(empty).empty


def test_a_detector_cannot_be_registered_twice() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        detector("drop", kind="drop", rank=1)(DETECTORS["drop"].judge)


def test_sixty_series_of_fourteen_months_are_judged_in_seconds(make: Make) -> None:
    frame = pd.concat([make(f"s{i}", days=420, seed=i, noise=0.1) for i in range(60)])
    started = time.process_time()
    detect(frame)
    # 2 s of processor time are usual; the margin is for slower machines.
    assert time.process_time() - started < 10
