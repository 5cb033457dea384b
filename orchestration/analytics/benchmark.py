"""Our forecaster in the signature of the forecast benchmark: fn(train, h, season, freq)."""

from __future__ import annotations

import pandas as pd

from orchestration.analytics.capacity.demand import forecast_demand
from orchestration.analytics.forecasting import Period, forecast

# The benchmark also asks for quartiles; a normal shape inside the 80 % band gives them.
QUARTILE = 0.6745 / 1.2816


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
    result = forecast(series, h) if period == "day" else forecast_demand(series, h, period)
    low = result["p50"] - QUARTILE * (result["p50"] - result["p10"])
    high = result["p50"] + QUARTILE * (result["p90"] - result["p50"])
    return pd.DataFrame(
        {
            "unique_id": result["series_id"],
            "step": result.groupby("series_id").cumcount() + 1,
            "mean": result["p50"],
            "q0.025": result["p025"],
            "q0.1": result["p10"],
            "q0.25": low,
            "q0.75": high,
            "q0.9": result["p90"],
            "q0.975": result["p975"],
        }
    )
