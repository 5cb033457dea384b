"""A new level: 2, 3, 7 and 14 days together, against the series' own history of that statistic."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.grid import Floats, median
from orchestration.analytics.detectors.history import Day, History
from orchestration.analytics.detectors.registry import Vote, detector, share_of

# Window in days, and how many of its days may be low: nearly all must be high.
WINDOWS = ((2, 0), (3, 0), (7, 1), (14, 3))
# Windows that also count how often the like was seen.
OFTEN = (2, 7)
# What a jump is measured from: two weeks before the days that jumped.
BEFORE = 14


@detector("level_shift", kind="level_shift", rank=2)
def level_shift(history: History, day: Day) -> Vote:
    """The strongest of the windows; each also as a jump from the two weeks before."""
    tuning, t = history.tuning, day.t
    best = np.zeros_like(day.y)
    onset = np.full(len(best), t, dtype=np.int64)
    amount, span = np.zeros_like(best), np.ones_like(best)
    evidence: dict[str, Floats] = {}
    for width, spared in WINDOWS:
        recent = history.deviation[:, max(0, t - width + 1) : t + 1]
        if recent.shape[1] < width:
            level = jump = np.zeros_like(best)
        else:
            level = np.sort(recent, axis=1)[:, spared]
            earlier = history.deviation[:, max(0, t - width - BEFORE + 1) : t - width + 1]
            jump = level - np.nan_to_num(median(earlier))
        peak = history.own_peak(f"level_{width}", day, level)
        jump_peak = history.own_peak(f"jump_{width}", day, jump)
        threshold = np.maximum.reduce(
            [
                tuning.shift_noise * day.noise / np.sqrt(width / 3),
                tuning.shift_tail * peak,
                tuning.shift_share * np.abs(day.level),
                np.full_like(best, tuning.money),
            ]
        )
        score = np.where(day.ready, share_of(level, threshold), 0.0)
        better = score > best
        best = np.where(better, score, best)
        onset = np.where(better, t - width + 1, onset)
        # Nearly all of more days is more than nearly all of fewer.
        clearer = level * np.sqrt(width) > amount * np.sqrt(span)
        amount, span = np.where(clearer, level, amount), np.where(clearer, width, span)
        evidence |= {
            f"level_{width}": level / day.noise,
            f"level_{width}_peak": share_of(level, np.maximum(peak, 0.25 * day.noise)),
            f"jump_{width}": jump / day.noise,
            f"jump_{width}_peak": share_of(jump, np.maximum(jump_peak, 0.25 * day.noise)),
        }
        if width in OFTEN:
            evidence |= {
                f"level_{width}_often": history.often(f"level_{width}", day, level),
                f"jump_{width}_often": history.often(f"jump_{width}", day, jump),
            }
        if width in (3, 7):
            evidence[f"level_{width}_share"] = share_of(level, np.abs(day.level))
    return Vote(best, amount, onset=onset, evidence=evidence)
