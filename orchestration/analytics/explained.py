"""Alarms of a day that earlier days explain: fees of the quarter or year, and days caught up.

Detectors remember the day of the month for two months, and judge each day by itself. What comes
more seldom, and what a feed delivered under a later date, is recognised afterwards, by what days
cost beside what was expected of them. Each day is held against earlier ones, and the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.grid import Bools, Floats

MONTHS_BEFORE = (3, 6, 12)
#: A billing day moves with week-ends and the length of months.
MOVES = range(-3, 4)
#: A fee as large as before, or nearly (a new price is news); as much caught up as was missing.
ALIKE = 0.15
#: What is gone of it on the day after: what stays is no fee, and the alarm stands, a day late.
GONE = 0.5
#: So many days may be caught up on one.
MISSING_DAYS = 3
#: What a day alone can raise.
KINDS = ("spike", "new_spend")


def set_aside_explained(flags: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """`flags` (from `detect` over `series`) without the alarms of days that cost too much because
    a fee came again, or because the days before them had cost too little by as much.
    """
    y = series.set_index(["series_id", "ds"])["y"]
    extra = y - flags.set_index(["series_id", "ds"])["expected"]
    alarms = flags[flags["flag"] & flags["kind"].isin(KINDS)]
    days = _Days(alarms, extra)
    known = alarms.index[days.is_fee() | days.is_caught_up()]
    return flags.assign(flag=flags["flag"] & ~flags.index.isin(known))


@dataclass(frozen=True)
class _Days:
    """The days of alarms among all days, and what those cost beside what was expected."""

    alarms: pd.DataFrame
    extra: pd.Series[float]

    def on(self, days: pd.Series[pd.Timestamp]) -> Floats:
        """What the series of each alarm cost too much on a day; NaN where it is not known."""
        index = pd.MultiIndex.from_arrays([self.alarms["series_id"], days])
        return np.asarray(self.extra.reindex(index), dtype=np.float64)

    def after(self, days: int) -> Floats:
        """The same, so many days after each alarm's."""
        return self.on(self.alarms["ds"] + pd.Timedelta(days=days))

    def is_fee(self) -> Bools:
        """About as much came on top `MONTHS_BEFORE`, and is gone on the next day."""
        now = self.after(0)
        known = np.zeros(len(now), dtype=bool)
        for months in MONTHS_BEFORE:
            then = self.alarms["ds"] - pd.DateOffset(months=months)
            for days in MOVES:
                before = self.on(then + pd.Timedelta(days=days))
                known |= np.abs(before - now) <= ALIKE * np.abs(now)
        return known & ~(np.abs(self.after(1)) > (1 - GONE) * np.abs(now))

    def is_caught_up(self) -> Bools:
        """As much was missing on the days right before."""
        now = self.after(0)
        known, missing = np.zeros(len(now), dtype=bool), np.zeros(len(now))
        for days in range(1, MISSING_DAYS + 1):
            missing = missing + self.after(-days)
            known |= np.abs(missing + now) <= ALIKE * np.abs(now)
        return known
