"""The size of a usual error of each series: errors in units of it can be pooled over series."""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.forecasting.panel import Panel
from orchestration.analytics.forecasting.rhythm import Rhythm


def error_scale(panel: Panel, rhythm: Rhythm) -> Floats:
    """The usual change over the rhythm's lag; over one season for series of a short history.

    Each series goes by its own age: a new one among old ones has no changes over a long lag.
    """
    age = panel.length
    change = np.where(
        age > 3 * rhythm.change_lag,
        usual_change(panel, rhythm.change_lag, rhythm.change_window),
        usual_change(panel, rhythm.season, rhythm.change_window),
    )
    level = mean_known(np.abs(panel.values[:, -rhythm.season :]))
    return np.where(age > rhythm.season, change, np.maximum(0.1 * level, 1e-9))


def usual_change(panel: Panel, lag: int, window: int) -> Floats:
    """The mean change over `lag` columns within the last `window`; never quite nothing."""
    values = panel.values[:, -(window + lag) :]
    change = mean_known(np.abs(values[:, lag:] - values[:, :-lag]))
    return np.maximum(change, 1e-3 * mean_known(np.abs(values)) + 1e-9)


def season_change(panel: Panel, rhythm: Rhythm) -> Floats:
    """Mean change against a season earlier: the denominator of MASE."""
    values, lag = panel.values, rhythm.season
    if values.shape[1] <= lag:
        return np.full(values.shape[0], np.nan)
    return mean_known(np.abs(values[:, lag:] - values[:, :-lag]))


def mean_known(values: Floats) -> Floats:
    """Mean along the last axis without NaN, 0 where nothing is known."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=-1)
    return np.asarray(total / np.maximum(known.sum(axis=-1), 1), dtype=np.float64)
