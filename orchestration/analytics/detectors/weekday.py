"""Robust day-of-week baseline: a day far above every plausible value is a spike."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.detectors.history import Day, History
from orchestration.analytics.detectors.registry import Vote, detector, share_of


@detector("weekday_baseline", kind="spike", rank=4)
def weekday_baseline(history: History, day: Day) -> Vote:
    """Compare the day with the nearest of same-weekday median, recent level and last months."""
    tuning, t = history.tuning, day.t
    surprise = day.surprise
    peak = history.own_peak("surprise", day, surprise)
    threshold = np.maximum.reduce(
        [
            tuning.spike_noise * day.noise,
            tuning.spike_tail * history.tail,
            tuning.spike_share * day.size,
            np.full_like(day.y, tuning.money),
        ]
    )
    score = np.where(day.ready, share_of(surprise, threshold), 0.0)
    past = history.surprise[:, max(0, t - tuning.tail_days) : t]
    # How many days of the last half year were as surprising, and half as surprising.
    equal = np.sum(past >= surprise[:, None], axis=1).astype(np.float64)
    half = np.sum(past >= 0.5 * surprise[:, None], axis=1).astype(np.float64)
    before = history.usage[:, max(0, t - 91) : t]
    month, quarter = (_highest(before[:, -days:]) for days in (28, 91))
    yesterday = history.surprise[:, t - 1] if t else np.zeros_like(surprise)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Anything is infinitely much of nothing; the combiner sees it clipped.
        share = surprise / day.size
    evidence = {
        "surprise": surprise / day.noise,
        "surprise_share": share,
        "surprise_tail": share_of(surprise, np.maximum(history.tail, 0.25 * day.noise)),
        "surprise_peak": share_of(surprise, np.maximum(peak, 0.25 * day.noise)),
        "surprise_base": (day.y - day.base) / day.noise,
        "surprise_equal": equal,
        "surprise_half": half,
        "surprise_before": yesterday / day.noise,
        "above_month": (day.y - month) / day.noise,
        "above_quarter": (day.y - quarter) / day.noise,
        "step": (day.y - (history.raw[:, t - 1] if t else day.y)) / day.noise,
    }
    return Vote(score, surprise, evidence=evidence)


def _highest(values: Floats) -> Floats:
    return np.asarray(np.fmax.reduce(values, axis=1, initial=-np.inf))
