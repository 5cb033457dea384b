"""The lists of forecast models, one for each rhythm, filled by the `@model` decorator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.forecasting.panel import Panel

#: How far apart the values of a series lie.
Period = Literal["hour", "day", "week"]

#: A model gives the median path: one row per series, one column per period ahead.
Model = Callable[[Panel, int], Floats]

MODELS: dict[Period, dict[str, Model]] = {"hour": {}, "day": {}, "week": {}}


def model(name: str, period: Period) -> Callable[[Model], Model]:
    """Register a function as a forecast model of hourly, daily or weekly series."""

    def register(function: Model) -> Model:
        if name in MODELS[period]:
            raise ValueError(
                f"forecast model {name!r} of the {period} is registered twice: rename one of them"
            )
        MODELS[period][name] = function
        return function

    return register
