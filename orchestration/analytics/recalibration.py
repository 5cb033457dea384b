"""How strictly each provider is judged: as tuned, or more strictly where people said "false".

Belongs here: from feedback to a false-alarm budget per provider, and judging by it. Monotone: more
`false` never makes an alarm easier, `true` and `planned` never make one harder.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from orchestration.analytics.detectors import DEFAULT, Tuning, detect
from orchestration.analytics.feedback import last_words
from orchestration.analytics.money import about_a_dollar

#: Verdicts (true or false) about a provider's findings below which nothing is concluded.
LEAST_JUDGED = 8
#: A false finding in five is what the budget may well come to; nobody minds.
TOLERATED_SHARE = 0.2
#: The strictest a budget becomes, as a share of the tuned one: the calibration reaches no further.
STRICTEST = 0.2
#: Older findings tell of bills, and detectors, as they were.
REMEMBERED_DAYS = 365
#: Kinds that their own rule tells: no budget would have kept them back.
CERTAIN_KINDS = ("new_spend", "purchase", "credit_ended", "credit_reduced")

COLUMNS = [
    "service_provider_name",
    "judged",
    "false_findings",
    "false_share",
    "false_alarms",
    "tuned_false_alarms",
    "as_of",
]


def budgets(
    feedback: pd.DataFrame, series: pd.DataFrame, as_of: date, tuning: Tuning = DEFAULT
) -> pd.DataFrame:
    """COLUMNS, one row per provider of `series`: the false alarms a series may have in a year.

    `feedback` is as for `suppress`. The budget falls in proportion to the findings that were not
    false, from `TOLERATED_SHARE` false on, down to `STRICTEST`.
    """
    places = series.drop_duplicates("series_id").set_index("series_id")["service_provider_name"]
    words = last_words(feedback)
    age = pd.Timestamp(as_of) - pd.to_datetime(words["first_seen"])
    told = words[
        (age <= pd.Timedelta(days=REMEMBERED_DAYS))
        & words["verdict"].isin(["true", "false"])
        & ~words["kind"].isin(CERTAIN_KINDS)
    ]
    by_provider = (told["verdict"] == "false").groupby(told["series_id"].map(places))
    counted = by_provider.agg(["size", "sum"]).reindex(sorted(set(places)), fill_value=0)
    judged = counted["size"].to_numpy(dtype=np.int64)
    false = counted["sum"].to_numpy(dtype=np.int64)
    share = np.where(judged > 0, false / np.maximum(judged, 1), np.nan)
    factor = np.clip((1 - share) / (1 - TOLERATED_SHARE), STRICTEST, 1.0)
    factor = np.where(judged >= LEAST_JUDGED, factor, 1.0)
    rows = {
        "service_provider_name": counted.index,
        "judged": judged,
        "false_findings": false,
        "false_share": share,
        "false_alarms": tuning.false_alarms * factor,
        "tuned_false_alarms": tuning.false_alarms,
        "as_of": as_of,
    }
    return pd.DataFrame(rows, columns=COLUMNS).reset_index(drop=True)


def detect_within(
    series: pd.DataFrame, allowed: pd.DataFrame, tuning: Tuning = DEFAULT
) -> pd.DataFrame:
    """`detect`, each provider within its budget of `allowed` (from `budgets`), row by row; what is
    worth a look in dollars, in other currencies is about as much.
    """
    budget = series["service_provider_name"].map(
        allowed.set_index("service_provider_name")["false_alarms"]
    )
    dollar = series["billing_currency"].map(about_a_dollar)
    alike: Any = series.groupby([budget, dollar.rename("dollar")])
    parts = [
        detect(
            part, replace(tuning, false_alarms=float(value), money=tuning.money * units)
        ).set_index(part.index)
        for (value, units), part in alike
    ]
    return pd.concat(parts).sort_index() if parts else detect(series, tuning)
