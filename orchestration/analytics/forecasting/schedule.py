"""Purchases and fees by schedule: what recurs is due again, at its own rhythm and price.

A curve would spread a fee of the first over the month and go on with what was bought once. An item
(a subscription, the fee of a commitment) whose days show a rhythm is due at it until the horizon;
one that is overdue has ended; one without a rhythm is not forecast.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pandas as pd

from orchestration.analytics.forecasting.forecaster import HORIZONS
from orchestration.analytics.money import to_money
from orchestration.analytics.series import FORECAST_KEYS

#: What is bought again and again.
ITEM_KEYS = (*FORECAST_KEYS, "service_name", "item")
SCHEDULE = [
    *ITEM_KEYS,
    "cadence",
    "ds",
    "p50",
    "least_cost",
    "most_cost",
    "times_seen",
    "last_seen",
]
# An invoice may be dated some days apart from the month before, and may come that much late.
GRACE = timedelta(days=5)
RECENT = 6
# Two charges a month that lie nearer are one that is dated now so, now so.
APART = timedelta(days=12)
# Between two amounts that are the same price: a rate per hour, billed by the month, is rounded.
SAME = Decimal("0.005")
_MONTHS = {1: "monthly", 2: "two-monthly", 3: "quarterly", 6: "half-yearly", 12: "yearly"}
_DAYS = {1: "daily", 7: "weekly", 14: "fortnightly", 28: "four-weekly"}


@dataclass(frozen=True)
class Cadence:
    """So many months or days from one due day to the next."""

    months: int = 0
    days: int = 0
    #: One of two days of the month on which the item is due, each by itself.
    is_half: bool = False

    @property
    def name(self) -> str:
        """What people call it."""
        if self.is_half:
            return "twice-monthly"
        return _MONTHS[self.months] if self.months else _DAYS[self.days]

    def due(self, seen: Sequence[date], until: date) -> Iterator[date]:
        """The days after the last seen one up to `until`, included."""
        last, number = seen[-1], 1
        # A charge of the 31st is of the 30th in June: the latest day of late is the one meant.
        anchor = max(day.day for day in seen[-RECENT:])
        while (day := self._after(last, number, anchor)) <= until:
            yield day
            number += 1

    def _after(self, last: date, number: int, anchor: int) -> date:
        if self.days:
            return last + timedelta(days=self.days * number)
        years, month = divmod(last.year * 12 + last.month - 1 + self.months * number, 12)
        return date(years, month + 1, min(anchor, calendar.monthrange(years, month + 1)[1]))


def schedule(
    purchases: pd.DataFrame, complete: Mapping[str, date], horizon: int = HORIZONS[-1]
) -> pd.DataFrame:
    """What will be bought in the `horizon` days after each provider's last complete day.

    `purchases` has ITEM_KEYS, charge_date, is_recurring (as the bill says) and billed_cost
    (Decimal), one row per item and day. Returns SCHEDULE: the cost expected on the day, the least
    and most that the item cost of late where that varies (else the expected), on how many days it
    was seen and when last.
    """
    rows = [
        row
        for keys, bought in purchases.sort_values("charge_date").groupby(list(ITEM_KEYS))
        for row in _due(keys, bought, complete[str(keys[0])], horizon)
    ]
    return pd.DataFrame(rows, columns=SCHEDULE)


def _due(
    keys: tuple[object, ...], bought: pd.DataFrame, last: date, horizon: int
) -> Iterator[tuple[object, ...]]:
    days = [pd.Timestamp(day).date() for day in bought["charge_date"]]
    costs = dict(zip(days, map(to_money, bought["billed_cost"]), strict=True))
    seen = [day for day in days if day <= last]
    for cadence, part in rhythms(seen, recurring=bool(bought["is_recurring"].any())):
        history = {day: costs[day] for day in part}
        for number, day in enumerate(cadence.due(part, last + timedelta(days=horizon))):
            if not number and day + GRACE <= last:
                break
            # What comes again so soon was left out, and is not late.
            if day <= last and 0 < cadence.days < 2 * GRACE.days:
                continue
            expected, least, most = expected_cost(history, day, cadence)
            if expected:
                # An invoice that is late is still to come: on the first day not known yet.
                on = max(day, last + timedelta(days=1))
                yield (*keys, cadence.name, on, expected, least, most, len(part), part[-1])


def rhythms(seen: Sequence[date], *, recurring: bool) -> list[tuple[Cadence, Sequence[date]]]:
    """The cadences of an item and the days of each: one, two where it is due on two days of the
    month (the first and the fifteenth), none where there is no rhythm.
    """
    cadence = cadence_of(seen, recurring=recurring)
    if cadence is not None:
        return [(cadence, seen)]
    halves = [seen[start::2] for start in (0, 1)]
    monthly = all(cadence_of(half, recurring=False) == Cadence(months=1) for half in halves)
    if not monthly or min(b - a for a, b in pairwise(seen[-RECENT:])) < APART:
        return []
    return [(Cadence(months=1, is_half=True), half) for half in halves]


def cadence_of(seen: Sequence[date], *, recurring: bool) -> Cadence | None:
    """The cadence of an item's days, oldest first; None where there is none.

    What was seen once is monthly if its bill calls it recurring, since providers bill by the month.
    """
    if len(seen) < 2:
        return Cadence(months=1) if seen and recurring else None
    recent = seen[-RECENT - 1 :]
    gaps = {(b - a).days for a, b in pairwise(recent)}
    for days in _DAYS:
        if gaps == {days} and len(recent) > 2:
            return Cadence(days=days)
    of_late = seen[-4:]
    months = {_months(b) - _months(a) for a, b in pairwise(of_late)}
    if len(months) != 1 or (apart := months.pop()) not in _MONTHS:
        return None
    return Cadence(months=apart) if _same_day_of_month(of_late) else None


def expected_cost(
    history: Mapping[date, Decimal], due: date, cadence: Cadence
) -> tuple[Decimal, Decimal, Decimal]:
    """What is due, and the least and most that it cost of late.

    A price that stood is the price; one per day of the month goes by the days of the month that is
    due; else it varies, and the mean of the last three is expected.
    """
    recent = list(history.items())[-(28 if cadence.days == 1 else RECENT) :]
    costs = [cost for _, cost in recent]
    if _alike(costs[-2:]):
        return costs[-1], costs[-1], costs[-1]
    rates = [cost / calendar.monthrange(day.year, day.month)[1] for day, cost in recent]
    if cadence.months == 1 and _alike(rates[-3:]):
        by_days = to_money(rates[-1] * calendar.monthrange(due.year, due.month)[1])
        return by_days, by_days, by_days
    latest = costs if cadence.days == 1 else costs[-3:]
    return to_money(sum(latest, Decimal(0)) / len(latest)), min(costs), max(costs)


def _alike(costs: Sequence[Decimal]) -> bool:
    most = max(abs(cost) for cost in costs)
    return max(costs) - min(costs) <= SAME * most


def _months(day: date) -> int:
    return day.year * 12 + day.month


def _same_day_of_month(days: Sequence[date]) -> bool:
    """On one day of the month, give or take GRACE, or at the ends of months."""
    numbers = [day.day for day in days]
    left = [calendar.monthrange(day.year, day.month)[1] - day.day for day in days]
    return max(numbers) - min(numbers) <= GRACE.days or max(left) - min(left) <= GRACE.days
