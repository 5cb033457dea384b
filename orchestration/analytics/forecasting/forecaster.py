"""Forecast: the model that did best on each series' own past, with intervals from its errors."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.forecasting.conformal import calibrate
from orchestration.analytics.forecasting.panel import Panel, to_panel
from orchestration.analytics.forecasting.registry import MODELS, REFERENCE
from orchestration.analytics.forecasting.rolling import (
    Fold,
    error_scale,
    nonnegative_floor,
    origins,
    roll,
)

HORIZONS = (30, 90, 180)
FOLDS = 6
# How much the record of all series counts beside a series' own: six folds are few.
POOLED_SHARE = 0.5


def forecast(frame: pd.DataFrame, horizon: int = HORIZONS[-1]) -> pd.DataFrame:
    """Forecast frame[series_id, ds, y] `horizon` days beyond each series' last day.

    Returns series_id, ds, p025, p10, p50, p90, p975 and the model used.
    """
    if horizon < 1:
        raise ValueError(f"horizon is {horizon}: give the number of days to forecast, at least 1")
    columns = ["series_id", "ds", "p025", "p10", "p50", "p90", "p975", "model"]
    panel = to_panel(frame)
    if not panel.series_ids:
        return pd.DataFrame(columns=columns)
    cuts = [cut for h in {*HORIZONS, horizon} if h <= horizon for cut in _cuts(panel, h)]
    folds = roll(panel, cuts, horizon)
    chosen = choose(folds, len(panel.series_ids))
    paths = {name: MODELS[name](panel, horizon) for name in sorted(set(chosen))}
    middle = pick(paths, chosen)
    floor = nonnegative_floor(panel)[:, None]
    middle = np.maximum(middle, floor)
    residuals = np.stack(
        [pick({m: fold.residual(m) for m in MODELS}, chosen) for fold in folds]
        or [np.full_like(middle, np.nan)]
    )
    bands = calibrate(residuals, horizon).around(middle, error_scale(panel))
    low95, low80, high80, high95 = (np.maximum(band, floor) for band in bands)
    return pd.DataFrame(
        {
            "series_id": np.repeat(np.array(panel.series_ids, dtype=object), horizon),
            "ds": panel.future(horizon).ravel().astype("datetime64[ns]"),
            "p025": low95.ravel(),
            "p10": low80.ravel(),
            "p50": middle.ravel(),
            "p90": high80.ravel(),
            "p975": high95.ravel(),
            "model": np.repeat(np.array(chosen, dtype=object), horizon),
        }
    )


def _cuts(panel: Panel, horizon: int) -> list[int]:
    """Origins for the oldest series and, where the others are younger, for the typical one."""
    typical = int(np.median(panel.length))
    return origins(panel.days, horizon, FOLDS) + origins(typical, horizon, FOLDS)


def choose(folds: list[Fold], series: int) -> list[str]:
    """The best model of each series; none that does not beat seasonal naive on its own past."""
    if not folds:
        return [REFERENCE] * series
    names = list(MODELS)
    error = np.stack([_mean_error(folds, name) for name in names])
    reference = error[names.index(REFERENCE)]
    with np.errstate(divide="ignore", invalid="ignore"):
        skill = error / reference
    # A series that naive forecasts without error, or without any fold, keeps naive.
    skill = np.where(np.isfinite(skill), skill, np.inf)
    judged = np.isfinite(skill).all(axis=0)
    pooled = np.median(skill[:, judged], axis=1) if judged.any() else np.ones(len(names))
    blend = (1 - POOLED_SHARE) * skill + POOLED_SHARE * pooled[:, None]
    blend = np.where(skill < 1, blend, np.inf)
    best = np.argmin(blend, axis=0)
    useful = np.isfinite(blend.min(axis=0))
    return [names[b] if ok else REFERENCE for b, ok in zip(best, useful, strict=True)]


def _mean_error(folds: list[Fold], name: str) -> Floats:
    """Mean absolute error of a model per series over all folds, each fold counting the same."""
    errors = []
    for fold in folds:
        size = np.abs(fold.residual(name))
        known = ~np.isnan(size)
        mean = np.where(known, size, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        errors.append(np.where(known.any(axis=1), mean, np.nan))
    stacked = np.stack(errors)
    known = ~np.isnan(stacked)
    mean = np.where(known, stacked, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known.any(axis=0), mean, np.nan)


def pick(paths: dict[str, Floats], chosen: list[str]) -> Floats:
    """Row by row the path of the chosen model."""
    return np.stack([paths[name][row] for row, name in enumerate(chosen)])
