"""Which series must be judged again: those whose input, or what they are judged by, has changed.

Belongs here: the fingerprint of everything that a series' findings follow from, and the comparison
with that of the last detection. Where anything is missing or in doubt, a series is judged again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from orchestration.analytics.maturity import ALL
from orchestration.analytics.planned import Planned, is_in_scope
from orchestration.analytics.series import FINEST

COLUMNS = [
    "series_id", "service_provider_name", "level", "as_of", "detection_version", "fingerprint",
    "charges_fingerprint", "findings", "planned", "judged_through", "arrived_share", "newest_cost",
    "newest_unsure",
]  # fmt: skip

_CODE = Path(__file__).parents[1]
#: Whatever stands here may change a finding; what trains the trees has changed them, or nothing.
_FOLDERS = ("analytics", "analytics/detectors", "defs/detect")
#: Libraries whose arithmetic the findings rest on.
_LIBRARIES = ("numpy", "pandas")


def fingerprint(*parts: object) -> str:
    """A short name of these values, which have to be told apart by their text."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def detection_version() -> str:
    """The fingerprint of the code and the trees that findings are made by."""
    files = [
        path
        for folder in _FOLDERS
        for path in sorted((_CODE / folder).iterdir())
        if path.suffix in (".py", ".json")
    ]
    contents = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    return fingerprint(*contents, *(version(name) for name in _LIBRARIES))


def fingerprints(
    inputs: pd.DataFrame,
    *,
    of_provider: Mapping[str, str],
    curve: pd.DataFrame,
    allowed: pd.DataFrame,
    events: Iterable[Planned],
    as_of: date,
) -> pd.Series[str]:
    """The fingerprint of each row of `inputs`: series_id, its keys, and input_hash (its costs).

    `of_provider` says in words which days of a provider are judged; `curve` is `arrival_curve`'s,
    `allowed` from `budgets`, `events` from `read_calendar`.
    """
    arrives = {
        place: fingerprint(rows.sort_values("age").to_csv(index=False))
        for place, rows in curve.groupby(["feed", "service"])
    }
    budget = allowed.set_index("service_provider_name")["false_alarms"].to_dict()
    plans = pd.Series("", index=inputs.index)
    for event in events:
        if as_of < event.expires_on:
            plans[is_in_scope(inputs, event)] += repr(event)
    rows = zip(
        inputs["series_id"], inputs["service_provider_name"], inputs["service_name"],
        inputs["input_hash"], plans, strict=True,
    )  # fmt: skip
    marks = [
        fingerprint(
            series, costs, plan, detection_version(), as_of, repr(budget[provider]),
            of_provider[provider], arrives.get((provider, ALL)), arrives.get((provider, service)),
        )
        for series, provider, service, costs, plan in rows
    ]  # fmt: skip
    return pd.Series(marks, index=inputs.index, dtype=object)


def to_judge(now: pd.DataFrame, before: pd.DataFrame, findings: pd.DataFrame) -> pd.Series[bool]:
    """Of each row of `now` (series_id, fingerprint), whether it has to be judged again.

    `before` holds COLUMNS of the last detection, `findings` what it found: a series of which not as
    many are there as it left is judged again.
    """
    known = before.drop_duplicates("series_id").set_index("series_id")
    there = findings["series_id"].value_counts()
    same = now["series_id"].map(known["fingerprint"]) == now["fingerprint"]
    left = now["series_id"].map(known["findings"])
    return ~(same & (left == now["series_id"].map(there).fillna(0)))


def outcome(series: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    """What is kept of each series that was judged, beside its findings: the last six COLUMNS but
    `findings`, by series_id.

    `series` is from `mature`, `flags` from `set_aside`.
    """
    newest = series.drop_duplicates("series_id", keep="last").set_index("series_id")
    planned = flags.dropna(subset=["planned"]).groupby("series_id")["planned"]
    told = {name: json.dumps(Counter(events), sort_keys=True) for name, events in planned}
    return pd.DataFrame(
        {
            "planned": [told.get(name, "{}") for name in newest.index],
            "judged_through": newest["ds"].dt.date,
            "arrived_share": newest["share"],
            "newest_cost": newest["y"],
            "newest_unsure": newest["unsure"],
        }
    )


def planned_alarms(judged: pd.DataFrame) -> dict[str, int]:
    """How many alarms each planned event has set aside, over all series of COLUMNS."""
    counted: Counter[str] = Counter()
    for told in judged["planned"].dropna():
        counted.update(json.loads(told))
    return dict(counted)


def newest_days(judged: pd.DataFrame) -> pd.DataFrame:
    """Per provider of COLUMNS the last day that is judged, the least share of it that has arrived,
    and how unsure the day's cost is, as a share of it.
    """
    known = judged[judged["level"] == FINEST].dropna(subset=["judged_through"])
    last: Any = known.groupby("service_provider_name")["judged_through"].transform("max")
    by = known[known["judged_through"] == last].groupby("service_provider_name")
    return pd.DataFrame(
        {
            "judged_through": by["judged_through"].max(),
            "arrived": by["arrived_share"].min(),
            "unsure": by["newest_unsure"].sum() / by["newest_cost"].sum(),
        }
    ).reset_index()
