"""Hourly models: what repeats by the hour of the day and of the week, and how far "now" carries.

Columns of the panel are hours: the path is one row per series and one column per hour ahead.
"""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.grid import Floats, median
from orchestration.analytics.forecasting.panel import Panel
from orchestration.analytics.forecasting.registry import model
from orchestration.analytics.forecasting.scale import mean_known

DAY, WEEK = 24, 168
# The median of so many days gives the hour of the day, of so many weeks the hour of the week.
WINDOW_DAYS, WINDOW_WEEKS = 7, 8
# A few weeks know the hour of the week poorly, so it only leans the hour of the day.
WEEK_SHARE = 0.3
# "Now" is the median of so many hours: one odd hour is not the new level.
RECENT_HOURS = 3
# How much of today's distance from the usual is left so many hours later is learned at these leads.
LEADS = (1, 3, 6, 12, 24, 48, 96, 168)
SHARES = np.linspace(0.0, 1.0, 11)
LEARNED_HOURS = 4 * WEEK


@model("naive_day", "hour")
def naive_day(panel: Panel, horizon: int) -> Floats:
    """The last day, repeated."""
    return _repeat(panel.values[:, -DAY:], horizon)


@model("hour_window", "hour")
def hour_window(panel: Panel, horizon: int) -> Floats:
    """The median of the last seven same hours of the day."""
    return _cycle(panel.values, DAY, WINDOW_DAYS, horizon)


@model("anchored", "hour")
def anchored(panel: Panel, horizon: int) -> Floats:
    """The usual week, moved to where the series is now; the move fades as it did before."""
    values = panel.values
    away = _away(values)
    share = _carried(away, horizon)
    return _usual(values, horizon) + _recent(away)[:, -1:] * share


@model("level", "hour")
def level(panel: Panel, horizon: int) -> Floats:
    """The last hours, held: right for what switches between levels without a rhythm."""
    return np.repeat(_recent(panel.values[:, -RECENT_HOURS:])[:, -1:], horizon, axis=1)


def _repeat(part: Floats, horizon: int) -> Floats:
    filled = np.where(np.isnan(part), np.nan_to_num(median(part))[:, None], part)
    return filled[:, np.arange(horizon) % filled.shape[1]]


def _cycle(values: Floats, season: int, count: int, horizon: int) -> Floats:
    """The median of the last `count` seasons; NaN hours of younger series do not count."""
    count = max(1, min(count, values.shape[1] // season))
    part = values[:, -count * season :]
    if part.shape[1] < season:
        return _repeat(part, horizon)
    folded = np.swapaxes(part.reshape(values.shape[0], count, season), 1, 2)
    return _repeat(median(folded), horizon)


def _usual(values: Floats, horizon: int) -> Floats:
    """The hour of the day, leaning towards what the same hour of the week was."""
    day = _cycle(values, DAY, WINDOW_DAYS, horizon)
    if values.shape[1] < 2 * WEEK:
        return day
    week = _cycle(values, WEEK, WINDOW_WEEKS, horizon)
    return (1 - WEEK_SHARE) * day + WEEK_SHARE * week


def _away(values: Floats) -> Floats:
    """How far each of the last hours was from the usual week."""
    hours = min(values.shape[1], LEARNED_HOURS)
    week = _usual(values, WEEK)
    return np.asarray(values[:, -hours:] - week[:, np.arange(-hours, 0) % WEEK])


def _recent(values: Floats) -> Floats:
    """The median of each hour and the hours before it."""
    shifted = [np.roll(values, lag, axis=1) for lag in range(min(RECENT_HOURS, values.shape[1]))]
    for lag, moved in enumerate(shifted):
        moved[:, :lag] = np.nan
    return np.nan_to_num(median(np.stack(shifted, axis=-1)))


def _carried(away: Floats, horizon: int) -> Floats:
    """The share of today's distance that was left 1 to `horizon` hours later, never growing."""
    recent = _recent(away)
    shares: list[Floats] = []
    for lead in LEADS:
        if away.shape[1] < lead + WEEK:
            shares.append(shares[-1] if shares else np.zeros(away.shape[0]))
            continue
        then = away[:, lead:]
        guess = recent[:, :-lead]
        errors = np.stack([mean_known(np.abs(then - share * guess)) for share in SHARES])
        shares.append(SHARES[np.argmin(errors, axis=0)])
    fading = np.minimum.accumulate(np.stack(shares), axis=0)
    ahead = np.arange(1, horizon + 1)
    return np.stack([np.interp(ahead, LEADS, row) for row in fading.T])
