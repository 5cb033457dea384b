"""Forecasts with intervals: `forecast(frame, horizon)` and `backtest(frame)`."""

from orchestration.analytics.forecasting import hourly, models, weekly
from orchestration.analytics.forecasting.adding_up import forecast_with_totals
from orchestration.analytics.forecasting.backtesting import backtest
from orchestration.analytics.forecasting.conformal import LEVELS
from orchestration.analytics.forecasting.forecaster import (
    COLUMNS,
    FOLDS,
    HORIZONS,
    QUANTILES,
    column,
    columns,
    forecast,
    forecast_panel,
    quantile_columns,
)
from orchestration.analytics.forecasting.months import purchase_months
from orchestration.analytics.forecasting.parts import forecast_parts
from orchestration.analytics.forecasting.registry import MODELS, Period, model
from orchestration.analytics.forecasting.rhythm import RHYTHMS
from orchestration.analytics.forecasting.rolling import CORRECTED
from orchestration.analytics.forecasting.schedule import schedule

__all__ = [
    "COLUMNS",
    "CORRECTED",
    "FOLDS",
    "HORIZONS",
    "LEVELS",
    "MODELS",
    "QUANTILES",
    "RHYTHMS",
    "Period",
    "backtest",
    "column",
    "columns",
    "forecast",
    "forecast_panel",
    "forecast_parts",
    "forecast_with_totals",
    "hourly",
    "model",
    "models",
    "purchase_months",
    "quantile_columns",
    "schedule",
    "weekly",
]
