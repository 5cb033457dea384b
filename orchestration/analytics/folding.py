"""Which findings are one thing: several series that moved by the same cause, folded into one.

A cause seldom stays in one series: a machine left running is compute, disk and traffic, each in a
series of its own. Findings of one provider and currency that begin within a day, go the same way
and name the same resource, or equally tagged ones, first are told by the largest of them.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from orchestration.analytics.series import NONE

TOGETHER_DAYS = 1


def fold(findings: pd.DataFrame, drivers: pd.DataFrame) -> pd.DataFrame:
    """`findings` with `parent_finding_id`: the finding that tells this one too, or null.

    `findings` come with the largest impact first, as `to_findings` gives them; `drivers` are
    those of `explain_findings`. A parent has no parent itself.
    """
    first = drivers[drivers["driver_rank"] == 1].set_index("finding_id")
    parents: list[dict[Any, Any]] = []
    folded: list[str | None] = []
    for finding in findings.to_dict("records"):
        name = finding["finding_id"]
        named = first.loc[name].to_dict() if name in first.index else {}
        told = finding | {key: named.get(key) for key in ("resource_id", "tags")}
        parent = next((one for one in parents if _same_thing(one, told)), None)
        folded.append(parent["finding_id"] if parent else None)
        if parent is None:
            parents.append(told)
    return findings.assign(parent_finding_id=pd.Series(folded, index=findings.index, dtype=object))


def _same_thing(parent: dict[Any, Any], finding: dict[Any, Any]) -> bool:
    same = all(parent[key] == finding[key] for key in ("service_provider_name", "billing_currency"))
    together = abs((parent["first_seen"] - finding["first_seen"]).days) <= TOGETHER_DAYS
    one_way = (parent["impact_cost"] > 0) == (finding["impact_cost"] > 0)
    return same and together and one_way and (_shared(parent, finding))


def _shared(parent: dict[Any, Any], finding: dict[Any, Any]) -> bool:
    for key, nothing in (("resource_id", (None, NONE)), ("tags", (None, "{}"))):
        value = finding[key]
        if not pd.isna(value) and value not in nothing and value == parent[key]:
            return True
    return False
