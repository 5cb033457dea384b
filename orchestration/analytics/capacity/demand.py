"""Demand forecasts: quantiles of requests, CPU, vCPU-hours or storage, hourly or daily.

`forecast_demand` has one answer for both periods: the columns of `forecasting.forecast`, which
makes the daily ones. Demand is a quantity, never money, and never below zero.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from orchestration.analytics.capacity.hourly import DAY, HOURLY_MODELS, HOURLY_REFERENCE, WEEK
from orchestration.analytics.detectors.grid import Floats, SeriesError
from orchestration.analytics.forecasting import forecast
from orchestration.analytics.forecasting.conformal import calibrate
from orchestration.analytics.forecasting.panel import Panel

Period = Literal["hour", "day"]
QUANTILES = ("p025", "p10", "p50", "p90", "p975")
COLUMNS = ["series_id", "ds", *QUANTILES, "model"]

# Older hours say little of the next week, and cost time and memory.
KEPT_HOURS = 8 * WEEK
# An origin is tested where at least so much history lies before it.
LEAST_HOURS = 2 * WEEK
# Origins lie so far apart that each falls on another hour of the day.
FOLDS, FOLD_STEP = 12, 29
# The record of all series counts so much beside a series' own: a dozen folds overlap.
POOLED_SHARE = 0.5
LARGEST_ERROR = 25.0


def forecast_demand(frame: pd.DataFrame, horizon: int, period: Period) -> pd.DataFrame:
    """Forecast frame[series_id, ds, y] `horizon` periods beyond each series' last one.

    `ds` is UTC; periods that are missing are interpolated, those given twice averaged. Returns
    series_id, ds, p025, p10, p50, p90, p975 and the model used. Raises `SeriesError` for what is no
    history.
    """
    if period not in get_args(Period):
        raise ValueError(f"period is {period!r}: choose one of {', '.join(get_args(Period))}")
    if horizon < 1:
        raise ValueError(f"horizon is {horizon}: give the number of {period}s, at least 1")
    history = gapless(frame, period)
    if history.empty:
        return pd.DataFrame(columns=COLUMNS)
    made = forecast(history, horizon) if period == "day" else _hourly(history, horizon)
    made[list(QUANTILES)] = made[list(QUANTILES)].clip(lower=0.0)
    return made[COLUMNS]


def gapless(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The frame with every period of each series, in order: missing ones interpolated."""
    missing = {"series_id", "ds", "y"} - set(frame.columns)
    if missing:
        raise SeriesError(f"column {sorted(missing)[0]!r} is missing: give series_id, ds and y")
    unit = {"hour": "h", "day": "D"}[period]
    times = pd.to_datetime(frame["ds"], utc=True).dt.tz_localize(None).dt.floor(unit)
    data = frame.assign(ds=times, y=frame["y"].astype(float))
    bad = data["ds"].isna() | ~np.isfinite(data["y"])
    if bad.any():
        row = data[bad].iloc[0]
        raise SeriesError(
            f"series {row['series_id']!r} at {row['ds']}: the demand is {row['y']!r}; give a "
            f"finite number, or leave the {period} out, and it is interpolated"
        )
    parts = [
        one.groupby("ds")["y"]
        .mean()
        .asfreq(unit)
        .interpolate()
        .reset_index()
        .assign(series_id=name)
        for name, one in data.groupby("series_id", sort=True)
    ]
    return pd.concat(parts, ignore_index=True) if parts else data[["series_id", "ds", "y"]]


def _panel(history: pd.DataFrame) -> Panel:
    """A gapless hourly frame as a panel whose columns are hours."""
    ids, rows, ends = [], [], []
    for name, one in history.groupby("series_id", sort=True):
        ids.append(str(name))
        rows.append(one["y"].to_numpy(dtype=np.float64)[-KEPT_HOURS:])
        ends.append(one["ds"].iloc[-1].to_datetime64())
    widest = max(map(len, rows))
    values = np.full((len(rows), widest), np.nan)
    for place, row in enumerate(rows):
        values[place, widest - len(row) :] = row
    length = np.array([len(row) for row in rows], dtype=np.int64)
    return Panel(ids, values, length, np.array(ends, dtype="datetime64[h]"))


def _hourly(history: pd.DataFrame, horizon: int) -> pd.DataFrame:
    panel = _panel(history)
    residuals = _residuals(panel, horizon)
    chosen = _choose(residuals)
    names = list(HOURLY_MODELS)
    paths = {name: HOURLY_MODELS[name](panel, horizon) for name in {names[c] for c in chosen}}
    middle = np.stack([paths[names[c]][row] for row, c in enumerate(chosen)])
    own = residuals[chosen, :, np.arange(len(chosen)), :].swapaxes(0, 1)
    bands = calibrate(own, horizon).around(middle, _scale(panel.values))
    low95, low80, high80, high95 = bands
    ahead = np.arange(1, horizon + 1).astype("timedelta64[h]")
    return pd.DataFrame(
        {
            "series_id": np.repeat(np.array(panel.series_ids, dtype=object), horizon),
            "ds": (panel.end[:, None] + ahead[None, :]).ravel().astype("datetime64[ns]"),
            "p025": low95.ravel(),
            "p10": low80.ravel(),
            "p50": middle.ravel(),
            "p90": high80.ravel(),
            "p975": high95.ravel(),
            "model": np.repeat(np.array([names[c] for c in chosen], dtype=object), horizon),
        }
    )


def _residuals(panel: Panel, horizon: int) -> Floats:
    """Errors[model, fold, series, step] in units of each series' scale, NaN where unknown."""
    cuts = [DAY + FOLD_STEP * fold for fold in range(FOLDS)]
    cuts = [cut for cut in cuts if panel.days - cut >= LEAST_HOURS]
    series = len(panel.series_ids)
    errors = np.full((len(HOURLY_MODELS), max(len(cuts), 1), series, horizon), np.nan)
    for fold, cut in enumerate(cuts):
        keep = panel.days - cut
        end = panel.end - np.timedelta64(cut, "h")
        past = Panel(panel.series_ids, panel.values[:, :keep], panel.length - cut, end)
        steps = min(horizon, cut)
        actual = panel.values[:, keep : keep + steps].copy()
        actual[past.length < LEAST_HOURS] = np.nan
        scale = _scale(past.values)[:, None]
        for place, model in enumerate(HOURLY_MODELS.values()):
            error = (actual - np.maximum(model(past, steps), 0.0)) / scale
            errors[place, fold, :, :steps] = np.clip(error, -LARGEST_ERROR, LARGEST_ERROR)
    return errors


def _choose(residuals: Floats) -> list[int]:
    """The place of the model with the least error on own and others' past, per series."""
    names = list(HOURLY_MODELS)
    size = np.abs(residuals)
    known = ~np.isnan(size)
    mean = np.where(known, size, 0.0).sum(axis=(1, 3)) / np.maximum(known.sum(axis=(1, 3)), 1)
    judged = known.any(axis=(0, 1, 3))
    reference = names.index(HOURLY_REFERENCE)
    if not judged.any():
        return [reference] * residuals.shape[2]
    skill = mean / np.maximum(mean[reference], 1e-9)
    pooled = mean[:, judged].mean(axis=1) / max(float(mean[reference, judged].mean()), 1e-9)
    blend = (1 - POOLED_SHARE) * skill + POOLED_SHARE * pooled[:, None]
    # A model that does not beat the naive one on the series' own past is not used on it.
    blend = np.where(skill < 1, blend, np.inf)
    blend[reference] = np.where(np.isinf(blend).all(axis=0), 1.0, np.inf)
    best = np.where(judged, np.argmin(blend, axis=0), reference)
    return [int(place) for place in best]


def _scale(values: Floats) -> Floats:
    """The usual change against the day before, over four weeks."""
    recent = values[:, -(4 * WEEK + DAY) :]
    size = np.nan_to_num(np.abs(recent))
    level = size.mean(axis=1)
    if recent.shape[1] <= DAY:
        return np.asarray(np.maximum(0.1 * level, 1e-9), dtype=np.float64)
    change = np.nan_to_num(np.abs(recent[:, DAY:] - recent[:, :-DAY])).mean(axis=1)
    return np.asarray(np.maximum(change, 1e-3 * level + 1e-9), dtype=np.float64)
