"""Demand and forecasts from CSV or JSON files, checked row by row.

A file is a CSV with a header or a JSON list of objects, of the columns that `FORECAST` or `HISTORY`
name. Bad input is one `InputError` that names file, row, field and remedy; nothing is guessed and
nothing is dropped.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from orchestration.analytics.capacity.decide import LARGEST_DEMAND, MOST_STEPS, Point, utc
from orchestration.analytics.capacity.target import Target

# Ten years of hours for a hundred series.
MOST_ROWS = 10_000_000
# What pandas counts in nanoseconds, and more than anybody measures.
YEARS = range(1900, 2200)


class InputError(ValueError):
    """A file cannot be used; the message names file, row and field, and what to do."""


@dataclass(frozen=True)
class Forecast:
    """What a plan stands on: points of one series, in order, and when they were made."""

    source: str
    points: tuple[Point, ...]
    as_of: datetime | None


@dataclass(frozen=True)
class _Row:
    """One row of a file, with its name for errors."""

    place: str
    values: Mapping[str, Any]

    def text(self, field: str) -> str:
        value = self.values.get(field)
        if value is None or not str(value).strip():
            raise InputError(f"{self.place}: {field} is missing; fill it in")
        return str(value).strip()

    def time(self, field: str) -> datetime:
        text = self.text(field)
        try:
            moment = utc(datetime.fromisoformat(text))
            if moment.year not in YEARS:
                raise ValueError(f"the year {moment.year} is out of reach")
            return moment
        except (ValueError, OverflowError) as error:
            raise InputError(
                f"{self.place}: {field} {text!r} is no time; write it as 2026-10-28T13:00:00Z "
                "(without a zone it is taken for UTC) or as 2026-10-28"
            ) from error

    def demand(self, field: str) -> float:
        text = self.text(field)
        try:
            # Python would read 1_000 as a thousand, other readers would not.
            value = float(text.replace("_", "?"))
        except ValueError as error:
            raise InputError(
                f"{self.place}: {field} {text!r} is no number; write it as 1234.5"
            ) from error
        if not math.isfinite(value) or not 0 <= value <= LARGEST_DEMAND:
            raise InputError(
                f"{self.place}: {field} is {text}; a demand is a number from 0 to "
                f"{LARGEST_DEMAND:.0e}: correct it, or leave the row out if it is not known"
            )
        return value


def read_forecast(path: Path, target: Target) -> Forecast:
    """The forecast of the target's series, from a file with the columns ds, p50 and its quantile.

    `series_id` may be left out where the file holds one series, `as_of` where the caller knows it.
    """
    rows = _rows(path, ("ds", "p50", target.quantile))
    mine = _of_series(path, rows, target.series_id)
    found: dict[datetime, tuple[Point, str]] = {}
    made: dict[datetime, str] = {}
    for row in mine:
        at, expected, demand = row.time("ds"), row.demand("p50"), row.demand(target.quantile)
        if demand < expected:
            raise InputError(
                f"{row.place}: {target.quantile} {demand:g} is below p50 {expected:g}; "
                "a forecast's quantiles rise: correct the row"
            )
        if at in found:
            raise InputError(
                f"{row.place}: {at:%Y-%m-%dT%H:%MZ} is given twice, first in {found[at][1]}; keep "
                "one of them"
            )
        found[at] = Point(at, expected, demand), row.place
        if row.values.get("as_of") not in (None, ""):
            made.setdefault(row.time("as_of"), row.place)
    if len(made) > 1:
        raise InputError(
            f"{list(made.values())[1]}: as_of differs from the rows before; keep one forecast"
        )
    _aligned(found, target.step, target.period)
    points = tuple(found[at][0] for at in sorted(found))
    return Forecast(path.name, points, next(iter(made), None))


def read_history(path: Path, period: Literal["hour", "day"]) -> pd.DataFrame:
    """Measured demand as frame[series_id, ds, y] (UTC), one value per period, from ds and y.

    Demand of hours is none of days, nor the other way: a mean or a part of it would be another.
    """
    names, times, values = [], [], []
    seen: dict[tuple[str, datetime], str] = {}
    for row in _rows(path, ("ds", "y")):
        name = row.text("series_id") if "series_id" in row.values else path.stem
        at = row.time("ds").replace(tzinfo=None)
        begun = at.replace(minute=0, second=0, microsecond=0)
        begun = begun.replace(hour=0) if period == "day" else begun
        if (name, begun) in seen:
            raise InputError(
                f"{row.place}: {name} at {at:%Y-%m-%dT%H:%MZ} is of the same {period} as "
                f"{seen[name, begun]}; keep one value per {period}, or correct --period"
            )
        seen[name, begun] = row.place
        names.append(name)
        times.append(at)
        values.append(row.demand("y"))
    frame = pd.DataFrame({"series_id": names, "ds": pd.to_datetime(times), "y": values})
    apart = frame.sort_values("ds").groupby("series_id")["ds"].diff().groupby(frame["series_id"])
    for series_id, least in apart.min().items():
        if least >= 2 * pd.Timedelta(1, "h" if period == "hour" else "D"):
            raise InputError(
                f"{path}: no two values of {series_id} are one {period} apart, but {least} at "
                "least; correct --period, or give more of them"
            )
    return frame


def _rows(path: Path, needed: Sequence[str]) -> list[_Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give its path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error.reason}); save it as UTF-8") from error
    rows = _json_rows(path, text) if path.suffix.lower() == ".json" else _csv_rows(path, text)
    if not rows:
        raise InputError(f"{path}: no rows; give a CSV with a header or a JSON list of objects")
    if len(rows) > MOST_ROWS:
        raise InputError(f"{path}: more than {MOST_ROWS} rows; split it by series")
    for field in needed:
        if not any(field in row.values for row in rows):
            raise InputError(
                f"{path}: no column {field!r} (there: {', '.join(map(str, rows[0].values))}); "
                f"needed are {', '.join(dict.fromkeys(needed))}"
            )
    return rows


def _csv_rows(path: Path, text: str) -> list[_Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        _once(f"{path}: line 1", list(reader.fieldnames or []))
        for values in reader:
            place = f"{path}: line {reader.line_num}"
            if None in values:
                raise InputError(f"{place}: more cells than the header has; quote or remove them")
            rows.append(_Row(place, values))
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: {error}; write plain CSV") from error
    return rows


def _once(place: str, fields: Sequence[str]) -> None:
    twice = [name for name, times in Counter(fields).items() if times > 1]
    if twice:
        raise InputError(f"{place}: {twice[0]!r} is given twice; keep one of them")


def _json_rows(path: Path, text: str) -> list[_Row]:
    def one(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        _once(str(path), [name for name, _ in pairs])
        return dict(pairs)

    try:
        document = json.loads(text, object_pairs_hook=one)
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error}); write a list of objects") from error
    if not isinstance(document, list):
        raise InputError(f"{path}: not a list; write a list of objects, one per period")
    for number, values in enumerate(document, start=1):
        if not isinstance(values, dict):
            raise InputError(f"{path}: row {number}: not an object; write one object per period")
    return [_Row(f"{path}: row {n}", values) for n, values in enumerate(document, start=1)]


def _of_series(path: Path, rows: Sequence[_Row], series_id: str) -> list[_Row]:
    if not any("series_id" in row.values for row in rows):
        mine = list(rows)
    else:
        mine = [row for row in rows if row.text("series_id") == series_id]
    if not mine:
        known = sorted({row.text("series_id") for row in rows})
        shown = ", ".join(known[:10]) + (", …" if len(known) > 10 else "")
        raise InputError(
            f"{path}: no row of series {series_id!r} (there: {shown}); correct the target's "
            "series_id"
        )
    if len(mine) > MOST_STEPS:
        raise InputError(f"{path}: {len(mine)} periods of {series_id!r}; at most {MOST_STEPS}")
    return mine


def _aligned(found: Mapping[datetime, tuple[Point, str]], step: timedelta, period: str) -> None:
    """Every time lies a whole number of periods after the first, and the span can be planned."""
    first, last = min(found), max(found)
    for at, (_, place) in found.items():
        if (at - first) % step:
            raise InputError(
                f"{place}: ds {at:%Y-%m-%dT%H:%M:%SZ} is not a whole number of {period}s after the "
                f"first, {first:%Y-%m-%dT%H:%M:%SZ}; the target's period is {period!r}: correct "
                "the row, or the target"
            )
    if (last - first) // step >= MOST_STEPS:
        raise InputError(
            f"{found[last][1]}: ds {last:%Y-%m-%d} is more than {MOST_STEPS} {period}s after the "
            f"first; correct it"
        )
