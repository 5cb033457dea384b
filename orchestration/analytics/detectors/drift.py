"""Cost that creeps: week after week dearer, more than this series ever crept."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.grid import Floats, median
from orchestration.analytics.detectors.history import Day, History
from orchestration.analytics.detectors.registry import Vote, detector, share_of

WEEKS = 5
# Two months ago, in weeks.
LONG = 8
# Days of a sum of small excesses, what each must exceed and at most adds, in noise.
CREEP, SLACK, MOST = 28, 0.75, 4.0
# Days of a slope.
SLOPES = (7, 14)


@detector("drift", kind="level_shift", rank=3)
def drift(history: History, day: Day) -> Vote:
    """The rise of the weekly median over three weeks, and the smallest of its steps."""
    tuning, t = history.tuning, day.t
    history.week[:, t] = median(history.usage[:, max(0, t - 6) : t + 1])
    back = [0] * WEEKS if t < 7 * WEEKS else list(range(WEEKS))
    levels = [history.week[:, t - 7 * weeks] for weeks in back]
    rise = np.nan_to_num(levels[0] - levels[3])
    long_rise = np.nan_to_num(levels[0] - levels[4])
    before = history.week[:, t - 7 * LONG] if t >= 7 * (LONG + 1) else levels[0]
    two_months = np.nan_to_num(levels[0] - before)
    steps = np.nan_to_num(np.stack([levels[i] - levels[i + 1] for i in range(3)]))
    peak = history.own_peak("rise", day, rise)
    fall = history.own_peak("fall", day, -rise)
    step_peak = history.own_peak("steady", day, steps.min(axis=0))
    threshold = np.maximum.reduce(
        [
            tuning.drift_noise * day.noise,
            tuning.drift_tail * peak,
            tuning.drift_share * np.abs(day.level),
            np.full_like(day.y, tuning.money),
        ]
    )
    # All three weeks must have risen, and none may carry most of it: that were a shift.
    steady = steps.min(axis=0) > 0.1 * rise
    score = np.where(day.ready & steady, share_of(rise, threshold), 0.0)
    evidence = {
        "rise": rise / day.noise,
        "rise_share": share_of(rise, np.abs(day.level)),
        "rise_peak": share_of(rise, np.maximum(peak, 0.25 * day.noise)),
        "rise_swing": share_of(rise, np.maximum(fall, 0.25 * day.noise)),
        "long_rise": long_rise / day.noise,
        "two_months_rise": two_months / day.noise,
        "steady": steps.min(axis=0) / day.noise,
        "steady_peak": share_of(steps.min(axis=0), np.maximum(step_peak, 0.25 * day.noise)),
        "newest_step": steps[0] / day.noise,
    } | _creep(history, day)
    onset = np.full(len(score), max(0, t - 21), dtype=np.int64)
    return Vote(score, rise, onset=onset, evidence=evidence)


def _creep(history: History, day: Day) -> dict[str, Floats]:
    """Small excesses summed (Page's CUSUM over `CREEP` days), slopes, and how long it has been up.

    A ramp is told by these days before its week is clearly dearer.
    """
    t = day.t
    deviation = np.nan_to_num(history.deviation[:, max(0, t - CREEP + 1) : t + 1])
    before = history.deviation[:, max(0, t - 2 * CREEP + 1) : max(0, t - CREEP + 1)]
    # What grows all the time is ahead of its past at any time.
    ahead = np.maximum(np.nan_to_num(median(before)), 0) if t >= CREEP else np.zeros_like(day.y)
    excess = (deviation - ahead[:, None]) / day.noise[:, None]
    sums = np.cumsum(np.clip(excess - SLACK, -MOST, MOST)[:, ::-1], axis=1)
    longest = np.argmax(sums, axis=1)
    creep = np.maximum(sums[np.arange(len(sums)), longest], 0.0)
    peak = history.own_peak("creep", day, creep * day.noise)
    above = (deviation > day.noise[:, None])[:, ::-1]
    highest = np.fmax.reduce(history.week[:, max(0, t - 91) : max(0, t - 13)], axis=1, initial=0)
    evidence = {
        "creep": creep,
        "creep_peak": share_of(creep * day.noise, np.maximum(peak, day.noise)),
        "creep_often": history.often("creep", day, creep * day.noise),
        "creep_days": np.where(creep > 0, longest + 1.0, 0.0),
        "days_above": np.where(above.all(axis=1), CREEP, np.argmin(above, axis=1)).astype(float),
        "week_above_quarter": (history.week[:, t] - highest) / day.noise,
    }
    for days in SLOPES:
        place = np.arange(days) - (days - 1) / 2
        recent = excess[:, -days:]
        slope = recent @ place / np.sqrt(np.sum(place**2)) if t >= days else np.zeros_like(creep)
        slope_peak = history.own_peak(f"slope_{days}", day, slope * day.noise)
        evidence[f"slope_{days}"] = slope
        evidence[f"slope_{days}_peak"] = share_of(
            slope * day.noise, np.maximum(slope_peak, day.noise)
        )
    return evidence
