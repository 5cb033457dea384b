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

# The share of a day's distance that a monthly habit must explain to excuse it.
EXPLAINED = 0.85

# Slow quantities are measured again once a week.
REFRESH = 7


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

    @property
    def size(self) -> Floats:
        """What a share is a share of; a quiet day of a busy series is not nothing."""
        return np.maximum(np.abs(self.expected), 0.25 * np.abs(self.level))


class History:
    """Mutable matrices of one run: `look` opens day t, `absorb` closes it.

    Before its (re)birth a series' columns are NaN.
    """

    def __init__(self, grid: Grid, tuning: Tuning) -> None:
        shape = grid.values.shape
        self.grid, self.tuning = grid, tuning
        self.raw: Floats = grid.values
        self.clean = np.full(shape, np.nan)
        #: What each day was expected to cost without fees.
        self.base = np.full(shape, np.nan)
        #: Values with fees taken out but spikes left in: what a level test looks at.
        self.usage = np.full(shape, np.nan)
        #: Median of `usage` over the week that ends with the day.
        self.week = np.full(shape, np.nan)
        #: Same-weekday median, and the distance of `usage` from it.
        self.middle = np.full(shape, np.nan)
        self.deviation = np.full(shape, np.nan)
        #: The least that was plausible, slower than `Day.low`.
        self.floor = np.full(shape, np.nan)
        self.residual = np.full(shape, np.nan)
        self.surprise = np.full(shape, np.nan)
        self.flagged = np.zeros(shape, dtype=bool)
        self.born: Ints = np.zeros(shape[0], dtype=np.int64)
        self.noise = np.zeros(shape[0])
        self.tail = np.zeros(shape[0])
        self.low_tail = np.zeros(shape[0])
        self.memory = np.zeros(shape[0])
        self._statistics: dict[str, Floats] = {}
        self._peaks: dict[str, Floats] = {}

    def look(self, t: int) -> Day:
        """Everything the detectors need to judge day `t`."""
        tuning = self.tuning
        y = self.raw[:, t]
        same = self.clean[:, t % 7 : t : 7][:, -tuning.weeks :]
        level = median(self.clean[:, max(0, t - 28) : t])
        # The first day of a series has only itself to compare with.
        level = np.where(np.isnan(level), y, level)
        middle = np.where(np.sum(~np.isnan(same), axis=1) >= 2, median(same), level)
        self.middle[:, t] = middle
        past, usual = self.clean[:, max(0, t - 7) : t], self.middle[:, max(0, t - 7) : t]
        moved = [middle + np.nan_to_num(median(past[:, -d:] - usual[:, -d:])) for d in RECENT]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = median(np.where(usual > 0, past / usual, np.nan))
        scaled = middle * np.where(np.isfinite(ratio), ratio, 1.0)
        hull = np.stack([middle, scaled, *moved])
        low, high = hull.min(axis=0), hull.max(axis=0)
        # Without the three-day level: two days of an outage must not lower what is missed.
        self.floor[:, t] = hull[:-1].min(axis=0)
        if t % REFRESH == 0:
            self._measure(t)
        expected, gain = self._nearest_with_fees(t, y, low, high)
        # Mostly explained, or not at all: a fee does not excuse what stands beside it.
        distance = np.abs(y - np.clip(y, low, high))
        excused = (gain > EXPLAINED * distance) & (gain > tuning.least_share * np.abs(level))
        noise = np.maximum(self.noise, tuning.noise_floor * np.abs(level) + 1e-9)
        if self.grid.unsure is not None:
            # A day that is still arriving is as noisy as its guess.
            noise = np.hypot(noise, self.grid.unsure[:, t])
        active = t < self.grid.length
        day = Day(
            t=t,
            y=y,
            low=low,
            high=high,
            expected=expected,
            excused=excused,
            noise=noise,
            level=level,
            ready=active & (t - self.born >= tuning.min_history),
            active=active,
        )
        self.base[:, t] = day.base
        self.usage[:, t] = np.where(day.excused, day.base, y)
        self.deviation[:, t] = self.usage[:, t] - middle
        return day

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

    def _measure(self, t: int) -> None:
        """Refresh what moves slowly: noise, tails, and how much one day tells of the next."""
        tuning = self.tuning
        recent = self.residual[:, max(0, t - tuning.noise_days) : t]
        self.noise = np.nan_to_num(1.4826 * median(np.abs(recent)))
        usual = np.sort(self.surprise[:, max(0, t - tuning.tail_days) : t], axis=1)
        self.tail = np.nan_to_num(quantile(usual, tuning.tail_quantile))
        self.low_tail = np.nan_to_num(-quantile(usual, 1 - tuning.tail_quantile))
        today, before = np.nan_to_num(recent[:, 1:]), np.nan_to_num(recent[:, :-1])
        with np.errstate(divide="ignore", invalid="ignore"):
            memory = np.sum(today * before, axis=1) / np.sum(today**2, axis=1)
        self.memory = np.nan_to_num(memory)
        for name, values in self._statistics.items():
            past = values[:, max(0, t - tuning.tail_days) : max(0, t - REFRESH)]
            self._peaks[name] = np.fmax.reduce(past, axis=1, initial=0.0)

    def own_peak(self, name: str, day: Day, statistic: Floats) -> Floats:
        """Remember today's `statistic`; return its largest of the last half year.

        The newest one to two weeks are left out: an incident must not excuse itself.
        """
        if name not in self._statistics:
            self._statistics[name] = np.full(self.raw.shape, np.nan)
            self._peaks[name] = np.zeros(len(statistic))
        self._statistics[name][:, day.t] = np.where(day.ready, statistic, np.nan)
        return self._peaks[name]

    def absorb(self, day: Day, flagged: Bools) -> None:
        """Write the day into the history; what was flagged or excused enters as expected."""
        t, slack = day.t, 3 * day.noise
        kept = np.where(
            flagged | day.excused, day.base, np.clip(day.y, day.low - slack, day.high + slack)
        )
        self.clean[:, t] = np.where(day.active, kept, np.nan)
        centre = (day.low + day.high) / 2
        quiet = day.active & ~flagged & ~day.excused
        self.residual[:, t] = np.where(quiet, day.y - centre, np.nan)
        # An incident counts once: a series that keeps alarming learns that this is its habit.
        lately = self.flagged[:, max(0, t - 3) : t].any(axis=1)
        self.surprise[:, t] = np.where(day.active & ~(flagged & lately), day.surprise, np.nan)
        self.flagged[:, t] = flagged

    def rebase(self, t: int, rows: Bools, onset: Ints, delta: Floats) -> None:
        """Move the past of the chosen series to the level that holds since `onset`."""
        for row in np.flatnonzero(rows):
            start = int(onset[row])
            self.clean[row, :start] += delta[row]
            self.clean[row, start : t + 1] = self.usage[row, start : t + 1]
            self.base[row, start : t + 1] += delta[row]
            self.middle[row, : t + 1] += delta[row]
            self.floor[row, start : t + 1] += delta[row]
            self.deviation[row, start : t + 1] -= delta[row]
            # The shift itself is no yardstick for the next one.
            for values in self._statistics.values():
                values[row, start : t + 1] = np.nan

    def restart(self, rows: Bools, onset: Ints) -> None:
        """Forget everything before `onset`: the series began anew."""
        for row in np.flatnonzero(rows):
            start = int(onset[row])
            self.born[row] = start
            self.clean[row, start:] = self.usage[row, start:]
            hidden = [self.clean, self.base, self.middle, self.deviation, self.residual]
            for values in [*hidden, self.surprise, *self._statistics.values()]:
                values[row, :start] = np.nan
            for peaks in self._peaks.values():
                peaks[row] = 0.0
