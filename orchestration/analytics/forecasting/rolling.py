"""Rolling origins: what each model would have said earlier, and how wrong it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.forecasting.boosted import Lessons
from orchestration.analytics.forecasting.habits import Habits, habits_in
from orchestration.analytics.forecasting.level import stopped
from orchestration.analytics.forecasting.panel import Panel
from orchestration.analytics.forecasting.registry import MODELS
from orchestration.analytics.forecasting.rhythm import Rhythm
from orchestration.analytics.forecasting.scale import error_scale, season_change

#: The base model with the learned correction.
CORRECTED = "boosted"
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
    #: Mean change against a season earlier in the history at the origin (the MASE denominator).
    season_change: Floats

    def residual(self, model: str) -> Floats:
        """Actual minus forecast in units of the series' scale."""
        return self.in_scale(self.paths[model])

    def in_scale(self, path: Floats) -> Floats:
        """Actual minus any path in units of the series' scale."""
        error = (self.actual - path) / self.scale[:, None]
        return np.clip(error, -LARGEST_ERROR, LARGEST_ERROR)


def origins(days: int, horizon: int, folds: int, rhythm: Rhythm) -> list[int]:
    """How many columns back each origin lies, so that `horizon` columns after it are known."""
    room = days - rhythm.least_history - horizon
    if room < 0 or folds < 1:
        return []
    step = min(rhythm.longest_step, room // (folds - 1)) if folds > 1 else 0
    # The same weekday at every origin would hide a model that is bad on one of them.
    step = step - 1 if step % rhythm.season == 0 and step > rhythm.season > 1 else step
    return sorted({horizon + step * k for k in range(folds)}) if step else [horizon]


def roll(
    panel: Panel, cuts: Sequence[int], horizon: int, rhythm: Rhythm, lessons: Lessons | None
) -> list[Fold]:
    """Run every model at every origin, at most `horizon` columns ahead.

    `lessons` of the whole panel: at each origin only those count that were known by then.
    """
    folds = []
    for cut in sorted(set(cuts)):
        past = panel.cut(cut)
        steps = min(horizon, cut)
        end = panel.days - cut
        actual = np.full((len(panel.series_ids), horizon), np.nan)
        actual[:, :steps] = panel.values[:, end : end + steps]
        actual[past.length < rhythm.least_history] = np.nan
        habits = habits_in(past, steps, rhythm)
        scale = error_scale(habits.plain, rhythm)
        # Of what has stopped every model says the same, which tells nothing of the others.
        actual[_dormant(past, scale) | stopped(past)] = np.nan
        paths = {}
        for name, path in paths_of(habits, rhythm, lessons).items():
            paths[name] = np.full_like(actual, np.nan)
            paths[name][:, :steps] = path
        folds.append(Fold(cut, actual, paths, scale, season_change(past, rhythm)))
    return folds


def paths_of(habits: Habits, rhythm: Rhythm, lessons: Lessons | None) -> dict[str, Floats]:
    """The path of every model, and the corrected one where there is enough to learn from.

    Whatever a model remembers, the habits are laid over it, and a series that has stopped stays so.
    """
    panel, plain, horizon = habits.panel, habits.plain, habits.due.shape[1]
    paths = {name: function(plain, horizon) for name, function in MODELS[rhythm.period].items()}
    paths = {name: habits.over(path) for name, path in paths.items()}
    corrected = lessons.corrected(panel, paths[rhythm.base]) if lessons else None
    if corrected is not None:
        paths[CORRECTED] = corrected
    floor = nonnegative_floor(panel)[:, None]
    ended = stopped(panel)[:, None]
    return {name: np.where(ended, 0.0, np.maximum(path, floor)) for name, path in paths.items()}


def nonnegative_floor(panel: Panel) -> Floats:
    """0 for a series that never was negative, else no floor."""
    lowest = np.min(np.where(np.isnan(panel.values), np.inf, panel.values), axis=1)
    return np.where(lowest >= 0, 0.0, -np.inf)


def _dormant(past: Panel, scale: Floats) -> NDArray[np.bool_]:
    """Series that were silent for months: in units of their noise, what follows has no size."""
    largest = np.max(np.abs(np.nan_to_num(past.values)), axis=1)
    return np.asarray(scale <= DORMANT * largest + 1e-9)
