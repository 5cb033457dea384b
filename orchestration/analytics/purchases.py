"""Large purchases that nothing like them came before: told by a rule, since no curve knows them.

A subscription, an upfront fee or a contract is bought, not used: what matters is whether the like
was bought before, and how much it is beside what the provider's usage costs in a month.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from orchestration.analytics.findings import COLUMNS, LEAST_IMPACT, place
from orchestration.analytics.forecasting.cadence import cadence_of
from orchestration.analytics.money import about_a_dollar, display, to_money
from orchestration.analytics.planned import Planned
from orchestration.analytics.ruled import ruled_findings
from orchestration.analytics.series import ALL, FINEST, LEVEL_KEYS, series_ids

KIND = "purchase"
#: From this share of what usage cost in the month before, a purchase is worth a word.
LEAST_SHARE = Decimal("0.05")
#: Up to so many times the largest one before, it is the like of it.
LIKE = Decimal("1.5")
#: What is due may be so many times the mean of those before as well: a contract is topped up at its
#: rhythm by what is needed. Of the largest, each could be three times the one before, unnoticed.
LIKE_DUE = Decimal(3)
#: Days of a provider's bills before which nothing is known of what it usually sells.
HISTORY_DAYS = 35


def unusual_purchases(
    purchases: pd.DataFrame, events: Sequence[Planned], as_of: date
) -> pd.DataFrame:
    """Rows of platform.anomalies, the largest first: one for each day and service.

    `purchases` has charge_date, service_provider_name, sub_account_id, service_name,
    billing_currency, billed_cost, most_before (the most that the service billed for purchases on
    an earlier day, missing where it never did), mean_before (the mean of such days, missing
    likewise), last_bought and bought_before (the last two days on which it billed any, missing
    likewise), usage_before (effective, of the provider in the month before the day) and known_since
    (its first day). What an event announced is left out.
    """
    keys = purchases.assign(level=FINEST, member=ALL)
    names = series_ids(keys[list(LEVEL_KEYS)])
    rows = [
        _row(bought, f"{name}/purchases")
        for bought, name in zip(keys.to_dict("records"), names, strict=True)
        if (_day(bought["charge_date"]) - _day(bought["known_since"])).days >= HISTORY_DAYS
        and _amount(bought["billed_cost"]) > _no_news(bought)
    ]
    return ruled_findings(rows, events, as_of)


def _before(bought: dict[Any, Any]) -> Decimal:
    return max(_amount(bought["most_before"]), Decimal(0))


def _no_news(bought: dict[Any, Any]) -> Decimal:
    """Up to this cost a purchase is like one before, or small beside the usage, or small change."""
    small = LEAST_IMPACT * about_a_dollar(str(bought["billing_currency"]))
    due = LIKE_DUE * _amount(bought["mean_before"]) if _is_due(bought) else Decimal(0)
    return max(LIKE * _before(bought), due, LEAST_SHARE * _amount(bought["usage_before"]), small)


def _is_due(bought: dict[Any, Any]) -> bool:
    """The third of purchases at one rhythm, or a later one."""
    days = [bought[name] for name in ("bought_before", "last_bought", "charge_date")]
    return (
        not any(map(pd.isna, days))
        and cadence_of(list(map(_day, days)), recurring=False) is not None
    )


def _row(bought: dict[Any, Any], name: str) -> dict[str, Any]:
    day, cost, before = _day(bought["charge_date"]), _amount(bought["billed_cost"]), _before(bought)
    row = {key: bought[key] for key in (*COLUMNS[2:6], "level", "member")}
    currency = str(row["billing_currency"])
    most = f"the most on a day before was {display(before, currency)}" if before else "the first"
    return row | {
        "series_id": name,
        "kind": KIND,
        "first_seen": day,
        "last_seen": day,
        "status": "resolved",
        "state": "resolved",
        "detected_on": day,
        "expected_cost": before,
        "actual_cost": cost,
        "monthly_cost": None,
        "score": round(float(cost / _no_news(bought)), 6),
        "detectors": KIND,
        "why": f"Purchase: {place(row)} billed {display(cost, currency)} on {day}; {most}.",
    }


def _amount(value: Any) -> Decimal:
    return Decimal(0) if pd.isna(value) else to_money(value)


def _day(value: Any) -> date:
    return pd.Timestamp(value).date()
