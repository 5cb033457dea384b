"""The list of forecast models, filled by the `@model` decorator."""

from __future__ import annotations

from collections.abc import Callable

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.forecasting.panel import Panel

#: A model gives the median path: one row per series, one column per day ahead.
Model = Callable[[Panel, int], Floats]

MODELS: dict[str, Model] = {}

#: What every other model must beat to be used.
REFERENCE = "seasonal_naive"


def model(name: str) -> Callable[[Model], Model]:
    """Register a function as a forecast model."""

    def register(function: Model) -> Model:
        if name in MODELS:
            raise ValueError(f"forecast model {name!r} is registered twice: rename one of them")
        MODELS[name] = function
        return function

    return register
