"""Robust day-of-week baseline: a day far above every plausible value is a spike."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.history import Day, History
from orchestration.analytics.detectors.registry import Vote, detector, share_of


@detector("weekday_baseline", kind="spike", rank=3)
def weekday_baseline(history: History, day: Day) -> Vote:
    """Compare the day with the nearest of same-weekday median, recent level and last months."""
    tuning = history.tuning
    size = np.maximum(np.abs(day.expected), 0.25 * np.abs(day.level))
    threshold = np.maximum.reduce(
        [
            tuning.spike_noise * day.noise,
            tuning.spike_tail * history.tail,
            tuning.spike_share * size,
            np.full_like(size, tuning.money),
        ]
    )
    return Vote(np.where(day.ready, share_of(day.surprise, threshold), 0.0))
