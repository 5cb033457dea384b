"""The list of detectors, filled by the `@detector` decorator of each file beside this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from orchestration.analytics.detectors.grid import Floats, Ints
from orchestration.analytics.detectors.history import Day, History

Kind = Literal["spike", "level_shift", "drop", "new_spend"]


@dataclass(frozen=True)
class Vote:
    """One detector's opinion on one day of all series."""

    #: Statistic over the detector's own threshold: from 1 on it would alarm alone.
    score: Floats
    #: Money a day that is too much (or, below zero, missing).
    amount: Floats
    #: First day (column) of what is seen; the day itself when left out.
    onset: Ints | None = None
    #: What the combiner looks at, by name: scale-free, comparable between series.
    evidence: dict[str, Floats] = field(default_factory=dict)


Judge = Callable[[History, Day], Vote]


@dataclass(frozen=True)
class Detector:
    """A registered detector; `rank` decides whose kind an alarm takes (the lowest wins)."""

    name: str
    kind: Kind
    rank: int
    judge: Judge


DETECTORS: dict[str, Detector] = {}


def detector(name: str, *, kind: Kind, rank: int) -> Callable[[Judge], Judge]:
    """Register a function as a detector."""

    def register(judge: Judge) -> Judge:
        if name in DETECTORS:
            raise ValueError(f"detector {name!r} is registered twice: rename one of them")
        DETECTORS[name] = Detector(name, kind, rank, judge)
        return judge

    return register


def share_of(value: Floats, threshold: Floats) -> Floats:
    """`value / threshold`, 0 where either is unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        score = value / threshold
    return np.where(np.isfinite(score), score, 0.0)
