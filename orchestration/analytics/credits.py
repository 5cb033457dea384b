"""Credits that run out: told by a rule, since what is no longer taken off is on no curve of usage.

A credit that was steady has ended when none comes although what it was taken off is used on. How
late credits come is each credit's own habit: one that was seen in a month that is still open comes
with the usage, give or take a week; of any other only closed months are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pandas as pd

from orchestration.analytics.findings import (
    ACCEPTED_AFTER,
    COLUMNS,
    DAYS_A_MONTH,
    LEAST_IMPACT,
)
from orchestration.analytics.money import about_a_dollar, display, to_money
from orchestration.analytics.planned import Planned
from orchestration.analytics.ruled import ruled_findings
from orchestration.analytics.series import ALL, FINEST, NONE

ENDED, REDUCED = "credit_ended", "credit_reduced"
#: From this share of what the provider's usage costs, the credit's loss is worth a word.
LEAST_SHARE = Decimal("0.02")
#: What is left of a credit that has shrunk, and the steadiest month beside the largest.
HALF = Decimal("0.5")
#: A month's bill is closed this many days after its end; credits within it come up to so late.
CLOSED_AFTER, LATE = timedelta(days=10), timedelta(days=7)
#: Days that show what a daily credit is, the share of them it comes on, and how many more than ever
#: without it are its end.
WINDOW, DAILY_SHARE, SILENT_DAYS = 28, 0.8, 3
#: Months that show what any other credit is.
STEADY_MONTHS = 3
DAY = timedelta(days=1)

Days = Mapping[date, Decimal]


@dataclass(frozen=True)
class Change:
    """A credit from `first` on, against the days from `before` up to then."""

    kind: str
    before: date
    first: date
    #: The last of the days that gave it away, and the day on which they were known.
    shown_by: date
    told_on: date


def ended_credits(
    credits: pd.DataFrame, through: Mapping[str, date], events: Sequence[Planned], as_of: date
) -> pd.DataFrame:
    """Rows of platform.anomalies, the largest first: at most one for each credit, by its name.

    `credits` has charge_date, service_provider_name, sub_account_id, service_name (`ALL` where a
    credit is of several), billing_currency, item, credit (what was taken off, above zero), usage
    (of the services it is taken off) and provider_usage, for each item and day with either.
    `through` is each provider's last day. What an event announced is left out.
    """
    rows = []
    for (provider, currency), items in credits.groupby(
        ["service_provider_name", "billing_currency"]
    ):
        if provider not in through:
            continue
        total = _days(items, "credit")
        for _, item in items.groupby("item"):
            row = _row(item, total, str(currency), through[str(provider)])
            rows += [row] if row else []
    return ruled_findings(rows, events, as_of)


def change_of(credit: Days, usage: Days, through: date) -> Change | None:
    """What has become of a credit by day, if it has ended or shrunk by half and still is so."""
    seen = sorted(day for day, amount in credit.items() if amount > 0 and day <= through)
    if not seen:
        return None
    closed = _month(through - CLOSED_AFTER)
    last = seen[-1]
    known = through - LATE if last >= closed else closed - DAY
    if _is_daily(seen, usage):
        first = last + DAY
        silences = [(b - a).days - 1 for a, b in pairwise(seen)]
        shown_by = last + timedelta(days=max(silences) + SILENT_DAYS)
        if shown_by <= known:
            soon = shown_by + LATE if first.month == last.month else _next(first) + CLOSED_AFTER
            return Change(ENDED, first - timedelta(days=WINDOW), first, shown_by, soon)
    return _change_of_months(credit, seen[0], closed)


def _is_daily(seen: Sequence[date], usage: Days) -> bool:
    """On most days of use in the four weeks up to its last, and there before them."""
    begun = seen[-1] - timedelta(days=WINDOW - 1)
    used = [day for day, cost in usage.items() if cost > 0 and begun <= day <= seen[-1]]
    came = [day for day in seen if day >= begun]
    return (
        seen[0] <= begun and len(came) >= DAILY_SHARE * max(len(used), 1) and len(came) > WINDOW / 2
    )


def _change_of_months(credit: Days, begun: date, closed: date) -> Change | None:
    """Since which closed month no more than half of what was steady before has come."""
    months: list[date] = [_month(begun)]
    while (following := _next(months[-1])) < closed:
        months.append(following)
    sums = dict.fromkeys(months, Decimal(0))
    for day, amount in credit.items():
        if _month(day) in sums:
            sums[_month(day)] += amount
    for start in range(STEADY_MONTHS, len(months)):
        before = [sums[month] for month in months[start - STEADY_MONTHS : start]]
        after = [sums[month] for month in months[start:]]
        usual = sum(before, Decimal(0)) / STEADY_MONTHS
        if min(before) >= HALF * max(before) > 0 and max(after) <= HALF * usual:
            first = months[start]
            # It may have run out within the first of these months.
            ended = not any(after[1:]) if after[1:] else not after[0]
            return Change(
                ENDED if ended else REDUCED, months[start - STEADY_MONTHS], first,
                _next(first) - DAY, _next(first) + CLOSED_AFTER,
            )  # fmt: skip
    return None


def _row(item: pd.DataFrame, total: Days, currency: str, through: date) -> dict[str, Any] | None:
    credit, usage = _days(item, "credit"), _days(item, "usage")
    change = change_of(credit, usage, through)
    if change is None:
        return None
    last = min(through, change.told_on + timedelta(days=ACCEPTED_AFTER - 1))
    days = (last - change.first).days + 1

    def a_day(of: Days, *, after: bool) -> Decimal:
        first, end = (change.first, last + DAY) if after else (change.before, change.first)
        return _sum(of, first, end) / (end - first).days

    used = a_day(usage, after=False)
    goes_on = min(a_day(usage, after=True) / used, Decimal(1)) if used > 0 else Decimal(1)
    usual, left = a_day(credit, after=False) * goes_on, a_day(credit, after=True)
    # Where another credit comes in its place, nothing is lost.
    net = min(usual - left, a_day(total, after=False) * goes_on - a_day(total, after=True))
    spend = a_day(_days(item, "provider_usage"), after=False)
    worth = max(LEAST_SHARE * spend * DAYS_A_MONTH, LEAST_IMPACT * about_a_dollar(currency))
    if left > HALF * usual or net < HALF * (usual - left) or net * DAYS_A_MONTH < worth:
        return None
    key = item.iloc[0].to_dict()
    name = f"{key['service_provider_name']}/{currency}/credits/{key['item']}"
    is_open = through < change.told_on + timedelta(days=ACCEPTED_AFTER)
    row: dict[str, Any] = {
        "series_id": name,
        **{column: key[column] for column in COLUMNS[2:6]},
        "kind": change.kind,
        "first_seen": change.first,
        "last_seen": last,
        "status": "open" if is_open else "resolved",
        "state": "growing" if is_open else "resolved",
        "detected_on": change.shown_by,
        "expected_cost": to_money(-usual * days),
        "actual_cost": to_money(-left * days),
        "monthly_cost": to_money((usual - left) * DAYS_A_MONTH) if is_open else None,
        "score": round(float(net * DAYS_A_MONTH / worth), 6),
        "detectors": "credit",
        "level": _level(key),
        "member": ALL,
    }
    took, takes = (display(amount * DAYS_A_MONTH, currency) for amount in (usual, left))
    what, now = ("ended", "none") if change.kind == ENDED else ("shrank", f"{takes} a month")
    return row | {
        "why": f"Credit {what}: {key['item']!r} took {took} a month off {_place(key)}; {now} since "
        f"{change.first}, although the usage goes on."
    }


def _place(key: Mapping[Any, Any]) -> str:
    named = [value for value in (key["service_name"],) if value not in (ALL, NONE)]
    if key["sub_account_id"] not in (ALL, NONE):
        named.append(f"account {key['sub_account_id']}")
    provider = key["service_provider_name"]
    return f"{' in '.join(named)} ({provider})" if named else f"several services of {provider}"


def _level(key: Mapping[Any, Any]) -> str:
    if key["sub_account_id"] == ALL:
        return "provider"
    return "account" if key["service_name"] == ALL else FINEST


def _days(rows: pd.DataFrame, column: str) -> dict[date, Decimal]:
    sums = rows.groupby("charge_date")[column].sum()
    return {pd.Timestamp(str(day)).date(): to_money(cost) for day, cost in sums.items()}


def _sum(of: Days, first: date, end: date) -> Decimal:
    return sum((cost for day, cost in of.items() if first <= day < end), Decimal(0))


def _month(day: date) -> date:
    return day.replace(day=1)


def _next(day: date) -> date:
    return _month(_month(day) + timedelta(days=31))
