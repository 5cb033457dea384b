"""Forecasts of what a forecast is made of: parts that add up to it exactly, day by day.

The whole is forecast better than the sum of its parts, so it stands; the parts, each forecast by
what did best on its own record, share the difference in proportion to their size.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.forecasting.forecaster import QUANTILES, forecast_panel
from orchestration.analytics.forecasting.panel import to_panel
from orchestration.analytics.forecasting.rhythm import DAILY
from orchestration.analytics.forecasting.rolling import nonnegative_floor
from orchestration.analytics.money import apportion

_BANDS = [name for name in QUANTILES if name != "p50"]


def forecast_parts(
    frame: pd.DataFrame, whole_of: Mapping[str, str], wholes: pd.DataFrame
) -> pd.DataFrame:
    """Forecast frame[series_id, ds, y] for the days of wholes[series_id, ds, p50] (exact money).

    `whole_of` names the whole that each series is a part of. Returns the columns of `forecast`,
    p50 as exact money; on every day the parts of a whole sum to its p50. A part must end on the
    day its whole ends; a whole without parts is a ValueError.
    """
    days = wholes.groupby("series_id").size()
    missing = sorted(set(days.index) - set(whole_of.values()))
    if missing:
        raise ValueError(f"forecast {missing[0]!r} has no parts: pass series for it in `whole_of`")
    panel = to_panel(frame)
    rows = forecast_panel(panel, int(days.max()), DAILY)
    rows["whole"] = rows["series_id"].map(dict(whole_of))
    target = wholes.rename(columns={"series_id": "whole", "p50": "target"})
    rows = rows.merge(target[["whole", "ds", "target"]], on=["whole", "ds"])
    medians, targets = rows["p50"].to_numpy(), rows["target"].tolist()
    days_of: Any = rows.groupby(["whole", "ds"], sort=False)
    exact = pd.Series(index=rows.index, dtype=object)
    for places in days_of.indices.values():
        shared = reconciled(medians[places], targets[places[0]])
        exact.iloc[places] = pd.Series(shared, dtype=object)
    middle = exact.astype(np.float64)
    moved = middle - rows["p50"]
    lowest = dict(zip(panel.series_ids, nonnegative_floor(panel), strict=True))
    floor = np.minimum(rows["series_id"].map(lowest), middle)
    # As uncertain as before, around where it now lies.
    for name in _BANDS:
        rows[name] = np.maximum(rows[name] + moved, floor)
    rows["p50"] = exact
    return rows.drop(columns=["whole", "target"])


def reconciled(parts: Floats, whole: Decimal) -> list[Decimal]:
    """Money that sums to `whole`: each part moves in proportion to its size, alike if all are 0."""
    with localcontext() as context:
        context.prec = 60
        values = [Decimal(str(value)) for value in parts.tolist()]
        sizes = [abs(value) for value in values]
        if not any(sizes):
            sizes = [Decimal(1)] * len(sizes)
        short, size = whole - sum(values, Decimal(0)), sum(sizes, Decimal(0))
        moved = [v + short * s / size for v, s in zip(values, sizes, strict=True)]
        return apportion(moved, whole)
