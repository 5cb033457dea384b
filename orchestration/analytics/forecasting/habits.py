"""What goes by the calendar: fees of the month, the quarter or the year, and how periods begin or
end (a free tier, a busy end of the quarter).

They are taken out of the history before any model sees it, and laid over whatever it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt

from orchestration.analytics.detectors.grid import Bools, Floats, Ints, median
from orchestration.analytics.forecasting.cadence import Cadence, cadence_of
from orchestration.analytics.forecasting.panel import Panel
from orchestration.analytics.forecasting.profile import (
    FEE_NOISE,
    last_known,
    monthly_fees,
    noise_of,
    running_base,
)
from orchestration.analytics.forecasting.rhythm import Rhythm

Dates = npt.NDArray[np.datetime64]

#: Months from one seldom fee to the next.
SELDOM = (3, 6, 12)
#: Two fees are one that comes again if they differ by no more than this share.
ALIKE = 0.15
#: Of a fee no more than this share is on the day before or after.
ALONE = 0.5
#: A shape is one that was seen in each of so many periods.
PERIODS = 3
#: Each of its days was away from the usual by this share of it, and by so many deviations.
SHARE, DEVIATIONS = 0.2, 2.0


@dataclass(frozen=True)
class Shape:
    """The first or the last days of each period of so many months."""

    months: int
    at: Literal["start", "end"]
    #: Its days at most. More would be on the days that they are compared with.
    days: int
    #: Whether they cost more (1) or less (-1).
    way: Literal[1, -1]

    def place(self, dates: Dates) -> Ints:
        """How many days after the period's first, or before its last, each date is."""
        month = dates.astype("datetime64[M]")
        first = month - month.astype(np.int64) % self.months
        following = (first + self.months).astype("datetime64[D]")
        day = dates.astype("datetime64[D]")
        away = day - first.astype("datetime64[D]") if self.at == "start" else following - day - 1
        return np.asarray(away.astype(np.int64))


FREE_TIER, BUSY_END = Shape(1, "start", 14, -1), Shape(3, "end", 10, 1)


@dataclass(frozen=True)
class Habits:
    """A panel without its habits, and what they make of any path of it."""

    panel: Panel
    plain: Panel
    #: By series and step ahead: what the path is multiplied by, and what comes on top.
    factor: Floats
    due: Floats

    def over(self, path: Floats) -> Floats:
        """The path with the habits."""
        return path * self.factor + self.due


def habits_in(panel: Panel, horizon: int, rhythm: Rhythm) -> Habits:
    """The habits that show in a panel, over its next columns: only days go by the calendar."""
    if rhythm.period == "day":
        return _habits_of_days(panel, horizon)
    shape = (len(panel.values), horizon)
    return Habits(panel, panel, np.ones(shape), np.zeros(shape))


def _habits_of_days(panel: Panel, horizon: int) -> Habits:
    base, dates, future = running_base(panel.values), panel.dates(), panel.future(horizon)
    fee, due = monthly_fees(panel, base, horizon)
    values = np.where(fee > 0, base, panel.values)
    values, factor = _without_shape(values, dates, future, FREE_TIER, fee > 0)
    # The days of a free tier would each be a fee below zero.
    values = np.where((fee < 0) & (values == panel.values), base, values)
    due = np.where((due < 0) & (factor != 1), 0.0, due)
    values = _without_seldom(replace(panel, values=values), base, due)
    values, busy = _without_shape(values, dates, future, BUSY_END, np.zeros_like(fee, dtype=bool))
    return Habits(panel, replace(panel, values=values), factor * busy, due)


def _without_seldom(panel: Panel, base: Floats, due: Floats) -> Floats:
    """The history without the fees of longer periods; those to come are added to `due`."""
    values = panel.values.copy()
    extra = np.nan_to_num(values - base)
    size = np.abs(extra)
    beside = np.zeros_like(size)
    beside[:, 1:] = size[:, :-1]
    beside[:, :-1] = np.maximum(beside[:, :-1], size[:, 1:])
    noise = noise_of(values, extra)
    standing = (size > FEE_NOISE * noise) & (beside < ALONE * size)
    for row in np.flatnonzero(standing.sum(axis=1) > 1):
        columns = np.flatnonzero(standing[row])
        back = panel.days - 1 - columns
        days = [day.item() for day in (panel.end[row] - back * panel.step).astype("datetime64[D]")]
        slack = 2 * float(noise[row, 0])
        known = panel.end[row].astype("datetime64[D]").item()
        for fee, cadence, paid in _seldom(extra[row, columns], days, slack):
            values[row, columns[paid]] = base[row, columns[paid]]
            for _, on in cadence.ahead([days[place] for place in paid], known, due.shape[1]):
                due[row, (on - known).days - 1] += fee
    return values


def _seldom(
    extra: Floats, days: list[date], slack: float
) -> Iterator[tuple[float, Cadence, list[int]]]:
    """The latest amount of each seldom fee, its rhythm and the places of its days, of what stands
    out.

    Among other days that stand out as much, some would seem to be a rhythm by chance.
    """
    left, found = np.ones(len(extra), dtype=bool), []
    for place in range(len(extra) - 1, 0, -1):
        if not left[place]:
            continue
        alike = np.abs(extra - extra[place]) <= ALIKE * abs(extra[place]) + slack
        paid = np.flatnonzero(alike & left)
        cadence = cadence_of([days[one] for one in paid], recurring=False)
        if cadence is None or len(paid) < 2:
            continue
        left[paid] = False
        if cadence.months in SELDOM:
            found.append((cadence, paid))
    for cadence, paid in found:
        amount = float(extra[paid[-1]])
        others = left & (np.arange(len(extra)) > paid[0]) & (extra * np.sign(amount) > 0)
        if (np.abs(extra[others]) > ALONE * abs(amount)).sum() < len(paid):
            same = extra[paid]
            fee = float(same[np.abs(same - amount) <= slack].mean())
            yield fee, cadence, paid.tolist()


def _without_shape(
    values: Floats, dates: Dates, future: Dates, shape: Shape, other: Bools
) -> tuple[Floats, Floats]:
    """The history with the usual cost on the days of a shape, and what it makes of those ahead.

    Of days that are what they are for an `other` reason nothing is known: the shape spans them.
    """
    # As many periods and the one that has begun, and what their first days are compared with.
    recent = (PERIODS + 1) * shape.months * 31 + 14
    late, place, other = values[:, -recent:], shape.place(dates[:, -recent:]), other[:, -recent:]
    outside = place >= shape.days
    usual = running_base(np.where(outside, late, np.nan))
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where(usual > 0, late / usual - 1, np.nan)
    spread = 1.4826 * median(np.abs(np.where(outside, change, np.nan)))
    least = np.maximum(SHARE, DEVIATIONS * np.nan_to_num(spread))[:, None, None]
    at = [place == day for day in range(shape.days)]
    seen = np.stack([last_known(np.where(here, change, np.nan), PERIODS) for here in at], axis=1)
    spanned = np.stack([(here & other).any(axis=1) for here in at], axis=1)
    moved = (seen * shape.way >= least).all(axis=2)
    held = np.logical_and.accumulate(moved | spanned, axis=1) & moved & ~spanned
    does = np.ones((len(values), shape.days + 1))
    does[:, :-1] += np.where(held, median(seen), 0.0)
    rows = np.arange(len(values))[:, None]
    out = values.copy()
    away = (does[rows, np.minimum(place, shape.days)] != 1) & np.isfinite(usual)
    out[:, -recent:] = np.where(away, usual, late)
    return out, does[rows, np.minimum(shape.place(future), shape.days)]
