"""Spend that stops: an alarm only on the third day, since the newest days arrive late."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.history import Day, History
from orchestration.analytics.detectors.registry import Vote, detector, share_of


@detector("drop", kind="drop", rank=1)
def drop(history: History, day: Day) -> Vote:
    """The smallest of the last days' shortfalls, each against its own threshold."""
    tuning, t = history.tuning, day.t
    start = t - tuning.drop_days + 1
    nothing = np.zeros_like(day.y)
    if start < 0:
        return Vote(nothing, nothing, evidence=dict.fromkeys(EVIDENCE, nothing))
    expected = history.floor[:, start : t + 1]
    missing = expected - history.usage[:, start : t + 1]
    least = np.nan_to_num(missing.min(axis=1))
    peak = history.own_peak("missing", day, least)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        kept = np.nan_to_num(np.max(1 - missing / expected, axis=1), nan=1.0)
    share = np.where(np.isfinite(kept), 1 - kept, 0.0)
    threshold = np.maximum.reduce(
        [
            tuning.drop_noise * day.noise,
            tuning.drop_tail * peak,
            np.full_like(day.y, tuning.money),
        ]
    )
    # A day that was expected to cost next to nothing has no share worth the name.
    share = np.clip(share, -1e6, 1e6)
    score = np.minimum(share_of(least, threshold), share / tuning.drop_share)
    score = np.where(day.ready, np.maximum(score, 0.0), 0.0)
    evidence = dict(
        zip(
            EVIDENCE,
            (
                least / day.noise,
                share,
                share_of(least, np.maximum(history.low_tail, 0.25 * day.noise)),
                share_of(least, np.maximum(peak, 0.25 * day.noise)),
            ),
            strict=True,
        )
    )
    onset = np.full(len(score), start, dtype=np.int64)
    return Vote(score, -least, onset=onset, evidence=evidence)


EVIDENCE = ("missing", "missing_share", "missing_tail", "missing_peak")
