"""Weekly models: what carries on from the last weeks."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.grid import Floats, median
from orchestration.analytics.forecasting.panel import Panel
from orchestration.analytics.forecasting.registry import model

RECENT_WEEKS = 4
# The trend keeps this share of itself from week to week.
DAMPING = 0.9
TREND_WEEKS = 26


@model("last_week", "week")
def last_week(panel: Panel, horizon: int) -> Floats:
    """The last week, held."""
    return np.repeat(np.nan_to_num(panel.values[:, -1:]), horizon, axis=1)


@model("recent_weeks", "week")
def recent_weeks(panel: Panel, horizon: int) -> Floats:
    """The median of the last four weeks, held."""
    level = np.nan_to_num(median(panel.values[:, -RECENT_WEEKS:]))
    return np.repeat(level[:, None], horizon, axis=1)


@model("damped_trend", "week")
def damped_trend(panel: Panel, horizon: int) -> Floats:
    """The last week and the median change of half a year, damped."""
    changes = np.diff(panel.values[:, -TREND_WEEKS:], axis=1)
    slope = np.nan_to_num(median(changes)) if changes.shape[1] else np.zeros(len(panel.values))
    grown = DAMPING * (1 - DAMPING ** np.arange(1, horizon + 1)) / (1 - DAMPING)
    return np.asarray(last_week(panel, horizon) + slope[:, None] * grown, dtype=np.float64)
