"""Anomaly detectors: `detect(frame)` runs all of them as one causal ensemble."""

from orchestration.analytics.detectors import (
    drift,
    drop,
    level_shift,
    new_spend,
    weekday,
    weekly_job,
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
    "detect",
    "detector",
    "drift",
    "drop",
    "level_shift",
    "new_spend",
    "weekday",
    "weekly_job",
]
