"""The calendar of planned events: what the owner said would change, until when, and by how much.

Belongs here: reading the calendar, setting aside the alarms it announced, and what it adds to
forecasts. An event covers only what it names: other series, other days, the other direction and
larger amounts still alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import numpy as np
import pandas as pd

from orchestration.analytics.series import ALL, FORECAST_KEYS

Direction = Literal["more", "less", "any"]

#: What an event may name of a series; what it leaves out, it covers all of.
SCOPE = ("service_provider_name", "sub_account_id", "service_name", "billing_currency")
REQUIRED = ("event_id", "owner", "reason", "starts_on", "ends_on", "expires_on")
OPTIONAL = ("direction", "up_to", "daily_cost", *SCOPE)


class CalendarError(ValueError):
    """An entry of the calendar cannot be used; the message names it, the field and the remedy."""


@dataclass(frozen=True)
class Planned:
    """One event, from `starts_on` up to `ends_on`; from `expires_on` on it covers nothing."""

    event_id: str
    owner: str
    reason: str
    starts_on: date
    ends_on: date
    expires_on: date
    direction: Direction = "any"
    #: The most a day may differ from the expected, in the series' currency; None: any amount.
    up_to: Decimal | None = None
    #: What each of its days will cost more, below zero less; None: not known.
    daily_cost: Decimal | None = None
    scope: tuple[tuple[str, str], ...] = ()


def read_calendar(entries: Iterable[Mapping[str, Any]]) -> list[Planned]:
    """Events from the rows of the seed `planned_events`; each needs an owner and an expiry."""
    events = [_event(number, entry) for number, entry in enumerate(entries, start=1)]
    names = [event.event_id for event in events]
    for name in names:
        if names.count(name) > 1:
            raise CalendarError(f"planned event {name!r} is listed twice: rename one of them")
    return events


def set_aside(
    flags: pd.DataFrame, series: pd.DataFrame, events: Sequence[Planned], as_of: date
) -> pd.DataFrame:
    """`flags` (from `detect`) with the column `planned`: the event that announced an alarm.

    The alarm itself is no longer flagged. `series` (from `build_series`, same rows) says what each
    series is. An event that has expired by `as_of` is not used.
    """
    keys = series.drop_duplicates("series_id").set_index("series_id")
    result = flags.assign(planned=pd.Series(None, index=flags.index, dtype=object))
    alarms = result[result["flag"]]
    places = keys.loc[alarms["series_id"]].set_axis(alarms.index)
    told = announced_by(places, alarms["ds"], _excess(alarms, series), events, as_of).dropna()
    result.loc[told.index, "planned"] = told
    result.loc[told.index, "flag"] = False
    return result


def announced_by(
    places: pd.DataFrame,
    days: pd.Series[pd.Timestamp],
    excess: pd.Series[float],
    events: Sequence[Planned],
    as_of: date,
) -> pd.Series[Any]:
    """The event that announced each row, or null: `places` has the columns of SCOPE, `excess` what
    the row's day differs from the expected. An event that has expired by `as_of` is not used.
    """
    told = pd.Series(None, index=places.index, dtype=object)
    for event in events:
        if as_of >= event.expires_on:
            continue
        covered = (days >= pd.Timestamp(event.starts_on)) & (days < pd.Timestamp(event.ends_on))
        covered &= is_in_scope(places, event)
        if event.direction != "any":
            covered &= (excess > 0) if event.direction == "more" else (excess < 0)
        if event.up_to is not None:
            covered &= excess.abs() <= float(event.up_to)
        told[covered & told.isna()] = event.event_id
    return told


def announced_costs(keys: pd.DataFrame, events: Sequence[Planned], as_of: date) -> pd.DataFrame:
    """series_id, ds and cost (Decimal) that events of a known amount add to forecasts.

    `keys` has series_id and FORECAST_KEYS of each series. An event that has expired by `as_of` is
    not used.
    """
    rows = []
    for event in events:
        scope = dict(event.scope)
        if event.daily_cost is None or as_of >= event.expires_on:
            continue
        named = pd.Series(True, index=keys.index)
        for name in FORECAST_KEYS:
            named &= keys[name].astype(str) == scope[name]
        for day in pd.date_range(event.starts_on, event.ends_on, inclusive="left"):
            rows += [(series_id, day, event.daily_cost) for series_id in keys["series_id"][named]]
    return pd.DataFrame(rows, columns=["series_id", "ds", "cost"])


def is_in_scope(keys: pd.DataFrame, event: Planned) -> pd.Series[bool]:
    """Which rows of `keys`, with the columns of SCOPE, are series that the event names, or sums
    that hold one: what was announced of a service moves its account too.
    """
    named = pd.Series(True, index=keys.index)
    for column, wanted in event.scope:
        named &= keys[column].astype(str).isin([wanted, ALL])
    return named


def _excess(alarms: pd.DataFrame, series: pd.DataFrame) -> pd.Series[float]:
    """What the day of each alarm differed from the expected."""
    y = series.set_index(["series_id", "ds"])["y"]
    days = pd.MultiIndex.from_arrays([alarms["series_id"], alarms["ds"]])
    actual = y.reindex(days).to_numpy(dtype=np.float64)
    return pd.Series(actual - alarms["expected"].to_numpy(dtype=np.float64), index=alarms.index)


def _event(number: int, entry: Mapping[str, Any]) -> Planned:
    where = f"planned event {entry.get('event_id', f'number {number}')!r}"
    for field in REQUIRED:
        if entry.get(field) in (None, ""):
            raise CalendarError(f"{where}: {field} is missing; every event needs {REQUIRED}")
    unknown = sorted(set(entry) - {*REQUIRED, *OPTIONAL})
    if unknown:
        raise CalendarError(f"{where}: {unknown[0]} is not known; use {OPTIONAL}")
    start, end, expires = (_date(where, field, entry[field]) for field in REQUIRED[3:])
    if end <= start:
        raise CalendarError(f"{where}: ends_on {end} (exclusive) is not after starts_on {start}")
    direction: Any = entry.get("direction") or "any"
    if direction not in ("more", "less", "any"):
        raise CalendarError(f"{where}: direction is {direction!r}; use more, less or any")
    scope = tuple((name, str(entry[name])) for name in SCOPE if entry.get(name) is not None)
    daily_cost = _amount(where, "daily_cost", entry.get("daily_cost"))
    if daily_cost is not None:
        _check_expected(where, daily_cost, direction, dict(scope))
    return Planned(
        event_id=str(entry["event_id"]),
        owner=str(entry["owner"]),
        reason=str(entry["reason"]),
        starts_on=start,
        ends_on=end,
        expires_on=expires,
        direction=direction,
        up_to=_amount(where, "up_to", entry.get("up_to"), above_zero=True),
        daily_cost=daily_cost,
        scope=scope,
    )


def _check_expected(
    where: str, daily_cost: Decimal, direction: Direction, scope: Mapping[str, str]
) -> None:
    for name in FORECAST_KEYS:
        if name not in scope:
            raise CalendarError(f"{where}: a daily_cost needs {name}: name what is forecast")
    if {"more": daily_cost < 0, "less": daily_cost > 0, "any": False}[direction]:
        raise CalendarError(f"{where}: daily_cost is {daily_cost}, but its direction {direction}")


def _date(where: str, field: str, value: object) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise CalendarError(f"{where}: {field} is {value!r}; write it as YYYY-MM-DD") from None


def _amount(where: str, field: str, value: object, *, above_zero: bool = False) -> Decimal | None:
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or (above_zero and amount <= 0):
        asked = "an amount above zero" if above_zero else "an amount"
        raise CalendarError(f"{where}: {field} is {value!r}; give {asked} or leave it out")
    return amount
