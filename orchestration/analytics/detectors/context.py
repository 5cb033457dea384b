"""What the combiner should know about a series before it believes any detector."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.grid import Floats, median
from orchestration.analytics.detectors.history import Day, History
from orchestration.analytics.detectors.registry import share_of

#: An alarm older than this is forgotten. A series older than this is no longer young: its age would
#: only tell the trees on which days the incidents were planted that they learned from.
QUARTER = 91


def context(history: History, day: Day) -> dict[str, Floats]:
    """Scale-free facts: how noisy, how regular, how often it alarmed, how old."""
    t = day.t
    level = np.maximum(np.abs(day.level), 1e-9)
    week = history.middle[:, max(0, t - 6) : t + 1]
    spread = np.fmax.reduce(week, axis=1) - np.fmin.reduce(week, axis=1)
    flags = history.flagged[:, max(0, t - QUARTER) : t]
    starts = np.sum(flags[:, 1:] & ~flags[:, :-1], axis=1) + flags[:, :1].sum(axis=1)
    last = np.argmax(flags[:, ::-1], axis=1) + 1 if t else np.zeros(len(level))
    ago = np.where(flags.any(axis=1), last, QUARTER + 1).astype(np.float64)
    lately = np.nan_to_num(median(np.abs(history.residual[:, max(0, t - 21) : t])))
    month = history.raw[:, max(0, t - 28) : t]
    return {
        "noise_share": history.noise / level,
        "tail_noise": share_of(history.tail, day.noise),
        "low_tail_noise": share_of(history.low_tail, day.noise),
        "noise_lately": share_of(1.4826 * lately, day.noise),
        "memory": history.memory,
        "week_spread": spread / level,
        "silent_share": np.sum(month <= 0.01 * level[:, None], axis=1) / max(month.shape[1], 1),
        "age": np.minimum(t - history.born, QUARTER).astype(np.float64),
        "excused": day.excused.astype(np.float64),
        "alarm_ago": ago,
        "first_of_month": first_of_month(history, t),
        "alarms": starts.astype(np.float64),
    }


def first_of_month(history: History, t: int) -> Floats:
    """1 or 0: a new subscription is mostly charged on the first. Other days mean nothing."""
    date = history.grid.start + np.timedelta64(t, "D")
    return np.asarray(date == date.astype("datetime64[M]"), dtype=np.float64)
