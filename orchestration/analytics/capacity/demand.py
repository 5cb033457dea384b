"""Demand forecasts: quantiles of requests, CPU, vCPU-hours or storage, hourly, daily or weekly.

`forecast_demand` has one answer for every period: the columns of `forecasting.forecast`. Demand is
a quantity, never money, and never below zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from orchestration.analytics.detectors.grid import SeriesError
from orchestration.analytics.forecasting import (
    LEVELS,
    RHYTHMS,
    Period,
    columns,
    forecast_panel,
    quantile_columns,
)
from orchestration.analytics.forecasting.panel import Panel

# Older values say little of the next ones, and cost time and memory.
KEPT: dict[Period, int] = {"hour": 8 * 168, "day": 730, "week": 8 * 52}


def forecast_demand(
    frame: pd.DataFrame, horizon: int, period: Period, levels: Sequence[float] = LEVELS
) -> pd.DataFrame:
    """Forecast frame[series_id, ds, y] `horizon` periods beyond each series' last one.

    `ds` is UTC; periods that are missing are interpolated, those given twice averaged; the weeks of
    a series are counted back from its last day. Returns the columns of `forecast`. Raises
    `SeriesError` for what is no history.
    """
    if period not in get_args(Period):
        raise ValueError(f"period is {period!r}: choose one of {', '.join(get_args(Period))}")
    if horizon < 1:
        raise ValueError(f"horizon is {horizon}: give the number of {period}s, at least 1")
    history = gapless(frame, period)
    if history.empty:
        return pd.DataFrame(columns=columns(levels))
    made = forecast_panel(_panel(history, period), horizon, RHYTHMS[period], levels)
    quantiles = quantile_columns(levels)
    made[quantiles] = made[quantiles].clip(lower=0.0)
    return made


def gapless(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The frame with every period of each series, in order: missing ones interpolated."""
    missing = {"series_id", "ds", "y"} - set(frame.columns)
    if missing:
        raise SeriesError(f"column {sorted(missing)[0]!r} is missing: give series_id, ds and y")
    rhythm = RHYTHMS[period]
    times = pd.to_datetime(frame["ds"], utc=True).dt.tz_localize(None).dt.floor(rhythm.unit)
    data = frame.assign(ds=times, y=frame["y"].astype(float))
    bad = data["ds"].isna() | ~np.isfinite(data["y"])
    if bad.any():
        row = data[bad].iloc[0]
        raise SeriesError(
            f"series {row['series_id']!r} at {row['ds']}: the demand is {row['y']!r}; give a "
            f"finite number, or leave the {period} out, and it is interpolated"
        )
    step = pd.Timedelta(rhythm.step)
    last = data.groupby("series_id")["ds"].transform("max")
    ago = (last - data["ds"]).dt.total_seconds() // step.total_seconds()
    data["ds"] = last - pd.to_timedelta(ago * step.total_seconds(), unit="s")
    parts = [
        one.groupby("ds")["y"]
        .mean()
        .asfreq(to_offset(step))
        .interpolate()
        .reset_index()
        .assign(series_id=name)
        for name, one in data.groupby("series_id", sort=True)
    ]
    return pd.concat(parts, ignore_index=True) if parts else data[["series_id", "ds", "y"]]


def _panel(history: pd.DataFrame, period: Period) -> Panel:
    """A gapless frame as a panel whose columns are periods."""
    rhythm = RHYTHMS[period]
    ids, rows, ends = [], [], []
    for name, one in history.groupby("series_id", sort=True):
        ids.append(str(name))
        rows.append(one["y"].to_numpy(dtype=np.float64)[-KEPT[period] :])
        ends.append(one["ds"].iloc[-1].to_datetime64())
    widest = max(map(len, rows))
    values = np.full((len(rows), widest), np.nan)
    for place, row in enumerate(rows):
        values[place, widest - len(row) :] = row
    return Panel(
        ids,
        values,
        np.array([len(row) for row in rows], dtype=np.int64),
        np.array(ends, dtype=f"datetime64[{rhythm.unit}]"),
        rhythm.step,
    )
