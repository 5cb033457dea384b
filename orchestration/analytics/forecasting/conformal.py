"""Intervals from errors made on earlier days: no assumption on their distribution.

Errors of all series are pooled in units of each series' own scale, horizon by horizon, so that a
handful of folds is enough. Old errors count less than new ones: how hard the times are changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from orchestration.analytics.detectors.grid import Floats, Ints

#: The ends of the 95 and 80 % intervals.
LEVELS = (0.025, 0.1, 0.9, 0.975)
# Horizons at which quantiles are taken; in between they are interpolated.
GRID_STEPS = 24
# Errors `window` days around a horizon stand for it, thinned since neighbours say the same.
THINNED = 7
# What is assumed before any error is known, in units of the series' scale.
ASSUMED = NormalDist()


@dataclass(frozen=True)
class Bands:
    """Offsets from the median in units of scale: (levels, horizon)."""

    offsets: Floats

    def around(self, path: Floats, scale: Floats) -> list[Floats]:
        """The quantile paths, one matrix per level."""
        return [path + scale[:, None] * offset[None, :] for offset in self.offsets]


def calibrate(
    residuals: Floats,
    horizon: int,
    levels: Sequence[float] = LEVELS,
    weights: Floats | None = None,
) -> Bands:
    """Bands at these levels from residuals[fold, series, step], NaN where unknown.

    `weights` say how much each fold's errors count; by default all count the same.
    """
    counts = np.ones(len(residuals)) if weights is None else weights
    steps = np.unique(np.linspace(1, horizon, min(GRID_STEPS, horizon)).round().astype(np.int64))
    window = max(1, horizon // 12)
    rows = np.full((len(levels), len(steps)), np.nan)
    for position, step in enumerate(steps):
        near = np.unique(
            np.clip(np.linspace(step - window, step + window, THINNED).round(), 1, horizon)
        ).astype(np.int64)
        pool = residuals[:, :, near - 1]
        judged = (~np.isnan(pool).all(axis=2)).sum(axis=1) * 1.0
        if judged.sum() < 2:
            continue
        # As many errors of equal weight would tell as much.
        effective = max((judged @ counts) ** 2 / (judged @ counts**2), 2.0)
        errors, place = _distribution(pool, counts)
        for level_position, level in enumerate(levels):
            tail = min(level, 1 - level)
            # The finite-sample correction of conformal prediction, tail by tail.
            tail = max(tail - (1 - 2 * tail) / (2 * effective), 0.0)
            asked = tail if level < 0.5 else 1 - tail
            rows[level_position, position] = np.interp(asked, place, errors)
    return Bands(_complete(rows, levels, steps, horizon))


def _distribution(pool: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Known errors, the smallest first, and the level from 0 to 1 of which each is the quantile."""
    known = ~np.isnan(pool)
    errors = pool[known]
    weight = np.broadcast_to(counts[:, None, None], pool.shape)[known]
    order = np.argsort(errors)
    errors, weight = errors[order], weight[order]
    middle = np.cumsum(weight) - 0.5 * weight
    return errors, (middle - middle[0]) / max(middle[-1] - middle[0], 1e-300)


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
