"""Back-test: every model at every origin, with the figures of platform.forecast_backtests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.forecasting.boosted import collect
from orchestration.analytics.forecasting.conformal import calibrate
from orchestration.analytics.forecasting.forecaster import FOLDS, HORIZONS
from orchestration.analytics.forecasting.panel import Panel, to_panel
from orchestration.analytics.forecasting.rhythm import DAILY
from orchestration.analytics.forecasting.rolling import Fold, nonnegative_floor, origins, roll

COLUMNS = [
    "series_id",
    "model",
    "cutoff",
    "horizon_days",
    "wape",
    "bias",
    "coverage_80",
    "coverage_95",
    "mase",
    "points",
]


def backtest(
    frame: pd.DataFrame, horizons: Sequence[int] = HORIZONS, folds: int = FOLDS
) -> pd.DataFrame:
    """Error and coverage per series, model, origin (`cutoff`, its last known day) and horizon.

    The intervals of a fold come from the errors of the other folds, so coverage is out of sample.
    """
    panel = to_panel(frame)
    parts = []
    for horizon in horizons:
        cuts = origins(panel.days, horizon, folds, DAILY)
        rolled = roll(panel, cuts, horizon, DAILY, collect(panel, horizon, DAILY))
        for name in {name: None for fold in rolled for name in fold.paths}:
            tested = [fold for fold in rolled if name in fold.paths]
            residuals = [fold.residual(name) for fold in tested]
            for position, fold in enumerate(tested):
                others = [r for i, r in enumerate(residuals) if i != position]
                pool = np.stack(others or [np.full_like(residuals[position], np.nan)])
                parts.append(_measure(panel, fold, name, horizon, pool))
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    rows = pd.concat(parts, ignore_index=True)
    return rows.sort_values(COLUMNS[:4], kind="stable", ignore_index=True)


def _measure(panel: Panel, fold: Fold, name: str, horizon: int, pool: Floats) -> pd.DataFrame:
    path, actual = fold.paths[name], fold.actual
    floor = nonnegative_floor(panel.cut(fold.cut))[:, None]
    bands = calibrate(pool, horizon).around(path, fold.scale)
    low95, low80, high80, high95 = (np.maximum(band, floor) for band in bands)
    error = path - actual
    volume = np.abs(actual).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        wape = np.abs(error).sum(axis=1) / volume
        bias = error.sum(axis=1) / volume
        mase = np.abs(error).mean(axis=1) / fold.season_change
    cutoff = (panel.end - np.timedelta64(fold.cut, "D")).astype("datetime64[ns]")
    rows = pd.DataFrame(
        {
            "series_id": np.array(panel.series_ids, dtype=object),
            "model": name,
            "cutoff": cutoff,
            "horizon_days": horizon,
            "wape": np.where(np.isfinite(wape), wape, np.nan),
            "bias": np.where(np.isfinite(bias), bias, np.nan),
            "coverage_80": ((actual >= low80) & (actual <= high80)).mean(axis=1),
            "coverage_95": ((actual >= low95) & (actual <= high95)).mean(axis=1),
            "mase": np.where(np.isfinite(mase), mase, np.nan),
            "points": horizon,
        }
    )
    # A series too young at this origin was not judged.
    return rows.iloc[np.flatnonzero(~np.isnan(actual).any(axis=1))]
