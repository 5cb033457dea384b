"""Change points as of today: exact PELT (ruptures) on the deseasonalised, clean history."""

from __future__ import annotations

import numpy as np
import ruptures

from orchestration.analytics.detectors.grid import Floats, median, quantile
from orchestration.analytics.detectors.history import Day, History
from orchestration.analytics.detectors.registry import Vote, detector

# A change point younger than this is a spike until proven; older ones were judged before.
YOUNGEST, OLDEST = 5, 21


@detector("change_point", kind="level_shift", rank=2)
def change_point(history: History, day: Day) -> Vote:
    """Segment the last quarter of the series whose last days look raised, and no others."""
    tuning, t = history.tuning, day.t
    score = np.zeros_like(day.y)
    onset = np.full(len(score), t, dtype=np.int64)
    delta = np.full(len(score), np.nan)
    if t < tuning.min_history + YOUNGEST:
        return Vote(score)
    usage = np.where(day.excused, day.base, day.y)
    today = usage - history.middle[:, t]
    recent = np.column_stack([history.deviation[:, t - YOUNGEST + 1 : t], today])
    hint = median(recent)
    worth = np.maximum(tuning.shift_share * np.abs(day.level), tuning.money)
    raised = day.ready & (hint > worth) & (hint > tuning.cp_noise * day.noise)
    raised &= hint > tuning.shift_tail * np.nan_to_num(_own_history(history, t))
    past = np.column_stack([history.window(history.deviation, t, tuning.cp_window), today])
    for row in np.flatnonzero(raised):
        jump, age = _last_jump(past[row], float(day.noise[row]), tuning.cp_penalty)
        if YOUNGEST <= age <= OLDEST and jump > 0:
            threshold = max(float(worth[row]), tuning.cp_noise * float(day.noise[row]))
            score[row] = jump / threshold
            onset[row] = t - age + 1
            delta[row] = jump
    return Vote(score, onset=onset, delta=delta)


def _last_jump(values: Floats, noise: float, penalty: float) -> tuple[float, int]:
    """Height of the last change of mean, and the number of days since; (0, 0) without one."""
    signal = values[np.isfinite(values)]
    if len(signal) < 2 * YOUNGEST or noise <= 0:
        return 0.0, 0
    # Clipped, so that one day of a hundred noise units is not a segment of its own.
    scaled = np.clip(signal / noise, -20, 20)
    search = ruptures.KernelCPD(kernel="linear", min_size=3).fit(scaled)
    ends = search.predict(pen=penalty * float(np.log(len(signal))))
    if len(ends) < 2:
        return 0.0, 0
    last = ends[-2]
    first = ends[-3] if len(ends) > 2 else 0
    jump = float(np.median(signal[last:]) - np.median(signal[first:last]))
    return jump, len(signal) - last


def _own_history(history: History, t: int) -> Floats:
    """The largest such raise of the last half year, the newest three weeks left out."""
    past = history.window(history.deviation, t - OLDEST, history.tuning.tail_days)
    if past.shape[1] < YOUNGEST:
        return np.zeros(past.shape[0])
    rolled = np.lib.stride_tricks.sliding_window_view(past, YOUNGEST, axis=1)[:, ::2]
    return quantile(median(rolled), history.tuning.shift_quantile)
