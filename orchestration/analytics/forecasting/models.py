"""The daily models: simple ones that are hard to beat on bills, and the median of them."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.grid import Floats, median
from orchestration.analytics.forecasting.level import rebased
from orchestration.analytics.forecasting.panel import Panel
from orchestration.analytics.forecasting.profile import (
    ahead_factor,
    lag_factor,
    weekday_factors,
)
from orchestration.analytics.forecasting.registry import model

WINDOW_WEEKS = 4
LONG_WEEKS = 12
REVERSION_DAYS = 180
ALPHAS = np.array([0.03, 0.08, 0.15, 0.3, 0.5, 0.8])
# The trend keeps this share of itself from day to day: cost rarely grows on for half a year.
DAMPING = 0.99
TREND_DAYS = 364


@model("seasonal_naive", "day")
def seasonal_naive(panel: Panel, horizon: int) -> Floats:
    """The last week, repeated."""
    week = _filled(panel.values[:, -7:])
    return week[:, np.arange(horizon) % week.shape[1]]


@model("weekday_window", "day")
def weekday_window(panel: Panel, horizon: int) -> Floats:
    """The median of the last four same weekdays."""
    history = _lasting(panel)
    return _window(history, horizon, WINDOW_WEEKS)


@model("damped_theta", "day")
def damped_theta(panel: Panel, horizon: int) -> Floats:
    """Theta: an exponentially smoothed level plus half of a robust trend, damped."""
    history = _lasting(panel)
    return _theta(history, horizon)


@model("reverting_theta", "day")
def reverting_theta(panel: Panel, horizon: int) -> Floats:
    """Theta drawn half-way to the median of the last twelve weeks as the horizon grows."""
    history = _lasting(panel)
    return _reverting(_theta(history, horizon), history, horizon)


@model("median", "day")
def median_of_all(panel: Panel, horizon: int) -> Floats:
    """The median of the three models above: robust where each fails alone."""
    history = _lasting(panel)
    theta = _theta(history, horizon)
    paths = [
        theta,
        _reverting(theta, history, horizon),
        _window(history, horizon, WINDOW_WEEKS),
    ]
    return median(np.stack(paths, axis=-1))


def _lasting(panel: Panel) -> Floats:
    """The history at the level that holds."""
    values = panel.values
    return rebased(values, _deseasonalised(values, weekday_factors(values)))


def _theta(values: Floats, horizon: int) -> Floats:
    factors = weekday_factors(values)
    level = _smooth(_deseasonalised(values, factors))
    slope = _slope(values[:, -TREND_DAYS:]) / 2
    step = np.arange(1, horizon + 1)
    grown = DAMPING * (1 - DAMPING**step) / (1 - DAMPING)
    path = level[:, None] + slope[:, None] * grown[None, :]
    path = path * ahead_factor(factors, horizon)
    return np.asarray(path, dtype=np.float64)


def _reverting(theta: Floats, values: Floats, horizon: int) -> Floats:
    long = _window(values, horizon, LONG_WEEKS)
    weight = np.minimum(np.arange(1, horizon + 1) / REVERSION_DAYS, 0.5)
    return np.asarray(theta * (1 - weight) + long * weight, dtype=np.float64)


def _filled(values: Floats) -> Floats:
    """NaN (before a series began) as its own median."""
    return np.where(np.isnan(values), np.nan_to_num(median(values))[:, None], values)


def _window(values: Floats, horizon: int, weeks: int) -> Floats:
    count = max(1, min(weeks, values.shape[1] // 7))
    part = values[:, -7 * count :]
    if part.shape[1] < 7:
        part = _filled(part)
        return np.repeat(median(part)[:, None], horizon, axis=1)
    week = median(np.swapaxes(part.reshape(values.shape[0], count, 7), 1, 2))
    return _filled(week)[:, np.arange(horizon) % 7]


def _deseasonalised(values: Floats, factors: Floats) -> Floats:
    factor = lag_factor(factors, values.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        level = values / factor
    level = np.where(factor > 0.02, level, np.nan)
    middle = median(level[:, -91:])[:, None]
    spread = 1.4826 * median(np.abs(level[:, -91:] - middle))[:, None]
    # One spike must not move the smoothed level; a lasting change still can.
    change = np.diff(level, axis=1, prepend=level[:, :1])
    lonely = (np.abs(change) > 8 * spread) & (np.abs(level - middle) > 8 * spread)
    lonely[:, 1:] &= ~lonely[:, :-1]
    return np.where(lonely, np.nan, level)


def _smooth(level: Floats) -> Floats:
    """Exponential smoothing with the factor that predicted best one day ahead, per series."""
    count = level.shape[0]
    state = np.repeat(_first_known(level)[None, :], len(ALPHAS), axis=0)
    error = np.zeros((len(ALPHAS), count))
    for t in range(level.shape[1]):
        today = level[:, t]
        known = ~np.isnan(today)
        gap = np.where(known, today - state, 0.0)
        error += np.abs(gap)
        state = state + ALPHAS[:, None] * gap
    best = np.argmin(error, axis=0)
    return np.asarray(np.nan_to_num(state[best, np.arange(count)]), dtype=np.float64)


def _first_known(level: Floats) -> Floats:
    known = ~np.isnan(level)
    first = np.argmax(known, axis=1)
    return np.asarray(np.nan_to_num(level[np.arange(level.shape[0]), first]), dtype=np.float64)


def _slope(values: Floats) -> Floats:
    """Robust trend per day: the median change against four weeks earlier (0 when too short)."""
    if values.shape[1] < 56:
        return np.zeros(values.shape[0])
    return np.nan_to_num(median((values[:, 28:] - values[:, :-28]) / 28))
