"""Forecasts with intervals: `forecast(frame, horizon)` and `backtest(frame)`."""

from orchestration.analytics.forecasting import models
from orchestration.analytics.forecasting.backtesting import backtest
from orchestration.analytics.forecasting.forecaster import FOLDS, HORIZONS, forecast
from orchestration.analytics.forecasting.registry import MODELS, REFERENCE, model

__all__ = [
    "FOLDS",
    "HORIZONS",
    "MODELS",
    "REFERENCE",
    "backtest",
    "forecast",
    "model",
    "models",
]
