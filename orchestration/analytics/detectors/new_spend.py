"""The first money on a series that was silent for four weeks."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.history import Day, History
from orchestration.analytics.detectors.registry import Vote, detector, share_of


@detector("new_spend", kind="new_spend", rank=0)
def new_spend(history: History, day: Day) -> Vote:
    """Spend after silence; a fee that comes once a month is expected, not new."""
    tuning, t = history.tuning, day.t
    if t < tuning.silent_days:
        return Vote(np.zeros_like(day.y), np.zeros_like(day.y))
    before = np.abs(history.raw[:, t - tuning.silent_days : t]).max(axis=1)
    silent = before <= 0.01 * np.abs(day.y)
    score = share_of(day.surprise, np.full_like(day.y, tuning.money))
    return Vote(np.where(day.active & silent, score, 0.0), day.surprise)
