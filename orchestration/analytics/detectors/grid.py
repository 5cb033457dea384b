"""A frame of many series as one matrix per quantity, so that every step is one numpy operation.

Series are aligned by their own age, not by the calendar: row `s`, column `t` is the t-th day of
series `s`. Lags of seven days and of one month are then plain column offsets.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# The day itself and its neighbours: a fee booked on the 1st may move to the 2nd.
MONTH_OFFSETS = (-1, 0, 1)
MONTHS_BACK = (1, 2)
MONTH_END_DAYS = 2
# Lags of one month back: the offsets, the one counted from the month's end, and, on the last day of
# February, the 30th: the 29th and 31st are among the others.
LAGS_PER_MONTH = len(MONTH_OFFSETS) + 2
SHORT_MONTH = 2


class SeriesError(ValueError):
    """A frame of series breaks the contract of `detect` or `forecast`."""


@dataclass(frozen=True)
class Grid:
    """Many daily series side by side: values padded with NaN after each series' last day."""

    series_ids: list[str]
    start: npt.NDArray[np.datetime64]
    length: Ints
    values: Floats
    #: Standard deviation of each value that is not complete yet; None where all are.
    unsure: Floats | None = None

    @property
    def days(self) -> int:
        """Number of columns."""
        return int(self.values.shape[1])

    @cached_property
    def month_lags(self) -> npt.NDArray[np.int64]:
        """Columns of the same day of the previous months (see `_month_lags`); negative: none.

        Ten numbers for every value: ask a block for it, not the whole.
        """
        return _month_lags(self.start, self.days)

    def block(self, start: int, stop: int) -> Grid:
        """The series from `start` up to `stop`, no wider than their longest."""
        length = self.length[start:stop]
        days = int(length.max()) if len(length) else 0
        return Grid(
            self.series_ids[start:stop],
            self.start[start:stop],
            length,
            self.values[start:stop, :days],
            None if self.unsure is None else self.unsure[start:stop, :days],
        )

    def unpad(self, column: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """One matrix as a flat array in the order of `index_frame`."""
        keep = np.arange(self.days)[None, :] < self.length[:, None]
        return column[keep]

    def index_frame(self) -> pd.DataFrame:
        """The (series_id, ds) rows of the grid, series by series."""
        age = self.unpad(np.broadcast_to(np.arange(self.days), self.values.shape))
        first = np.repeat(self.start, self.length)
        return pd.DataFrame(
            {
                "series_id": np.repeat(np.array(self.series_ids, dtype=object), self.length),
                "ds": (first + age.astype("timedelta64[D]")).astype("datetime64[ns]"),
            }
        )


def to_grid(frame: pd.DataFrame) -> Grid:
    """Arrange frame[series_id, ds, y] as a grid; every series must be daily without gaps.

    A column `unsure`, where there is one, is taken along (see `analytics.maturity`).
    """
    missing = {"series_id", "ds", "y"} - set(frame.columns)
    if missing:
        raise SeriesError(f"column {sorted(missing)[0]!r} is missing: give series_id, ds and y")
    columns = ["series_id", "ds", "y"] + (["unsure"] if "unsure" in frame.columns else [])
    data = frame[columns].sort_values(["series_id", "ds"], kind="stable")
    codes, ids = pd.factorize(data["series_id"])
    ds = data["ds"].to_numpy().astype("datetime64[D]")
    y = data["y"].to_numpy(dtype=np.float64)
    length = np.bincount(codes, minlength=len(ids)).astype(np.int64)
    first = (np.cumsum(length) - length).astype(np.int64)
    age = np.arange(len(data)) - np.repeat(first, length)
    start = ds[first] if len(data) else np.array([], dtype="datetime64[D]")
    expected = np.repeat(start, length) + age.astype("timedelta64[D]")
    bad = (ds != expected) | ~np.isfinite(y)
    if bad.any():
        row = int(np.argmax(bad))
        raise SeriesError(
            f"series {ids[codes[row]]!r} at {ds[row]}: expected a finite value for "
            f"{expected[row]}; fill gaps first, as analytics.series.build_series does"
        )
    days = int(length.max()) if len(ids) else 0
    values = np.full((len(ids), days), np.nan)
    values[codes, age] = y
    unsure = None
    if "unsure" in data.columns:
        unsure = np.zeros_like(values)
        unsure[codes, age] = data["unsure"].to_numpy(dtype=np.float64)
    return Grid([str(i) for i in ids], start, length, values, unsure)


def _month_lags(start: npt.NDArray[np.datetime64], days: int) -> npt.NDArray[np.int64]:
    """Columns of the same day, its neighbours and the same day from the end, months earlier."""
    date = start[:, None] + np.arange(days).astype("timedelta64[D]")[None, :]
    month = date.astype("datetime64[M]")
    dom = (date - month.astype("datetime64[D]")).astype(np.int64)
    following = (month + np.timedelta64(1, "M")).astype("datetime64[D]")
    to_end = (following - date).astype(np.int64) - 1
    lags = []
    for back in MONTHS_BACK:
        then = month - np.timedelta64(back, "M")
        first = then.astype("datetime64[D]")
        last = (then + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
        # The 31st is compared with the last day of a shorter month …
        same = np.minimum(first + dom.astype("timedelta64[D]"), last)
        column = (same - start[:, None]).astype(np.int64)
        lags += [column + offset for offset in MONTH_OFFSETS]
        # … and the last days of a month also with the last days of a longer one.
        ending = (last - to_end.astype("timedelta64[D]") - start[:, None]).astype(np.int64)
        lags.append(np.where(to_end < MONTH_END_DAYS, ending, -1))
        # What is due on a day that a month has not falls on its last.
        later = np.where((to_end == 0) & (same + SHORT_MONTH <= last), column + SHORT_MONTH, -1)
        lags.append(later)
    return np.stack(lags, axis=-1)


def median(values: Floats) -> Floats:
    """Median along the last axis, ignoring NaN; NaN where nothing is left."""
    return quantile(values, 0.5)


def quantile(values: Floats, q: float) -> Floats:
    """Linear quantile along the last axis, ignoring NaN (np.nanquantile loops in Python)."""
    if values.shape[-1] == 0:
        return np.full(values.shape[:-1], np.nan)
    ordered = np.sort(values, axis=-1)
    last = np.maximum(np.sum(~np.isnan(values), axis=-1) - 1, 0)
    place = q * last
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, last)
    flat = ordered.reshape(-1)
    first = np.arange(last.size).reshape(last.shape) * ordered.shape[-1]
    a, b = flat[first + low], flat[first + high]
    return np.asarray(a + (b - a) * (place - low), dtype=np.float64)
