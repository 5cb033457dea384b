"""What repeats in a bill besides the level: the weekday profile and the fees of the month."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from orchestration.analytics.detectors.grid import Floats, Ints, median
from orchestration.analytics.forecasting.panel import Panel

WEEKS = 12
# A day of the month counts as a fee when it stood out in each of the last months, this strongly, or
# in twice as many half as strongly: a tier makes days differ from those of a fortnight before.
FEE_MONTHS = 3
FEE_NOISE = 6.0
# The last days of a month, which have another number in each, may have fees too.
END_DAYS = 2


def weekday_factors(values: Floats) -> Floats:
    """Seven factors per series (mean 1), for lags 0…6 from the last day backwards."""
    span = min(values.shape[1] // 7, WEEKS) * 7
    if span < 14:
        return np.ones((values.shape[0], 7))
    part = values[:, -span:].reshape(values.shape[0], -1, 7)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = part / part.mean(axis=2, keepdims=True)
    share = np.where(np.isfinite(share), share, np.nan)
    factor = median(np.swapaxes(share, 1, 2))[:, ::-1]
    factor = np.clip(np.where(np.isnan(factor), 1.0, factor), 0.0, 7.0)
    mean = factor.mean(axis=1, keepdims=True)
    return np.where(mean > 0, factor / np.where(mean > 0, mean, 1.0), 1.0)


def lag_factor(factors: Floats, days: int) -> Floats:
    """The factors of the last `days` columns of the history."""
    lag = np.arange(days - 1, -1, -1) % 7
    return factors[:, lag]


def ahead_factor(factors: Floats, horizon: int) -> Floats:
    """The factors of the next `horizon` days."""
    lag = (-np.arange(1, horizon + 1)) % 7
    return factors[:, lag]


def monthly_fees(panel: Panel, base: Floats, horizon: int) -> tuple[Floats, Floats]:
    """What recurs on each day of the month besides the base: on the days known, and those ahead."""
    extra, dates = panel.values - base, panel.dates()
    scale = noise_of(panel.values, extra)
    by_day, by_end = (
        _fees(extra, place, places, scale)
        for place, places in ((_day_of_month(dates), 32), (_days_left(dates), END_DAYS))
    )
    return _fee_of(dates, by_day, by_end), _fee_of(panel.future(horizon), by_day, by_end)


def noise_of(values: Floats, extra: Floats) -> Floats:
    """The usual distance from the base of late, by series (n, 1); never quite nothing."""
    noise = 1.4826 * median(np.abs(extra[:, -91:]))[:, None]
    return np.maximum(noise, 0.02 * np.abs(median(values[:, -91:]))[:, None])


def _fees(extra: Floats, place: Ints, places: int, scale: Floats) -> Floats:
    """What each of the first `places` places of a month adds: 0 where it is no fee."""
    fee = np.zeros((len(extra), places))
    for number in range(places):
        seen = np.where(place == number, extra, np.nan)
        for times in (2, 1):
            last = last_known(seen, FEE_MONTHS * times)
            certain = (np.abs(last) > FEE_NOISE / times * scale).all(axis=1)
            same_sign = np.abs(np.sign(last).sum(axis=1)) == FEE_MONTHS * times
            due = median(last[:, :FEE_MONTHS])
            fee[:, number] = np.where(certain & same_sign, due, fee[:, number])
    return fee


def _fee_of(dates: npt.NDArray[np.datetime64], by_day: Floats, by_end: Floats) -> Floats:
    """The fee of each date: that of the end of the month, where it has one, else of its day."""
    rows = np.arange(len(dates))[:, None]
    left = _days_left(dates)
    ending = np.where(left < END_DAYS, by_end[rows, np.minimum(left, END_DAYS - 1)], 0.0)
    # On the last day of a short month falls what is due on a day that it has not.
    day, from_day_on = _day_of_month(dates), np.cumsum(by_day[:, ::-1], axis=1)[:, ::-1]
    due = np.where(left == 0, from_day_on[rows, day], by_day[rows, day])
    return np.where(ending != 0, ending, due)


def _day_of_month(dates: npt.NDArray[np.datetime64]) -> Ints:
    month = dates.astype("datetime64[M]").astype("datetime64[D]")
    return np.asarray((dates - month).astype(np.int64) + 1)


def _days_left(dates: npt.NDArray[np.datetime64]) -> Ints:
    """Days of the month after each date: 0 is its last."""
    following = (dates.astype("datetime64[M]") + 1).astype("datetime64[D]")
    return np.asarray((following - dates.astype("datetime64[D]")).astype(np.int64) - 1)


def running_base(values: Floats) -> Floats:
    """Median of the day's neighbours on the same weekday: two weeks before to two weeks after."""
    shifts = []
    for lag in (-14, -7, 7, 14):
        moved = np.full_like(values, np.nan)
        if abs(lag) < values.shape[1]:
            if lag > 0:
                moved[:, lag:] = values[:, :-lag]
            else:
                moved[:, :lag] = values[:, -lag:]
        shifts.append(moved)
    base = median(np.stack(shifts, axis=-1))
    return np.where(np.isnan(base), values, base)


def last_known(values: Floats, count: int) -> Floats:
    """The last `count` known values of each row, 0 where there are fewer."""
    out = np.zeros((values.shape[0], count))
    known = ~np.isnan(values)
    rank = np.cumsum(known[:, ::-1], axis=1)[:, ::-1]
    for k in range(1, count + 1):
        here = known & (rank == k)
        out[:, k - 1] = np.where(here, values, 0.0).sum(axis=1)
    return out
