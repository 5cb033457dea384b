"""The rhythm in the days of one charge, and the days on which it is due again."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

# An invoice may be dated some days apart from the month before, and may come that much late.
GRACE = timedelta(days=5)
RECENT = 6
# Two charges a month that lie nearer are one that is dated now so, now so.
APART = timedelta(days=12)
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

    def ahead(self, seen: Sequence[date], known: date, days: int) -> Iterator[tuple[date, date]]:
        """What is due up to `days` after the last `known` day: when, and when it is to be billed.

        Nothing if it is overdue: it has ended. What is but late is still to come: on the first day
        that is not known yet.
        """
        for number, day in enumerate(self.due(seen, known + timedelta(days=days))):
            if not number and day + GRACE <= known:
                return
            # What comes again so soon was left out, and is not late.
            if day <= known and 0 < self.days < 2 * GRACE.days:
                continue
            yield day, max(day, known + timedelta(days=1))

    def _after(self, last: date, number: int, anchor: int) -> date:
        if self.days:
            return last + timedelta(days=self.days * number)
        years, month = divmod(last.year * 12 + last.month - 1 + self.months * number, 12)
        return date(years, month + 1, min(anchor, calendar.monthrange(years, month + 1)[1]))


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


def _months(day: date) -> int:
    return day.year * 12 + day.month


def _same_day_of_month(days: Sequence[date]) -> bool:
    """On one day of the month, give or take GRACE, or at the ends of months."""
    numbers = [day.day for day in days]
    left = [calendar.monthrange(day.year, day.month)[1] - day.day for day in days]
    return max(numbers) - min(numbers) <= GRACE.days or max(left) - min(left) <= GRACE.days
