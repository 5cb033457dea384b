"""Forecasts of sums: what is expected of a total, or a month, is the sum of its parts', exactly.

Its intervals are not the parts' added up, which would assume that all err together; they come from
the errors that the sum of the parts made at earlier origins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.grid import Floats, Ints
from orchestration.analytics.forecasting.forecaster import HORIZONS, Fitted, fit, rows_of
from orchestration.analytics.forecasting.months import month_totals
from orchestration.analytics.forecasting.panel import Panel, to_panel
from orchestration.analytics.forecasting.rhythm import DAILY
from orchestration.analytics.forecasting.rolling import LARGEST_ERROR, nonnegative_floor
from orchestration.analytics.forecasting.scale import error_scale
from orchestration.analytics.money import to_money

TOTALS = ["total_id", "ds", "p025", "p10", "p50", "p90", "p975", "parts"]


class Outlook(NamedTuple):
    """A forecast and what it adds up to."""

    rows: pd.DataFrame
    """As `forecast`, its p50 as exact money."""
    totals: pd.DataFrame
    """TOTALS: each total for the days for which all of its series are forecast; parts: how many."""
    months: pd.DataFrame
    """MONTHS of each series."""


def forecast_with_totals(
    frame: pd.DataFrame,
    total_of: Mapping[str, str],
    horizon: int = HORIZONS[-1],
    announced: pd.DataFrame | None = None,
) -> Outlook:
    """Forecast frame[series_id, ds, cost, y] and the sums of it.

    `total_of` names each series' total. `announced` (series_id, ds, cost) is known to come on top
    of what a series' past tells, or off it.
    """
    panel = to_panel(frame)
    fitted = fit(panel, horizon, DAILY)
    if announced is not None:
        fitted = replace(fitted, middle=_with_announced(panel, fitted.middle, announced))
    rows = rows_of(panel, fitted)
    rows["p50"] = pd.Series([to_money(v) for v in rows["p50"].tolist()], dtype=object)
    names = np.array([total_of[series_id] for series_id in panel.series_ids], dtype=object)
    members = {str(name): np.flatnonzero(names == name) for name in sorted(set(names))}
    # What is the total of one series is that series.
    sums = {name: _summed(panel, at) for name, at in members.items() if len(at) > 1}
    errors = [_residuals(panel, fitted, members[name], total) for name, total in sums.items()]
    # Few totals have few errors of their own: those of their parts, in the same unit, stand by.
    pool = np.concatenate([fitted.residuals(), *(error[:, None] for error in errors)], axis=1)
    offsets = fitted.bands(pool, horizon).offsets
    parts = []
    for name, places in members.items():
        own = rows[rows["series_id"].isin([panel.series_ids[place] for place in places])]
        total = own.assign(parts=1)
        if name in sums:
            width = offsets * _scale(
                sums[name], fitted.change[places], fitted.difficulty_now[places]
            )
            total = _total(own, sums[name], width, panel.end[places].min() + panel.step)
        parts.append(total.assign(total_id=name)[TOTALS])
    months = month_totals(frame, rows, panel, fitted)
    return Outlook(rows, pd.concat(parts, ignore_index=True), months)


def _with_announced(panel: Panel, middle: Floats, announced: pd.DataFrame) -> Floats:
    """The paths with what is announced for days that they reach; never below the series' floor."""
    out = middle.copy()
    for place, series_id in enumerate(panel.series_ids):
        own = announced[announced["series_id"] == series_id]
        steps = (pd.to_datetime(own["ds"]) - pd.Timestamp(panel.end[place])).dt.days.to_numpy() - 1
        reached = (steps >= 0) & (steps < middle.shape[1])
        np.add.at(out[place], steps[reached], own["cost"].astype(np.float64).to_numpy()[reached])
    floored: Floats = np.maximum(out, np.minimum(middle, nonnegative_floor(panel)[:, None]))
    return floored


def _summed(panel: Panel, places: Ints) -> Panel:
    """The sum as one series, aligned at the last days; before a part began it cost nothing."""
    part = panel.rows(places)
    known = ~np.isnan(part.values).all(axis=0)
    values = np.where(known, np.nansum(part.values, axis=0), np.nan)[None, :]
    return Panel(["total"], values, part.length.max(keepdims=True), part.end[:1], panel.step)


def _residuals(panel: Panel, fitted: Fitted, places: Ints, total: Panel) -> Floats:
    """Errors of the summed paths in units of what was to expect, by fold and step; NaN where a part
    that had begun could not be judged.
    """
    out = []
    for fold, hard in zip(fitted.folds, fitted.difficulty, strict=True):
        error = (fold.actual - fitted.path(fold))[places]
        begun = panel.length[places] > fold.cut
        own = places[begun]
        then = total.cut(fold.cut)
        scale = _scale(then, fold.scale[own], hard[own]) if begun.any() else np.nan
        out.append(np.clip(error[begun].sum(axis=0) / scale, -LARGEST_ERROR, LARGEST_ERROR))
    return np.array(out or np.full((1, fitted.middle.shape[1]), np.nan))


def _scale(total: Panel, change: Floats, difficulty: Floats) -> float:
    """The error to expect of a total: as hard as its parts, the larger errors counting more."""
    return float(error_scale(total, DAILY)[0] * np.average(difficulty, weights=change))


def _total(
    parts: pd.DataFrame, total: Panel, offsets: Floats, first_unknown: np.datetime64
) -> pd.DataFrame:
    """The total's days; `offsets` are of its quantiles from its median, by level and step."""
    by_day: Any = parts.groupby("ds")["p50"].agg(parts="size", p50=_exact_sum)
    shared: pd.DataFrame = by_day[by_day["parts"] == parts["series_id"].nunique()].reset_index()
    # As uncertain as its oldest part: days count from the first that one of them did not know.
    steps = (shared["ds"] - pd.Timestamp(first_unknown)).dt.days.to_numpy()
    middle = shared["p50"].astype(np.float64).to_numpy()
    floor = nonnegative_floor(total)[0]
    for quantile, offset in zip(("p025", "p10", "p90", "p975"), offsets, strict=True):
        shared[quantile] = np.maximum(middle + offset[steps], floor)
    return shared


def _exact_sum(costs: pd.Series[Any]) -> Decimal:
    return sum(costs, Decimal(0))
