"""Rolling origins: what each model would have said on earlier days, and how wrong it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.forecasting.panel import Panel
from orchestration.analytics.forecasting.registry import MODELS

#: A model is tested only where it has this much history to learn from.
LEAST_HISTORY = 56
# A fold needs the days it forecasts to be known; shorter steps than this say the same twice.
LONGEST_STEP = 30
# One series that wakes from silence must not widen the bands of all the others without end.
LARGEST_ERROR = 25.0
# A usual error below this share of the largest day is none: the series has stopped, or not begun.
DORMANT = 1e-5


@dataclass(frozen=True)
class Fold:
    """One origin: the forecast of every model and what came true (NaN where unknown)."""

    cut: int
    actual: Floats
    paths: dict[str, Floats]
    #: Size of a usual error of the series as known at the origin.
    scale: Floats
    #: Mean change against a week earlier in the history at the origin (the MASE denominator).
    weekly_change: Floats

    def residual(self, model: str) -> Floats:
        """Actual minus forecast in units of the series' scale."""
        error = (self.actual - self.paths[model]) / self.scale[:, None]
        return np.clip(error, -LARGEST_ERROR, LARGEST_ERROR)


def origins(days: int, horizon: int, folds: int) -> list[int]:
    """How many days back each origin lies, so that `horizon` days after it are known."""
    room = days - LEAST_HISTORY - horizon
    if room < 0 or folds < 1:
        return []
    step = min(LONGEST_STEP, room // (folds - 1)) if folds > 1 else 0
    # The same weekday at every origin would hide a model that is bad on one of them.
    step = step - 1 if step % 7 == 0 and step > 7 else step
    return sorted({horizon + step * k for k in range(folds)}) if step else [horizon]


def roll(panel: Panel, cuts: Sequence[int], horizon: int) -> list[Fold]:
    """Run every model at every origin, at most `horizon` days ahead."""
    folds = []
    for cut in sorted(set(cuts)):
        past = panel.cut(cut)
        steps = min(horizon, cut)
        end = panel.days - cut
        actual = np.full((len(panel.series_ids), horizon), np.nan)
        actual[:, :steps] = panel.values[:, end : end + steps]
        actual[past.length < LEAST_HISTORY] = np.nan
        scale = error_scale(past)
        actual[_dormant(past, scale)] = np.nan
        floor = nonnegative_floor(past)
        paths = {}
        for name, function in MODELS.items():
            path = np.full_like(actual, np.nan)
            path[:, :steps] = np.maximum(function(past, steps), floor[:, None])
            paths[name] = path
        folds.append(Fold(cut, actual, paths, scale, _weekly_change(past)))
    return folds


def nonnegative_floor(panel: Panel) -> Floats:
    """0 for a series that never was negative, else no floor."""
    lowest = np.min(np.where(np.isnan(panel.values), np.inf, panel.values), axis=1)
    return np.where(lowest >= 0, 0.0, -np.inf)


def error_scale(panel: Panel) -> Floats:
    """The usual change against four weeks earlier (one week for short histories)."""
    lag = 28 if panel.days > 84 else 7
    values = panel.values[:, -(182 + lag) :]
    level = _mean(np.abs(values))
    if values.shape[1] <= lag:
        return np.maximum(0.1 * level, 1e-9)
    change = _mean(np.abs(values[:, lag:] - values[:, :-lag]))
    return np.maximum(change, 1e-3 * level + 1e-9)


def _dormant(past: Panel, scale: Floats) -> NDArray[np.bool_]:
    """Series that were silent for months: in units of their noise, what follows has no size."""
    largest = np.max(np.abs(np.nan_to_num(past.values)), axis=1)
    return np.asarray(scale <= DORMANT * largest + 1e-9)


def _weekly_change(panel: Panel) -> Floats:
    values = panel.values
    if values.shape[1] <= 7:
        return np.full(values.shape[0], np.nan)
    return _mean(np.abs(values[:, 7:] - values[:, :-7]))


def _mean(values: Floats) -> Floats:
    """Mean along the last axis without NaN, 0 where nothing is known."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.asarray(total / np.maximum(known.sum(axis=1), 1), dtype=np.float64)
