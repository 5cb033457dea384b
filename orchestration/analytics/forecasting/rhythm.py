"""What hourly, daily and weekly series have of their own; all else of a forecast is the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.analytics.forecasting.registry import Period


@dataclass(frozen=True)
class Rhythm:
    """The figures of one period; all lengths are numbers of it.

    Those of the learned correction (`trees` and later) are measured on the forecast benchmark.
    """

    period: Period
    #: The time from one column to the next, and the unit that times are cut to.
    step: np.timedelta64
    unit: str
    #: What repeats soonest, and what repeats over it (the week over the day, the year over both).
    season: int
    cycle: int
    #: What every other model must beat to be used, and the model whose errors are learned from.
    reference: str
    base: str
    #: Horizons that origins are laid out for, the origins of each, and how far apart at most.
    horizons: tuple[int, ...]
    folds: int
    longest_step: int
    #: At most so many origins before those widen the record that intervals are taken from.
    older: int
    #: A model is tested only where it has this much history to learn from.
    least_history: int
    #: How much the record of all series counts beside a series' own: a handful of folds are few.
    pooled_share: float
    #: How many of the best models' paths are averaged.
    averaged: int
    #: The usual error of a series: the mean change over `change_lag` within `change_window`.
    change_lag: int
    change_window: int
    #: Spans whose mean level the correction sees, and single values back from the last.
    spans: tuple[int, ...]
    lags: tuple[int, ...]
    #: Origins of the correction's lessons and how far apart they lie.
    lessons: int
    lesson_step: int
    trees: int
    #: The share of the correction that is believed, by periods ahead (in between: interpolated).
    trust: tuple[tuple[float, ...], tuple[float, ...]]


HOURLY = Rhythm(
    period="hour",
    step=np.timedelta64(1, "h"),
    unit="h",
    season=24,
    cycle=168,
    reference="naive_day",
    base="naive_day",
    horizons=(24,),
    folds=12,
    # Origins fall on another hour of the day each.
    longest_step=29,
    older=0,
    least_history=2 * 168,
    pooled_share=0.5,
    averaged=1,
    change_lag=24,
    change_window=4 * 168,
    spans=(24, 48, 96, 192, 312, 624),
    lags=(1,),
    lessons=20,
    lesson_step=13,
    trees=150,
    trust=((1.0,), (1.0,)),
)
DAILY = Rhythm(
    period="day",
    step=np.timedelta64(1, "D"),
    unit="D",
    season=7,
    cycle=364,
    reference="seasonal_naive",
    base="median",
    horizons=(30, 90, 180),
    folds=6,
    longest_step=30,
    older=12,
    least_history=56,
    pooled_share=0.8,
    averaged=2,
    change_lag=28,
    change_window=182,
    spans=(7, 14, 28, 56, 91, 182),
    lags=(1,),
    lessons=24,
    lesson_step=29,
    trees=100,
    trust=((1.0, 90.0), (0.2, 0.7)),
)
WEEKLY = Rhythm(
    period="week",
    step=np.timedelta64(7, "D"),
    unit="D",
    season=1,
    cycle=52,
    reference="last_week",
    base="last_week",
    horizons=(13,),
    folds=6,
    longest_step=13,
    older=0,
    least_history=30,
    pooled_share=0.5,
    averaged=1,
    change_lag=1,
    change_window=104,
    spans=(2, 4, 8, 13, 26, 52, 104),
    lags=(1, 2, 3, 5),
    lessons=24,
    lesson_step=5,
    trees=80,
    trust=((1.0,), (1.0,)),
)
RHYTHMS: dict[Period, Rhythm] = {"hour": HOURLY, "day": DAILY, "week": WEEKLY}
