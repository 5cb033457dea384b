"""Alarms that earlier days explain: fees of the quarter or year, busy ends of quarters, days caught
up.

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
#: The last days of a quarter that can be busy, and the days after it on which that is over.
BUSY_DAYS, OVER = 10, (3, 4, 5)
#: The usual is that of the same weekday so many days before: before the end's first busy one.
USUAL = (21, 28, 35, 42)
#: A busy end is like those of the `QUARTERS` before if it is not this many times as busy; below
#: this share more than usual, none is busy.
LIKE, QUARTERS, BUSY_SHARE = 1.5, (1, 2), 0.1


def set_aside_explained(flags: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """`flags` (from `detect` over `series`) without the alarms of days that cost too much because
    a fee came again, or because the days before them had cost too little by as much; and without
    those of a third busy end of a quarter, and of its being over.
    """
    y = series.set_index(["series_id", "ds"])["y"]
    extra = y - flags.set_index(["series_id", "ds"])["expected"]
    alarms = flags[flags["flag"]]
    days, ends = _Days(alarms, extra), _Ends(_Days(alarms, y))
    alone = alarms["kind"].isin(KINDS).to_numpy()
    down = (alarms["kind"] == "drop").to_numpy()
    of_ends = np.where(down, ends.is_over(), ends.is_busy_again())
    known = alarms.index[(alone & (days.is_fee() | days.is_caught_up())) | of_ends]
    return flags.assign(flag=flags["flag"] & ~flags.index.isin(known))


@dataclass(frozen=True)
class _Days:
    """The days of alarms among all days, and a figure of those: what they cost too much, or all."""

    alarms: pd.DataFrame
    figure: pd.Series[float]

    def on(self, days: pd.Series[pd.Timestamp]) -> Floats:
        """The figure of each alarm's series on a day; NaN where it is not known."""
        index = pd.MultiIndex.from_arrays([self.alarms["series_id"], days])
        return np.asarray(self.figure.reindex(index), dtype=np.float64)

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


@dataclass(frozen=True)
class _Ends:
    """How busy the ends of quarters were beside the weeks before them."""

    costs: _Days

    def is_busy_again(self) -> Bools:
        """About as much more than usual as at the same distance from the ends of `QUARTERS`, after
        which all was as before; as it is now, as far as that is known.
        """
        day = self.costs.alarms["ds"]
        end = day + pd.offsets.QuarterEnd(0)
        before_end, now = end - day, self._more(day)
        known = (before_end.dt.days < BUSY_DAYS).to_numpy() & (now >= BUSY_SHARE)
        for quarters in QUARTERS:
            then = end - pd.offsets.QuarterEnd(quarters)
            near = [then - before_end + pd.Timedelta(days=days) for days in (-1, 0, 1)]
            as_busy = np.fmax.reduce([self._more(near_day) for near_day in near])
            known &= (as_busy >= now / LIKE) & (self._after(then) < (1 - GONE) * now)
        return known & ~(self._after(end) >= (1 - GONE) * now)

    def is_over(self) -> Bools:
        """As usual, after a third end of a quarter that was busy."""
        day = self.costs.alarms["ds"]
        end = day - pd.offsets.QuarterEnd(1)
        known = ((day - end).dt.days <= BUSY_DAYS).to_numpy() & (self._more(day) > -ALIKE)
        for quarters in (0, *QUARTERS):
            then = end - pd.offsets.QuarterEnd(quarters)
            last = [self._more(then - pd.Timedelta(days=days)) for days in range(3)]
            known &= np.median(last, axis=0) >= BUSY_SHARE
        return known

    def _after(self, end: pd.Series[pd.Timestamp]) -> Floats:
        """How much more than usual the first days cost that are no longer busy."""
        days = [self._more(end + pd.Timedelta(days=days)) for days in OVER]
        return np.asarray(np.median(days, axis=0))

    def _more(self, days: pd.Series[pd.Timestamp]) -> Floats:
        """The share by which a day cost more than usual, or the cost of what is silent else; NaN
        where that is not known.
        """
        before = [self.costs.on(days - pd.Timedelta(days=ago)) for ago in USUAL]
        usual = np.median(before, axis=0)
        return np.asarray((self.costs.on(days) - usual) / np.where(usual > 0, usual, 1.0))
