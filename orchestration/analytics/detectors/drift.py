"""Cost that creeps: week after week dearer, more than this series ever crept."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.grid import median
from orchestration.analytics.detectors.history import Day, History
from orchestration.analytics.detectors.registry import Vote, detector, share_of

WEEKS = 5
# Two months ago, in weeks.
LONG = 8


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
    }
    onset = np.full(len(score), max(0, t - 21), dtype=np.int64)
    return Vote(score, rise, onset=onset, evidence=evidence)
