"""Anomaly detectors: `detect(frame)` runs all of them as one causal ensemble."""

from orchestration.analytics.detectors import (
    change_point,
    drop,
    level_shift,
    new_spend,
    weekday,
)
from orchestration.analytics.detectors.ensemble import detect
from orchestration.analytics.detectors.grid import SeriesError
from orchestration.analytics.detectors.registry import DETECTORS, detector
from orchestration.analytics.detectors.tuning import DEFAULT, Tuning

__all__ = [
    "DEFAULT",
    "DETECTORS",
    "SeriesError",
    "Tuning",
    "change_point",
    "detect",
    "detector",
    "drop",
    "level_shift",
    "new_spend",
    "weekday",
]
