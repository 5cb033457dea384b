"""Lay over an ordinary series what bills do by habit, then what somebody should be told.

Habits (monthly fees, month length, free tiers, closed week-ends, growth, late days) are never to
be told; incidents are, within `Incident.first` … `Incident.last`. Days after that are `AFTERMATH`:
telling then is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.grid import Bools, Floats, Ints

#: Days before the first verdict that counts; also the earliest incident.
WARM_UP = 90
ORDINARY, INCIDENT, AFTERMATH, UNSCORED = 0, 1, 2, -1
#: How long after a short and after a lasting incident an alarm is left uncounted.
SHORT_TAIL, LONG_TAIL = 8, 56

#: Days after the onset (of a burst, ramp or outage: after its end) within which to tell.
GRACE = {
    "spike": 1,
    "burst": 1,
    "purchase": 1,
    "new_fee": 1,
    "outage": 0,
    "new_service": 6,
    "ramp": 7,
    "level_shift": 13,
    "credit_end": 13,
    "new_week": 27,
}
SHORT = ("spike", "burst", "purchase", "new_fee", "outage")
KINDS = tuple(GRACE)


@dataclass(frozen=True)
class Incident:
    """What was planted: columns of the first day, and of the last day on which telling counts."""

    kind: str
    first: int
    last: int
    tail: int
    #: Money above (or below) the ordinary course over thirty days.
    money: float


@dataclass
class Bill:
    """One series in the making."""

    rng: np.random.Generator
    days: pd.DatetimeIndex
    y: Floats
    incidents: list[Incident] = field(default_factory=list)
    habits: dict[str, Bools] = field(default_factory=dict)
    #: First day that is judged; before a new service there is nothing to judge.
    judged_from: int = WARM_UP

    @property
    def length(self) -> int:
        """Days."""
        return len(self.y)

    @property
    def month_day(self) -> Ints:
        """Day of the month, from 1."""
        return self.days.day.to_numpy(dtype=np.int64)

    @property
    def noise(self) -> float:
        """Robust spread of a day against the same weekday before."""
        change = self.y[7:] - self.y[:-7]
        spread = 1.4826 * np.median(np.abs(change - np.median(change))) / np.sqrt(2)
        return float(max(spread, 0.003 * np.median(self.y)))

    def state(self) -> Ints:
        """ORDINARY, INCIDENT, AFTERMATH or UNSCORED per day; incidents win over aftermaths."""
        state = np.full(self.length, ORDINARY, dtype=np.int64)
        for found in self.incidents:
            state[found.first : found.tail + 1] = AFTERMATH
        for found in self.incidents:
            state[found.first : found.last + 1] = INCIDENT
        state[: self.judged_from] = UNSCORED
        return state


def _log_between(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def add_habits(bill: Bill) -> None:
    """Multiply and add what recurs; each with its own chance."""
    rng, dom = bill.rng, bill.month_day
    dow, dim = bill.days.day_of_week.to_numpy(), bill.days.days_in_month.to_numpy()
    median = float(np.median(bill.y))
    if rng.random() < 0.15:
        bill.y = bill.y * np.where(dow >= 5, rng.uniform(0.05, 0.6), 1.0)
        bill.habits["closed_week_end"] = (dow >= 5) | (dow == 0)
    if rng.random() < 0.2:
        bill.y = bill.y * (1 + rng.uniform(-0.0008, 0.002)) ** np.arange(bill.length)
    if rng.random() < 0.2:
        bill.y = bill.y * (30.4 / dim)
        bill.habits["month_length"] = dom <= 2
    if rng.random() < 0.12:
        bill.y = bill.y * np.where(dom == 1, rng.uniform(0.85, 0.97), 1.0)
        bill.habits["first_day"] = dom == 1
    if rng.random() < 0.06:
        until = int(rng.integers(2, 14))
        bill.y = bill.y * np.where(dom <= until, rng.uniform(0, 0.2), 1.0)
        bill.habits["free_tier"] = (dom == 1) | (dom == until + 1)
    if rng.random() < 0.04:
        bill.y = bill.y * np.where(dom > dim - rng.integers(1, 4), rng.uniform(1.1, 1.6), 1.0)
        bill.habits["month_end"] = (dom >= dim - 3) | (dom == 1)
    if rng.random() < 0.22:
        day = int(rng.choice([1, 1, 1, 1, 2, 3, 5, 10, 15, 20, 28, 31]))
        fee = median * _log_between(rng, 0.2, 5)
        wobble = 1 + rng.choice([0.0, 0.0, 0.05]) * rng.standard_normal(bill.length)
        on = dom == np.minimum(day, dim)
        bill.y = bill.y + np.where(on, fee * wobble, 0)
        bill.habits["fee"] = on


def add_late_days(bill: Bill) -> None:
    """The newest one or two days are incomplete."""
    count = int(bill.rng.integers(1, 3))
    share = np.sort(bill.rng.uniform(0.02, 0.8, count))[::-1]
    bill.y[-count:] *= share
    bill.habits["late"] = np.arange(bill.length) >= bill.length - count


def add_incident(bill: Bill, kind: str, onset: int) -> None:
    """Plant one incident that begins on or shortly after `onset`; nothing where it cannot be."""
    usual = float(np.median(bill.y[max(0, onset - 28) : onset]))
    before = bill.y.copy()
    planted = _PLANT[kind](bill, onset, usual)
    if planted is None:
        return
    first, end = planted
    counted_from = end if kind in ("burst", "outage", "ramp") else first
    last = min(bill.length - 1, counted_from + GRACE[kind])
    tail = (end if kind in ("burst", "outage", "ramp") else first) + (
        SHORT_TAIL if kind in SHORT else LONG_TAIL
    )
    month = slice(first, first + 30)
    money = float(np.abs(bill.y[month] - before[month]).sum())
    bill.incidents.append(Incident(kind, first, last, min(tail, bill.length - 1), money))


Planted = tuple[int, int] | None
Plant = Callable[[Bill, int, float], Planted]


def _spike(bill: Bill, onset: int, usual: float) -> Planted:
    bill.y[onset] += max(usual * _log_between(bill.rng, 0.2, 5), 4.5 * bill.noise)
    return onset, onset


def _burst(bill: Bill, onset: int, usual: float) -> Planted:
    end = onset + int(bill.rng.integers(2, 7)) - 1
    size = max(usual * _log_between(bill.rng, 0.2, 2.5), 3 * bill.noise)
    shape = 1 + bill.rng.choice([0.0, 0.2]) * bill.rng.standard_normal(end - onset + 1)
    bill.y[onset : end + 1] += size * np.maximum(shape, 0.5)
    return onset, end


def _level_shift(bill: Bill, onset: int, usual: float) -> Planted:
    size = max(usual * _log_between(bill.rng, 0.14, 1.8), 3 * bill.noise)
    until = bill.length
    if bill.rng.random() < 0.4:
        until = min(until, onset + int(bill.rng.integers(18, 70)))
        # The way back is a change of its own that nobody needs to be told.
        back = min(bill.length - 1, until + 28)
        bill.incidents.append(Incident("way_back", until, until - 1, back, 0.0))
    if bill.rng.random() < 0.3:
        bill.y[onset:until] *= 1 + size / max(usual, 1e-9)
    else:
        bill.y[onset:until] += size
    return onset, until - 1


def _ramp(bill: Bill, onset: int, usual: float) -> Planted:
    span = int(bill.rng.integers(15, 50))
    size = max(usual * bill.rng.uniform(0.25, 1.8), 6 * bill.noise)
    rise = np.clip((np.arange(bill.length) - onset + 1) / span, 0, 1)
    bill.y = bill.y + size * rise
    return onset, min(bill.length - 1, onset + span - 1)


def _outage(bill: Bill, onset: int, usual: float) -> Planted:
    if usual <= 0:
        return None
    end = onset + int(bill.rng.integers(3, 12)) - 1
    bill.y[onset : end + 1] *= bill.rng.uniform(0, 0.15)
    return onset, end


def _purchase(bill: Bill, onset: int, usual: float) -> Planted:
    bill.y[onset] += usual * _log_between(bill.rng, 2, 40)
    return onset, onset


def _new_fee(bill: Bill, onset: int, usual: float) -> Planted:
    dom = bill.month_day
    day = int(bill.rng.choice([1, 1, 1, 1, 1, 2, 5, 15]))
    days = np.flatnonzero((dom == day) & (np.arange(bill.length) >= onset))
    if not len(days) or days[0] > bill.length - 5:
        return None
    bill.y[days] += max(usual * _log_between(bill.rng, 0.25, 4), 4.5 * bill.noise)
    for again in days[1:2]:
        # The second time may still surprise; from the third on it is a habit.
        bill.incidents.append(Incident("second_fee", again, again - 1, again + 1, 0.0))
    bill.habits["new_fee"] = np.isin(np.arange(bill.length), days[2:])
    return int(days[0]), int(days[0])


def _new_service(bill: Bill, onset: int, _usual: float) -> Planted:
    if bill.incidents:
        return None
    bill.y[:onset] = 0.0
    bill.judged_from = onset
    return onset, onset


def _credit_end(bill: Bill, onset: int, _usual: float) -> Planted:
    if bill.incidents:
        return None
    bill.y[:onset] *= 1 - bill.rng.uniform(0.35, 1.0)
    return onset, bill.length - 1


def _new_week(bill: Bill, onset: int, usual: float) -> Planted:
    dow = bill.days.day_of_week.to_numpy()
    chosen = dow >= 5
    if bill.rng.random() < 0.3:
        chosen = dow == bill.rng.integers(0, 7)
    after = np.arange(bill.length) >= onset
    first = int(np.argmax(after & chosen))
    before = slice(max(0, onset - 56), onset)
    there, elsewhere = (np.median(bill.y[before][m]) for m in (chosen[before], ~chosen[before]))
    if there < 0.75 * elsewhere:
        bill.y = np.where(after & chosen, bill.y * elsewhere / max(float(there), 1e-9), bill.y)
    else:
        size = max(usual * bill.rng.uniform(0.25, 1.1), 3 * bill.noise)
        bill.y = np.where(after & chosen, bill.y + size, bill.y)
    return first, bill.length - 1


_PLANT: dict[str, Plant] = {
    "spike": _spike,
    "burst": _burst,
    "level_shift": _level_shift,
    "ramp": _ramp,
    "outage": _outage,
    "purchase": _purchase,
    "new_fee": _new_fee,
    "new_service": _new_service,
    "credit_end": _credit_end,
    "new_week": _new_week,
}
