"""Bills with known truth: frames to judge, the incidents in them, and which days count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.grid import Bools, Floats, Ints
from orchestration.analytics.detectors.training.backgrounds import background
from orchestration.analytics.detectors.training.incidents import (
    KINDS,
    WARM_UP,
    Bill,
    Incident,
    add_habits,
    add_incident,
    add_late_days,
)

LENGTH = 365
#: Median dollars a day, and the spread of it over series (log-normal).
MONEY, MONEY_SPREAD = 60.0, 1.5
WITH_INCIDENTS, WITH_SECOND, WITH_LATE_DAYS = 0.65, 0.35, 0.5
#: Days between two incidents, and from the last one to the end: time to settle, and to be told.
APART, LAST = 65, 25

#: A background of `LENGTH` days: its days, its values (median 1) and the name of its donor.
Draw = Callable[[np.random.Generator], tuple[pd.DatetimeIndex, Floats, str]]


@dataclass(frozen=True)
class Corpus:
    """Series side by side; `state` has one row per series, one column per day."""

    frame: pd.DataFrame
    state: Ints
    incidents: list[list[Incident]]
    habits: list[dict[str, Bools]]
    #: The donor of each series' background: folds never split one.
    donors: list[str]


def invented(rng: np.random.Generator) -> tuple[pd.DatetimeIndex, Floats, str]:
    """A background of our own making, from any day of five years on."""
    start = pd.Timestamp("2020-01-01") + pd.Timedelta(days=int(rng.integers(0, 5 * 365)))
    days = pd.date_range(start, periods=LENGTH, freq="D", unit="ns")
    weekday = days.day_of_week.to_numpy(dtype=np.int64)
    return days, background(rng, weekday), f"invented-{rng.integers(1 << 40)}"


def make_corpus(seed: int, count: int, draw: Draw = invented) -> Corpus:
    """`count` series of `LENGTH` days, the same for the same seed."""
    rng = np.random.default_rng(seed)
    frames, states, incidents, habits, donors = [], [], [], [], []
    for number in range(count):
        days, values, donor = draw(rng)
        money = float(np.clip(MONEY * np.exp(rng.normal(0, MONEY_SPREAD)), 2, 50_000))
        bill = Bill(rng, days, values * money)
        add_habits(bill)
        if rng.random() < WITH_INCIDENTS:
            _plant(bill)
        if rng.random() < WITH_LATE_DAYS:
            add_late_days(bill)
        y = np.round(np.maximum(bill.y, 0), 6)
        frames.append(pd.DataFrame({"series_id": f"{seed}-{number:05d}", "ds": days, "y": y}))
        states.append(bill.state())
        incidents.append([found for found in bill.incidents if found.kind in KINDS])
        habits.append(bill.habits)
        donors.append(donor)
    return Corpus(pd.concat(frames, ignore_index=True), np.stack(states), incidents, habits, donors)


def _plant(bill: Bill) -> None:
    """One incident, or two that are far apart; those that rewrite the past come first.

    Every judged day is as likely: the combiner must not learn when incidents happen.
    """
    rng = bill.rng
    kinds = list(rng.choice(KINDS, size=1 + int(rng.random() < WITH_SECOND), replace=False))
    kinds.sort(key=lambda kind: kind not in ("new_service", "credit_end"))
    onset = int(rng.integers(WARM_UP + 10, bill.length - LAST))
    onsets = [onset]
    if len(kinds) > 1:
        days = np.arange(WARM_UP + 10, bill.length - LAST)
        onsets.append(int(rng.choice(days[np.abs(days - onset) >= APART])))
    for kind, onset in zip(kinds, sorted(onsets), strict=True):
        add_incident(bill, str(kind), onset)
