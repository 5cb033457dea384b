"""Intervals from errors made on earlier days: no assumption on their distribution.

Errors of all series are pooled in units of each series' own scale, horizon by horizon, so that a
handful of folds is enough. Widening the series that were harder than the rest was measured, and
made the intervals worse: in a handful of folds it is mostly chance who was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from orchestration.analytics.detectors.grid import Floats, Ints, quantile

#: The ends of the 95 and 80 % intervals.
LEVELS = (0.025, 0.1, 0.9, 0.975)
# Horizons at which quantiles are taken; in between they are interpolated.
GRID_STEPS = 24
# Errors `window` days around a horizon stand for it, thinned since neighbours say the same.
THINNED = 7
# What is assumed before any error is known, in units of the series' scale.
ASSUMED = NormalDist()
# Folds overlap and series move together, so pooled errors are fewer than they look.
INDEPENDENT_SHARE = 0.3


@dataclass(frozen=True)
class Bands:
    """Offsets from the median in units of scale: (levels, horizon)."""

    offsets: Floats

    def around(self, path: Floats, scale: Floats) -> list[Floats]:
        """The quantile paths, one matrix per level."""
        return [path + scale[:, None] * offset[None, :] for offset in self.offsets]


def calibrate(residuals: Floats, horizon: int, levels: Sequence[float] = LEVELS) -> Bands:
    """Bands at these levels from residuals[fold, series, step], NaN where unknown."""
    steps = np.unique(np.linspace(1, horizon, min(GRID_STEPS, horizon)).round().astype(np.int64))
    window = max(1, horizon // 12)
    rows = np.full((len(levels), len(steps)), np.nan)
    for position, step in enumerate(steps):
        near = np.unique(
            np.clip(np.linspace(step - window, step + window, THINNED).round(), 1, horizon)
        ).astype(np.int64)
        pool = residuals[:, :, near - 1]
        known = int((~np.isnan(pool).all(axis=2)).sum())
        if known < 2:
            continue
        flat = pool.reshape(-1)
        effective = max(known * INDEPENDENT_SHARE, 2.0)
        for level_position, level in enumerate(levels):
            tail = min(level, 1 - level)
            # The finite-sample correction of conformal prediction, tail by tail.
            tail = max(tail - (1 - 2 * tail) / (2 * effective), 0.0)
            rows[level_position, position] = float(
                quantile(flat, tail if level < 0.5 else 1 - tail)
            )
    return Bands(_complete(rows, levels, steps, horizon))


def _complete(rows: Floats, levels: Sequence[float], steps: Ints, horizon: int) -> Floats:
    """Every step, never narrower than a nearer one; beyond what was seen, by the root of time."""
    every = np.arange(1, horizon + 1)
    out = np.empty((len(levels), horizon))
    for position, level in enumerate(levels):
        known = np.isfinite(rows[position])
        sign = -1.0 if level < 0.5 else 1.0
        if known.any():
            last = steps[known][-1]
            path = np.interp(every, steps[known], rows[position][known])
            path = np.where(every > last, path * np.sqrt(every / last), path)
        else:
            path = ASSUMED.inv_cdf(level) * np.sqrt(1 + every / 28)
        out[position] = sign * np.maximum.accumulate(np.maximum(sign * path, 0.0))
    return out
