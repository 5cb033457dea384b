"""Spend that stops: an alarm only on the third day, since the newest days arrive late."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.history import Day, History
from orchestration.analytics.detectors.registry import Vote, detector, share_of


@detector("drop", kind="drop", rank=1)
def drop(history: History, day: Day) -> Vote:
    """The smallest of the last three days' shortfalls, each against its own threshold."""
    tuning, t = history.tuning, day.t
    threshold = np.maximum.reduce(
        [
            tuning.drop_noise * day.noise,
            tuning.spike_tail * history.low_tail,
            tuning.drop_share * np.abs(day.expected),
            np.full_like(day.y, tuning.money),
        ]
    )
    history.shortfall[:, t] = np.where(day.ready, share_of(-day.surprise, threshold), 0.0)
    start = t - tuning.drop_days + 1
    if start < 0:
        return Vote(np.zeros_like(day.y))
    score = np.nan_to_num(history.shortfall[:, start : t + 1].min(axis=1))
    return Vote(np.maximum(score, 0.0), onset=np.full(len(score), start, dtype=np.int64))
