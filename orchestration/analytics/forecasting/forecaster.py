"""Forecast: the model that did best on the record, with intervals from its errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.forecasting.boosted import collect
from orchestration.analytics.forecasting.conformal import LEVELS, Bands, calibrate
from orchestration.analytics.forecasting.difficulty import learn
from orchestration.analytics.forecasting.habits import habits_in
from orchestration.analytics.forecasting.panel import Panel, to_panel
from orchestration.analytics.forecasting.rhythm import DAILY, Rhythm
from orchestration.analytics.forecasting.rolling import (
    CORRECTED,
    Fold,
    nonnegative_floor,
    origins,
    paths_of,
    roll,
)
from orchestration.analytics.forecasting.scale import error_scale, mean_known, season_change

HORIZONS = DAILY.horizons
FOLDS = DAILY.folds
# The models whose mean forecasts a series, the best first.
Chosen = tuple[str, ...]


def column(level: float) -> str:
    """The name of a quantile's column: p10 is 0.1, p025 is 0.025."""
    return f"p{level:.3f}".replace("0.", "").removesuffix("0")


def quantile_columns(levels: Sequence[float]) -> list[str]:
    """The columns of the median and these levels, the lowest first."""
    return [column(level) for level in sorted({*levels, 0.5})]


def columns(levels: Sequence[float]) -> list[str]:
    """The columns of a forecast with the median and these levels."""
    return ["series_id", "ds", *quantile_columns(levels), "model"]


QUANTILES, COLUMNS = quantile_columns(LEVELS), columns(LEVELS)


def forecast(
    frame: pd.DataFrame, horizon: int = HORIZONS[-1], levels: Sequence[float] = LEVELS
) -> pd.DataFrame:
    """Forecast frame[series_id, ds, y] `horizon` days beyond each series' last day.

    Returns series_id, ds, p50, a column for each of `levels` (p025, p10, p90, p975) and the models
    used: where there are two, joined by "+", their mean.
    """
    return forecast_panel(to_panel(frame), horizon, DAILY, levels)


def forecast_panel(
    panel: Panel, horizon: int, rhythm: Rhythm, levels: Sequence[float] = LEVELS
) -> pd.DataFrame:
    """Forecast every series of a panel in its rhythm, in the columns of `forecast`."""
    if horizon < 1:
        raise ValueError(
            f"horizon is {horizon}: give the number of {rhythm.period}s to forecast, at least 1"
        )
    if not panel.series_ids:
        return pd.DataFrame(columns=columns(levels))
    return rows_of(panel, fit(panel, horizon, rhythm), levels)


@dataclass(frozen=True)
class Fitted:
    """What a panel's forecast is made of: each series' model, its path, and its errors before."""

    chosen: list[Chosen]
    #: By series and step ahead.
    middle: Floats
    folds: list[Fold]
    #: How much the errors of each fold count.
    weights: Floats
    #: Errors to expect in units of the usual change: by fold and series, and by series now.
    difficulty: Floats
    difficulty_now: Floats
    #: The usual change of each series now.
    change: Floats
    rhythm: Rhythm

    @property
    def scale(self) -> Floats:
        """The error to expect of each series."""
        return self.change * self.difficulty_now

    def path(self, fold: Fold) -> Floats:
        """What the chosen models said at an origin."""
        return said(fold, self.chosen, self.rhythm)

    def residuals(self) -> Floats:
        """Errors of the chosen models in units of what was to expect, by fold, series and step."""
        errors = [
            fold.in_scale(self.path(fold)) / hard[:, None]
            for fold, hard in zip(self.folds, self.difficulty, strict=True)
        ]
        return np.stack(errors or [np.full_like(self.middle, np.nan)])

    def bands(self, residuals: Floats, horizon: int, levels: Sequence[float] = LEVELS) -> Bands:
        """Bands from errors by fold, each fold counting by its age."""
        return calibrate(residuals, horizon, levels, self.weights if self.folds else None)


def fit(panel: Panel, horizon: int, rhythm: Rhythm) -> Fitted:
    """Choose a model for each series of a panel, and let it forecast."""
    lessons = collect(panel, horizon, rhythm)
    cuts = _cuts(panel, horizon, rhythm)
    folds = roll(panel, cuts, horizon, rhythm, lessons)
    chosen = choose(folds, len(panel.series_ids), rhythm)
    used = lessons if any(CORRECTED in names for names in chosen) else None
    habits = habits_in(panel, horizon, rhythm)
    paths = paths_of(habits, rhythm, used)
    middle = pick(paths, chosen)
    # Which model is best is told by the recent record; how far it errs, by all the past there is,
    # by what lies as far back as the usual change is taken from half as much.
    folds += roll(panel, _older(panel, cuts, rhythm), horizon, rhythm, None)
    change = error_scale(habits.plain, rhythm)
    now = Fold(0, np.full_like(middle, np.nan), paths, change, season_change(panel, rhythm))
    seen = [*folds, now]
    weights = 0.5 ** (np.array([fold.cut for fold in seen]) / rhythm.change_window)
    hard = learn(panel, seen, [said(fold, chosen, rhythm) for fold in seen], weights, rhythm)
    return Fitted(chosen, middle, folds, weights[:-1], hard[:-1], hard[-1], change, rhythm)


def said(fold: Fold, chosen: list[Chosen], rhythm: Rhythm) -> Floats:
    """The path of the chosen models at an origin; of the base model where nothing was learned."""
    return pick({CORRECTED: fold.paths[rhythm.base], **fold.paths}, chosen)


def rows_of(panel: Panel, fitted: Fitted, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """The forecast with its intervals, in the columns of `forecast`."""
    middle, horizon = fitted.middle, fitted.middle.shape[1]
    bands = fitted.bands(fitted.residuals(), horizon, levels).around(middle, fitted.scale)
    floor = nonnegative_floor(panel)[:, None]
    models = ["+".join(names) for names in fitted.chosen]
    rows = pd.DataFrame(
        {
            "series_id": np.repeat(np.array(panel.series_ids, dtype=object), horizon),
            "ds": panel.future(horizon).ravel().astype("datetime64[ns]"),
            "p50": middle.ravel(),
            "model": np.repeat(np.array(models, dtype=object), horizon),
        }
    )
    for level, band in zip(levels, bands, strict=True):
        rows[column(level)] = np.maximum(band, floor).ravel()
    return rows[columns(levels)]


def _cuts(panel: Panel, horizon: int, rhythm: Rhythm) -> list[int]:
    """Origins for the oldest series and, where the others are younger, for the typical one."""
    ages = (panel.days, int(np.median(panel.length)))
    asked = sorted(h for h in {*rhythm.horizons, horizon} if h <= horizon)
    return [cut for h in asked for age in ages for cut in origins(age, h, rhythm.folds, rhythm)]


def _older(panel: Panel, cuts: list[int], rhythm: Rhythm) -> list[int]:
    """Origins before the first of `cuts`, as far back as there is history to forecast from."""
    step = rhythm.longest_step
    first = max(cuts, default=panel.days) + step
    last = min(panel.days - rhythm.least_history, first + step * (rhythm.older - 1))
    return list(range(first, last + 1, step))


def choose(folds: list[Fold], series: int, rhythm: Rhythm) -> list[Chosen]:
    """The best models of each series; none that does not beat the naive one on the record."""
    if not folds:
        return [(rhythm.reference,)] * series
    # A model that had nothing to learn from at some origin was not judged there.
    names = [name for name in folds[0].paths if all(name in fold.paths for fold in folds)]
    error = np.stack([_mean_error(folds, name) for name in names])
    reference = error[names.index(rhythm.reference)]
    with np.errstate(divide="ignore", invalid="ignore"):
        skill = error / reference
    # A series that naive forecasts without error, or without any fold, keeps naive.
    skill = np.where(np.isfinite(skill), skill, np.inf)
    judged = np.isfinite(skill).all(axis=0)
    pooled = np.median(skill[:, judged], axis=1) if judged.any() else np.ones(len(names))
    share = rhythm.pooled_share
    blend = (1 - share) * skill + share * pooled[:, None]
    order = np.argsort(blend, axis=0, kind="stable")[: rhythm.averaged]
    chosen = [
        tuple(names[at] for at in order[:, row] if blend[at, row] < 1) for row in range(series)
    ]
    return [best or (rhythm.reference,) for best in chosen]


def _mean_error(folds: list[Fold], name: str) -> Floats:
    """Mean absolute error of a model per series over all folds, each fold counting the same."""
    errors = []
    for fold in folds:
        size = np.abs(fold.residual(name))
        errors.append(np.where(np.isnan(size).all(axis=1), np.nan, mean_known(size)))
    by_fold = np.stack(errors, axis=-1)
    return np.where(np.isnan(by_fold).all(axis=1), np.nan, mean_known(by_fold))


def pick(paths: dict[str, Floats], chosen: list[Chosen]) -> Floats:
    """Row by row the mean path of the chosen models."""
    return np.stack(
        [np.mean([paths[name][row] for name in names], axis=0) for row, names in enumerate(chosen)]
    )
