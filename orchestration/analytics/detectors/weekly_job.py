"""The same day of the week, again and again dearer: a new job, or a scale-down that stopped."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.history import Day, History
from orchestration.analytics.detectors.registry import Vote, detector, share_of


@detector("weekly_job", kind="level_shift", rank=3)
def weekly_job(history: History, day: Day) -> Vote:
    """The smaller raise of this day and of the same day one and two weeks ago."""
    tuning, t = history.tuning, day.t
    today = history.deviation[:, t]
    ago = [
        history.deviation[:, t - 7 * back] if t >= 7 * back else np.zeros_like(today)
        for back in (1, 2)
    ]
    twice = np.fmin(today, ago[0])
    thrice = np.fmin(twice, ago[1])
    # The rest of the week as it was: then it is the week that changed, not the level.
    rest = history.deviation[:, max(0, t - 6) : t]
    rest_high = np.median(np.nan_to_num(rest), axis=1) if t else np.zeros_like(today)
    peak = history.own_peak("twice", day, twice)
    thrice_peak = history.own_peak("thrice", day, thrice)
    threshold = np.maximum.reduce(
        [
            tuning.weekly_noise * day.noise,
            tuning.weekly_tail * peak,
            tuning.shift_share * np.abs(day.level),
            np.full_like(day.y, tuning.money),
        ]
    )
    score = np.where(day.ready, share_of(twice - np.maximum(rest_high, 0), threshold), 0.0)
    evidence = {
        "twice": twice / day.noise,
        "twice_peak": share_of(twice, np.maximum(peak, 0.25 * day.noise)),
        "thrice": thrice / day.noise,
        "thrice_peak": share_of(thrice, np.maximum(thrice_peak, 0.25 * day.noise)),
        "rest_of_week": rest_high / day.noise,
    }
    onset = np.full(len(score), max(0, t - 7), dtype=np.int64)
    return Vote(score, twice, onset=onset, evidence=evidence)
