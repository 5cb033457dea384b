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

# Those of the day before: what comes a day late.
DAY_LATE = [0, LAGS_PER_MONTH]

# The share of a day's distance that a monthly habit must explain to excuse it.
EXPLAINED = 0.85

# Days until each day of the week was seen twice: before, there is nothing to be far from.
LEARNING = 14

# A weekday that was dearer this often, one week after the other, is a new habit.
WEEKS_TO_LEARN = 3

# A new level is the old one times something, its week and noise with it, if that leaves at most
# this share of what is left by adding.
SCALES = 0.7

# What share of a statistic is near it.
NEAR = 0.7

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
        #: As `clean`, but what no alarm was raised for stays as it was: a median of weeks bears a
        #: spike, and must learn a new week.
        self.kept = np.full(shape, np.nan)
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
        self.excused = np.zeros(shape, dtype=bool)
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
        same = self.kept[:, t % 7 : t : 7][:, -tuning.weeks :]
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
        if t:
            # What was charged yesterday, on its day, is not charged again today.
            known[:, DAY_LATE] &= ~self.excused[:, t - 1, None]
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

    def often(self, name: str, day: Day, statistic: Floats) -> Floats:
        """How many days of the last half year came near today's `statistic`.

        One old incident makes a peak, and not a habit. Asked after `own_peak`, which remembers.
        """
        first = max(0, day.t - self.tuning.tail_days)
        past = self._statistics[name][:, first : max(0, day.t - 2 * REFRESH)]
        near = NEAR * np.maximum(statistic, day.noise)
        return np.asarray(np.sum(past >= near[:, None], axis=1), dtype=np.float64)

    def absorb(self, day: Day, flagged: Bools) -> None:
        """Write the day into the history; what was flagged or excused enters as expected."""
        t, slack = day.t, 3 * day.noise
        replaced = flagged | day.excused
        kept = np.where(replaced, day.base, day.y)
        self.kept[:, t] = np.where(day.active, kept, np.nan)
        # The week of a young series is not known yet: nothing is far from it.
        young = t - self.born < LEARNING
        clipped = np.clip(kept, day.low - slack, day.high + slack)
        self.clean[:, t] = np.where(day.active, np.where(young, kept, clipped), np.nan)
        centre = (day.low + day.high) / 2
        quiet = day.active & ~replaced & (t - self.born >= LEARNING)
        self.residual[:, t] = np.where(quiet, day.y - centre, np.nan)
        # An incident counts once: a series that keeps alarming learns that this is its habit.
        lately = self.flagged[:, max(0, t - 3) : t].any(axis=1)
        self.surprise[:, t] = np.where(day.active & ~(flagged & lately), day.surprise, np.nan)
        self.flagged[:, t] = flagged
        self.excused[:, t] = day.excused

    def rebase(self, t: int, rows: Bools, onset: Ints, delta: Floats) -> None:
        """Move the past of the chosen series to the level that holds since `onset`."""
        for row in map(int, np.flatnonzero(rows)):
            start = int(onset[row])
            since = slice(start, t + 1)
            usual, usage = self.middle[row, since].copy(), self.usage[row, since]
            ratio = np.nansum(usage) / max(float(np.nansum(usual)), 1e-9)
            added, scaled = usage - usual - delta[row], usage - usual * ratio
            if ratio > 0 and np.nansum(np.abs(scaled)) < SCALES * np.nansum(np.abs(added)):
                self._scale(row, start, ratio)
                step = usual * (ratio - 1)
            else:
                self.clean[row, :start] += delta[row]
                self.kept[row, :start] += delta[row]
                self.middle[row, :start] += delta[row]
                step = np.full(len(usual), delta[row])
            self.clean[row, since] = self.kept[row, since] = usage
            self.middle[row, since] += step
            self.base[row, since] += step
            self.floor[row, since] += step
            self.deviation[row, since] -= step
            # The shift itself is no yardstick for the next one.
            for values in [self.residual, *self._statistics.values()]:
                values[row, since] = np.nan

    def _scale(self, row: int, start: int, ratio: float) -> None:
        """All that was known of a series before `start`, times `ratio`."""
        known = [self.clean, self.kept, self.middle, self.deviation, self.residual, self.surprise]
        for values in [*known, *self._statistics.values()]:
            values[row, :start] *= ratio
        for slow in [self.noise, self.tail, self.low_tail, *self._peaks.values()]:
            slow[row] *= ratio

    def rebase_weekday(self, t: int, rows: Bools, delta: Floats) -> None:
        """Move the past of day t's weekday to the value that it had for `WEEKS_TO_LEARN` weeks."""
        start = t - 7 * (WEEKS_TO_LEARN - 1)
        past, since = slice(t % 7, start, 7), slice(start, t + 1, 7)
        for values in (self.clean, self.kept):
            values[rows, past] += delta[rows, None]
            values[rows, since] = self.usage[rows, since]
        self.middle[rows, t % 7 : t + 1 : 7] += delta[rows, None]
        for values in (self.base, self.floor):
            values[rows, since] += delta[rows, None]
        self.deviation[rows, since] -= delta[rows, None]
        for values in [self.residual, *self._statistics.values()]:
            values[rows, since] = np.nan

    def restart(self, rows: Bools, onset: Ints) -> None:
        """Forget everything before `onset`: the series began anew."""
        for row in np.flatnonzero(rows):
            start = int(onset[row])
            self.born[row] = start
            for values in (self.clean, self.kept):
                values[row, start:] = self.usage[row, start:]
            hidden = [self.clean, self.kept, self.base, self.middle, self.deviation, self.residual]
            for values in [*hidden, self.surprise, *self._statistics.values()]:
                values[row, :start] = np.nan
            for peaks in self._peaks.values():
                peaks[row] = 0.0
