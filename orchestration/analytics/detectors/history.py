"""What is known about every series on the evening of one day: the state the detectors look at.

The history is kept clean: a spike or a fee is replaced by what was expected, and a level shift
moves the past to the new level. So one incident raises one alarm and never spoils the baseline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.analytics.detectors.grid import (
    LAGS_PER_MONTH,
    Bools,
    Floats,
    Grid,
    Ints,
    median,
    quantile,
)
from orchestration.analytics.detectors.tuning import Tuning

# The recent level is read from the last week and from the last three days.
RECENT = (7, 3)

# Columns of the lags that are neighbours of the day of the month, not the day itself.
MOVED_DAYS = [i for i in range(2 * LAGS_PER_MONTH) if i % LAGS_PER_MONTH in (0, 2)]


@dataclass(frozen=True)
class Day:
    """One day of all series, seen with the history before it only."""

    t: int
    y: Floats
    #: Hull of the base expectations: same-weekday median, and that moved to the recent level.
    low: Floats
    high: Floats
    #: The plausible value nearest to `y`, recurring fees included.
    expected: Floats
    #: A fee or other day-of-month pattern explains the distance from the base.
    excused: Bools
    noise: Floats
    level: Floats
    #: Series old enough to judge, and not past their last day.
    ready: Bools
    active: Bools

    @property
    def base(self) -> Floats:
        """The base expectation nearest to `y`."""
        return np.clip(self.y, self.low, self.high)

    @property
    def surprise(self) -> Floats:
        """Signed distance from the nearest plausible value."""
        return self.y - self.expected


class History:
    """Mutable matrices of one run; `look` reads day t, `absorb` writes it."""

    def __init__(self, grid: Grid, tuning: Tuning) -> None:
        shape = grid.values.shape
        self.grid, self.tuning = grid, tuning
        self.raw: Floats = grid.values
        self.clean = np.full(shape, np.nan)
        #: What each day was expected to cost without fees.
        self.base = np.full(shape, np.nan)
        #: Values with fees taken out but spikes left in: what a level test looks at.
        self.usage = np.full(shape, np.nan)
        self.middle = np.full(shape, np.nan)
        self.residual = np.full(shape, np.nan)
        self.surprise = np.full(shape, np.nan)
        self.deviation = np.full(shape, np.nan)
        self.shortfall = np.full(shape, np.nan)
        self.flagged = np.zeros(shape, dtype=bool)
        self.born: Ints = np.zeros(shape[0], dtype=np.int64)
        self.noise = np.full(shape[0], np.nan)
        self.tail = np.full(shape[0], np.nan)
        self.low_tail = np.full(shape[0], np.nan)

    def window(self, matrix: Floats, t: int, days: int) -> Floats:
        """The `days` columns before `t`, with everything before the series was (re)born hidden."""
        start = max(0, t - days)
        part = matrix[:, start:t]
        return np.where(np.arange(start, t)[None, :] >= self.born[:, None], part, np.nan)

    def look(self, t: int) -> Day:
        """Everything the detectors need to judge day `t`."""
        tuning = self.tuning
        y = self.raw[:, t]
        age = t - self.born
        lags = [t - 7 * k for k in range(1, tuning.weeks + 1) if t >= 7 * k]
        same = np.where(np.array(lags)[None, :] >= self.born[:, None], self.clean[:, lags], np.nan)
        recent = self.window(self.clean, t, 28)
        level = median(recent)
        # The first day of a series has only itself to compare with.
        level = np.where(np.isnan(level), y, level)
        middle = np.where(np.sum(~np.isnan(same), axis=1) >= 2, median(same), level)
        self.middle[:, t] = middle
        past, usual = self.window(self.clean, t, 7), self.window(self.middle, t, 7)
        moved = [middle + np.nan_to_num(median(past[:, -d:] - usual[:, -d:])) for d in RECENT]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = median(np.where(usual > 0, past / usual, np.nan))
        scaled = middle * np.where(np.isfinite(ratio), ratio, 1.0)
        hull = np.stack([middle, scaled, *moved])
        low, high = hull.min(axis=0), hull.max(axis=0)
        self._measure_noise(t)
        expected, gain = self._nearest_with_fees(t, y, low, high)
        noise = np.maximum(self.noise, tuning.noise_floor * np.abs(level))
        active = t < self.grid.length
        return Day(
            t=t,
            y=y,
            low=low,
            high=high,
            expected=expected,
            excused=gain > 2 * noise,
            noise=noise,
            level=level,
            ready=active & (age >= tuning.min_history),
            active=active,
        )

    def _nearest_with_fees(
        self, t: int, y: Floats, low: Floats, high: Floats
    ) -> tuple[Floats, Floats]:
        """Nearest plausible value, and how much nearer a recurring extra brings the day."""
        columns = np.concatenate(
            [self.grid.month_lags[:, t, :], np.full((len(y), 1), t - 7, dtype=np.int64)], axis=1
        )
        known = (columns >= 0) & (columns < t)
        rows = np.arange(len(y))[:, None]
        safe = np.where(known, columns, 0)
        before, plain = self.raw[rows, safe], self.base[rows, safe]
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(known & (plain > 0), before / plain, np.nan)
        extra = np.where(known, before - plain, np.nan)
        day, low, high = y[:, None], low[:, None], high[:, None]
        added = np.clip(day, low + extra, high + extra)
        scaled = np.clip(day, low * factor, high * factor)
        # A pattern that scales (a free tier, a month's length) keeps to its day.
        scaled[:, MOVED_DAYS] = np.nan
        options = np.concatenate([added, scaled], axis=1)
        distance = np.abs(day - options)
        distance = np.where(np.isnan(distance), np.inf, distance)
        best = np.argmin(distance, axis=1)
        at = (np.arange(len(y)), best)
        base = np.clip(day, low, high)[:, 0]
        gain = np.abs(y - base) - distance[at]
        # Only the monthly options excuse: last week's extra stops the alarm but stays in `usage`.
        monthly = best % columns.shape[1] < columns.shape[1] - 1
        return np.where(gain > 0, options[at], base), np.where(monthly, gain, 0.0)

    def _measure_noise(self, t: int) -> None:
        """Refresh the noise estimates once a week: they move slowly."""
        if t % 7 and not np.isnan(self.noise).all():
            return
        self.noise = 1.4826 * median(np.abs(self.window(self.residual, t, self.tuning.noise_days)))
        usual = self.window(self.surprise, t, self.tuning.tail_days)
        self.tail = quantile(usual, self.tuning.tail_quantile)
        self.low_tail = -quantile(usual, 1 - self.tuning.tail_quantile)
        self.noise = np.nan_to_num(self.noise)
        self.tail = np.nan_to_num(self.tail)
        self.low_tail = np.nan_to_num(self.low_tail)

    def absorb(self, day: Day, flagged: Bools) -> None:
        """Write the day into the history; what was flagged or excused enters as expected."""
        t, slack = day.t, 3 * day.noise
        kept = np.where(
            flagged | day.excused, day.base, np.clip(day.y, day.low - slack, day.high + slack)
        )
        self.clean[:, t] = np.where(day.active, kept, np.nan)
        self.base[:, t] = day.base
        self.usage[:, t] = np.where(day.excused, day.base, day.y)
        centre = (day.low + day.high) / 2
        quiet = day.active & ~flagged & ~day.excused
        self.residual[:, t] = np.where(quiet, day.y - centre, np.nan)
        # An incident counts once: a series that keeps alarming learns that this is its habit.
        lately = self.flagged[:, max(0, t - 3) : t].any(axis=1)
        self.surprise[:, t] = np.where(day.active & ~(flagged & lately), day.surprise, np.nan)
        self.flagged[:, t] = flagged
        self.deviation[:, t] = self.usage[:, t] - self.middle[:, t]

    def rebase(self, t: int, rows: Bools, onset: Ints, delta: Floats) -> None:
        """Move the past of the chosen series to the level that holds since `onset`."""
        for row in np.flatnonzero(rows):
            start = int(onset[row])
            self.clean[row, :start] = self.clean[row, :start] + delta[row]
            self.clean[row, start : t + 1] = self.usage[row, start : t + 1]
            self.base[row, start : t + 1] += delta[row]
            self.middle[row, : t + 1] += delta[row]
            self.deviation[row, start : t + 1] -= delta[row]

    def restart(self, rows: Bools, onset: Ints) -> None:
        """Forget everything before `onset`: the series began anew."""
        for row in np.flatnonzero(rows):
            start = int(onset[row])
            self.born[row] = start
            self.clean[row, start:] = self.usage[row, start:]
