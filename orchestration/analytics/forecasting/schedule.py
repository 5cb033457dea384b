"""Purchases and fees by schedule: what recurs is due again, at its own rhythm and price.

A curve would spread a fee of the first over the month and go on with what was bought once. An item
(a subscription, the fee of a commitment) whose days show a rhythm is due at it until the horizon;
one that is overdue has ended; one without a rhythm is not forecast.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

import pandas as pd

from orchestration.analytics.forecasting.cadence import RECENT, Cadence, rhythms
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
# Between two amounts that are the same price: a rate per hour, billed by the month, is rounded.
SAME = Decimal("0.005")


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
        for day, on in cadence.ahead(part, last, horizon):
            expected, least, most = expected_cost(history, day, cadence)
            if expected:
                yield (*keys, cadence.name, on, expected, least, most, len(part), part[-1])


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
