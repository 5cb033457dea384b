"""Findings that a rule tells, since no curve of usage knows them: purchases, credits that end.

Belongs here: what all of them have in common. Does not belong here: the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from orchestration.analytics.findings import COLUMNS, finding_id, largest_first
from orchestration.analytics.planned import Planned, announced_by

# A rule tells what is over, or known whole: nothing comes back, and no part is still to arrive.
_COMMON: dict[str, Any] = {
    "reopened": 0, "drivers": "{}", "suppressed_by": None, "parent_finding_id": None,
    "arrived_share": 1.0,
}  # fmt: skip


def ruled_findings(
    told: Iterable[Mapping[str, Any]], events: Sequence[Planned], as_of: date
) -> pd.DataFrame:
    """Rows of platform.anomalies, the largest first, but for those that an event announced.

    `told` has what each rule knows: all of COLUMNS but what follows from them (finding_id from
    series, detector and first day; delay_days; impact_cost) and what is alike in all.
    """
    rows = [
        _COMMON
        | {
            "finding_id": finding_id(row["series_id"], row["detectors"], row["first_seen"]),
            "delay_days": (row["detected_on"] - row["first_seen"]).days,
            "impact_cost": row["actual_cost"] - row["expected_cost"],
            "as_of": as_of,
        }
        | dict(row)
        for row in told
    ]
    found = pd.DataFrame(rows, columns=COLUMNS)
    first, last = pd.to_datetime(found["first_seen"]), pd.to_datetime(found["last_seen"])
    a_day = found["impact_cost"].astype(float) / ((last - first).dt.days + 1)
    return largest_first(found[announced_by(found, first, a_day, events, as_of).isna()])
