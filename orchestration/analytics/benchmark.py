"""Our forecaster in the signature of the forecast benchmark: fn(train, h, season, freq)."""

from __future__ import annotations

import pandas as pd

from orchestration.analytics.capacity.demand import forecast_demand
from orchestration.analytics.forecasting import Period, column, forecast

LEVELS = (0.025, 0.1, 0.25, 0.75, 0.9, 0.975)

PERIODS: dict[str, Period] = {"D": "day", "h": "hour", "W": "week"}


def forecaster(train: pd.DataFrame, h: int, _season: int, freq: str) -> pd.DataFrame:
    """Forecast each origin of `unique_id` = "series@origin" on its own."""
    if freq not in PERIODS:
        raise ValueError(f"frequency {freq!r} is unknown: choose one of {', '.join(PERIODS)}")
    origin = train["unique_id"].str.split("@").str[1]
    parts = [_one_origin(part, h, PERIODS[freq]) for _, part in train.groupby(origin, sort=True)]
    return pd.concat(parts, ignore_index=True)


def _one_origin(train: pd.DataFrame, h: int, period: Period) -> pd.DataFrame:
    series = train.rename(columns={"unique_id": "series_id"})
    daily = period == "day"
    result = forecast(series, h, LEVELS) if daily else forecast_demand(series, h, period, LEVELS)
    made = {
        "unique_id": result["series_id"],
        "step": result.groupby("series_id").cumcount() + 1,
        "mean": result["p50"],
    }
    return pd.DataFrame(made | {f"q{level}": result[column(level)] for level in LEVELS})
