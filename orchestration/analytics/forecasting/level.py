"""A drop that lasts: what a series cost before it says nothing of what it will cost.

Without this, a long memory (the median of twelve weeks) draws the forecast back to a level that
is gone. Rises are left alone: they are mostly events that fade. What has fallen to nothing at all
is known sooner: it has stopped.
"""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.grid import Bools, Floats
from orchestration.analytics.forecasting.panel import Panel

# After 28 days a new level is the new normal, as for findings; it is held against as many before.
SHORTEST, BEFORE = 28, 28
# An older one is in no memory but the yearly trend, which a median guards.
LONGEST = 98
# What counts as another level: this share of the old one is gone, and so many usual deviations.
SHARE, DEVIATIONS = 0.25, 4.0
# This share of the days on either side keeps to its side of the middle between the levels.
APART = 0.95
# Either side is flat: its halves differ by at most this share of the drop. Else it is a slope, or
# already on its way back.
FLAT = 0.15
# What cost nothing for a fortnight has stopped, if it never was silent for half as long before, and
# was there for twice as long.
SILENT, LONGER, KNOWN = np.timedelta64(14, "D"), 2, 2
NOTHING = 1e-9


def rebased(values: Floats, level: Floats) -> Floats:
    """History with the days before a lasting drop scaled to the level after it.

    `level` is the history without its weekday profile; NaN where unknown.
    """
    days = values.shape[1]
    clear, ratio, length = (np.full(values.shape[0], start) for start in (0.0, 1.0, 0.0))
    for after in range(SHORTEST, min(LONGEST, days - BEFORE) + 1):
        new, old = level[:, days - after :], level[:, days - after - BEFORE : days - after]
        high, low = _mean(old), _mean(new)
        drop = high - low
        rows = np.flatnonzero((high > 0) & (low >= 0) & (drop > SHARE * high))
        if not len(rows):
            continue
        new, old, high, low, drop = new[rows], old[rows], high[rows], low[rows], drop[rows]
        middle = (0.5 * (high + low))[:, None]
        usual = np.maximum(_mean(np.abs(new - low[:, None])), _mean(np.abs(old - high[:, None])))
        distance = drop / np.maximum(usual, 1e-9 * high)
        lasting = (
            (distance > DEVIATIONS)
            & (_share(new < middle, new) >= APART)
            & (_share(old > middle, old) >= APART)
            & (_slope(new) <= FLAT * drop)
            & (_slope(old) <= FLAT * drop)
            & (distance > clear[rows])
        )
        found = rows[lasting]
        clear[found], length[found] = distance[lasting], after
        ratio[found] = (low / high)[lasting]
    earlier = np.arange(days)[None, :] < (days - length)[:, None]
    return np.where(earlier, values * ratio[:, None], values)


def stopped(panel: Panel) -> Bools:
    """Series that were always there, and have been at zero for a fortnight or more.

    Zeros before a series' first value are none of its own; what is often silent has not stopped.
    """
    silence = max(int(np.ceil(SILENT / panel.step)), 1)
    found = np.zeros(len(panel.values), dtype=bool)
    there = np.abs(panel.values) > NOTHING  # NaN is not
    for row in np.flatnonzero(there.any(axis=1) & ~there[:, -silence:].any(axis=1)):
        seen = np.flatnonzero(there[row])
        now = panel.days - 1 - seen[-1]
        before = int(np.diff(seen).max(initial=1)) - 1
        found[row] = now >= LONGER * before and seen[-1] - seen[0] >= KNOWN * silence
    return found


def _mean(values: Floats) -> Floats:
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.asarray(total / np.where(known.any(axis=1), known.sum(axis=1), np.nan))


def _share(true: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], of: Floats) -> Floats:
    known = np.isfinite(of).sum(axis=1)
    return np.asarray(true.sum(axis=1) / np.maximum(known, 1), dtype=np.float64)


def _slope(values: Floats) -> Floats:
    half = values.shape[1] // 2
    return np.asarray(np.abs(_mean(values[:, :half]) - _mean(values[:, half:])))
