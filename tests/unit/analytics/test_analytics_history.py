"""Promises of the detectors' history: what is learned, how soon, and what is not excused twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from orchestration.analytics.detectors import DEFAULT, detect
from orchestration.analytics.detectors.combiner import rules
from orchestration.analytics.detectors.ensemble import Run
from orchestration.analytics.detectors.grid import to_grid

# pandas-stubs reject arithmetic on a .loc selection, so frames are Any in these tests.
Frame = Any
Make = Callable[..., Frame]


def judged(frame: Frame) -> Run:
    """All days of a frame of one series, by the rules alone: no trained file decides here."""
    run = Run(to_grid(frame), DEFAULT, rules)
    for t in range(run.grid.days):
        run.step(t)
    return run


def test_the_week_of_a_young_series_is_known_after_six_weeks(make: Make) -> None:
    frame = make(days=60)
    frame.loc[frame["ds"].dt.day_of_week >= 5, "y"] *= 0.2
    run = judged(frame)
    assert run.history.middle[0, 42:] == pytest.approx(frame["y"].to_numpy()[42:], rel=0.1)
    assert run.history.noise[0] < 5


def test_a_weekly_job_is_expected_three_weeks_after_its_alarm(make: Make) -> None:
    frame = make()
    job = (frame["ds"].dt.day_of_week == 2) & (frame.index >= 150)
    frame.loc[job, "y"] += 90
    run = judged(frame)
    first = int(np.flatnonzero(job)[0])
    told = np.flatnonzero(run.flag[0])
    assert told.min() == first
    assert told.max() <= first + 21
    assert run.history.middle[0, first + 28 :: 7] == pytest.approx(190, rel=0.1)


def test_week_and_noise_grow_with_a_level_that_is_a_multiple(make: Make) -> None:
    frame = make()
    frame.loc[150:, "y"] *= 20
    run = judged(frame)
    assert run.history.middle[0, 180:] == pytest.approx(frame["y"].to_numpy()[180:], rel=0.12)
    assert 10 < run.history.noise[0] < 100, "two per cent of 2000, as before of 100"


def test_a_level_that_is_added_leaves_the_week_as_it_was(make: Make) -> None:
    frame = make()
    frame.loc[150:, "y"] += 200
    run = judged(frame)
    assert run.history.middle[0, 180:] == pytest.approx(frame["y"].to_numpy()[180:], rel=0.06)
    assert run.history.noise[0] < 5


def test_a_fee_charged_yesterday_does_not_excuse_another_today(make: Make) -> None:
    frame = make()
    frame.loc[frame["ds"].dt.day == 3, "y"] += 120
    again = frame.index[frame["ds"] == "2025-08-04"]
    frame.loc[again, "y"] += 120
    found = detect(frame, combiner=rules)
    told = found.loc[found["flag"] & (found["ds"] >= "2025-03-10"), "ds"]
    assert told.tolist() == frame.loc[again, "ds"].tolist()


def test_a_fee_may_come_a_day_late(make: Make) -> None:
    frame = make()
    fee = frame["ds"].dt.day == 3
    late = frame["ds"] == "2025-08-04"
    fee = (fee & (frame["ds"] != "2025-08-03")) | late
    frame.loc[fee, "y"] += 120
    found = detect(frame, combiner=rules)
    assert not found.loc[found["ds"] >= "2025-03-10", "flag"].any()


def evidence_on(frame: Frame, name: str, day: int) -> float:
    """What the detectors hand to the combiner on one day."""
    run = Run(to_grid(frame), DEFAULT, rules)
    for t in range(day):
        run.step(t)
    today = run.history.look(day)
    said = {k: v for d in run.detectors for k, v in d.judge(run.history, today).evidence.items()}
    return float(said[name][0])


def test_small_excesses_add_up_before_the_week_is_dearer(make: Make) -> None:
    frame = make()
    frame.loc[200:, "y"] *= 1 + 0.004 * np.arange(len(frame) - 200)
    assert evidence_on(frame, "creep", 199) < 3
    assert evidence_on(frame, "creep", 216) > 8


def test_one_old_incident_makes_no_habit(make: Make) -> None:
    once, often = make(), make()
    once.loc[100:101, "y"] += 60
    for start in range(60, 180, 20):
        often.loc[start : start + 1, "y"] += 60
    for frame in (once, often):
        frame.loc[200:201, "y"] += 60
    assert evidence_on(once, "level_2_often", 201) <= 2
    assert evidence_on(often, "level_2_often", 201) >= 5
