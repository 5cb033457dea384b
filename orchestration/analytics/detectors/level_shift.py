"""A new level: 3, 7 and 14 days together, against the series' own history of that statistic."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.grid import Floats, median, quantile
from orchestration.analytics.detectors.history import Day, History
from orchestration.analytics.detectors.registry import Vote, detector, share_of

# Window in days, and the quantile of the window's deviations that must be high: nearly all days.
WINDOWS = ((3, 0.0), (7, 0.2), (14, 0.25))


@detector("level_shift", kind="level_shift", rank=2)
def level_shift(history: History, day: Day) -> Vote:
    """The strongest of the windows; from seven days on the level is taken as the new one."""
    tuning, t = history.tuning, day.t
    best = np.zeros_like(day.y)
    onset = np.full(len(best), t, dtype=np.int64)
    delta = np.full(len(best), np.nan)
    for width, q in WINDOWS:
        if t < tuning.min_history + width:
            continue
        recent = np.column_stack(
            [history.window(history.deviation, t, width - 1), _today(history, day)]
        )
        statistic = quantile(recent, q)
        own = quantile(_own_history(history, t, width, q), tuning.shift_quantile)
        threshold = np.maximum.reduce(
            [
                tuning.shift_noise * day.noise / np.sqrt(width / 3),
                tuning.shift_tail * np.nan_to_num(own),
                tuning.shift_share * np.abs(day.level),
                np.full_like(best, tuning.money),
            ]
        )
        score = np.where(day.ready, share_of(statistic, threshold), 0.0)
        better = score > best
        best = np.where(better, score, best)
        onset = np.where(better, t - width + 1, onset)
        stays = better & (width >= 7)
        delta = np.where(stays, median(recent), np.where(better, np.nan, delta))
    return Vote(best, onset=onset, delta=delta)


def _today(history: History, day: Day) -> Floats:
    value = np.where(day.excused, day.base, day.y)
    return np.asarray(value - history.middle[:, day.t], dtype=np.float64)


def _own_history(history: History, t: int, width: int, q: float) -> Floats:
    """The statistic on earlier days, every third day (it is smooth), the last window left out."""
    past = history.window(history.deviation, t - width, history.tuning.tail_days)
    if past.shape[1] < width:
        return np.full((past.shape[0], 1), np.nan)
    rolled = np.lib.stride_tricks.sliding_window_view(past, width, axis=1)[:, ::3]
    return quantile(rolled, q)
