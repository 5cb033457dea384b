"""Which findings are one thing: several series that moved by the same cause, folded into one.

A cause seldom stays in one series: a machine left running is compute, disk and traffic, each in a
series of its own. Findings of one provider and currency that begin within a day, go the same way
and name the same resource, or equally tagged ones, first are told by the largest of them.

A sum of series (an account, a region, an owner, a provider) moves whenever one of its parts does:
its finding is told by the largest finding of its parts where those that moved on the same days, the
same way, are most of it. What moved many parts a little, none of which alarms, stands for itself.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from orchestration.analytics.series import FINEST, LEVELS, NONE

TOGETHER_DAYS = 1
#: Parts that moved by this share of what their sum did are what moved it.
MOST = 0.5


def fold_sums(findings: pd.DataFrame) -> pd.DataFrame:
    """`findings` with `parent_finding_id` of every sum that findings of its parts explain.

    The finer level explains the coarser. Which services a region or an owner has is not known
    here: what its provider's others did on the same days may be part of it.
    """
    told: dict[Any, Any] = {}
    rank = findings["level"].map(LEVELS.index)
    for level in sorted(set(rank) - {LEVELS.index(FINEST)}):
        finer: Any = findings[(rank < level) & ~findings["finding_id"].isin(told)]
        parts = finer.to_dict("records")
        for whole in findings[rank == level].to_dict("records"):
            shares = {part["finding_id"]: _explained(whole, part) for part in parts}
            if sum(shares.values()) >= MOST:
                told[whole["finding_id"]] = _nearest(whole, parts, shares)
    return findings.assign(parent_finding_id=findings["finding_id"].map(told).astype(object))


def _nearest(whole: dict[Any, Any], parts: list[dict[Any, Any]], shares: dict[Any, float]) -> Any:
    """The part most like its sum: which began with it, and moved by about as much."""

    def likeness(part: dict[Any, Any]) -> tuple[bool, float]:
        share = shares[part["finding_id"]]
        together = abs((part["first_seen"] - whole["first_seen"]).days) <= TOGETHER_DAYS
        return together and share > 0, min(share, 1 / share) if share else 0.0

    return max(parts, key=likeness)["finding_id"]


def _explained(whole: dict[Any, Any], part: dict[Any, Any]) -> float:
    """The share of what `whole` cost too much that `part` did on the same days; 0 if elsewhere."""
    keys = ["service_provider_name", "billing_currency"]
    keys += ["sub_account_id"] if whole["level"] == "account" else []
    if any(whole[key] != part[key] for key in keys):
        return 0.0
    first = max(whole["first_seen"], part["first_seen"])
    last = min(whole["last_seen"], part["last_seen"])
    days = (part["last_seen"] - part["first_seen"]).days + 1
    shared: float = max((last - first).days + 1, 0) / days
    share = float(part["impact_cost"] / whole["impact_cost"]) * shared
    return max(0.0, share)


def fold(findings: pd.DataFrame, drivers: pd.DataFrame) -> pd.DataFrame:
    """`findings` with `parent_finding_id`: the finding that tells this one too, or null.

    What `fold_sums` has folded stays so, under the finding that tells its parent. `findings` come
    with the largest impact first, as `to_findings` gives them; `drivers` are those of
    `explain_findings`. A parent has no parent itself.
    """
    first = drivers[drivers["driver_rank"] == 1].set_index("finding_id")
    parents: list[dict[Any, Any]] = []
    folded: list[str | None] = []
    apart = findings[findings["parent_finding_id"].isna()]
    for finding in apart.to_dict("records"):
        name = finding["finding_id"]
        named = first.loc[name].to_dict() if name in first.index else {}
        told = finding | {key: named.get(key) for key in ("resource_id", "tags")}
        parent = next((one for one in parents if _same_thing(one, told)), None)
        folded.append(parent["finding_id"] if parent else None)
        if parent is None:
            parents.append(told)
    teller = dict(zip(apart["finding_id"], folded, strict=True))
    names = [
        teller.get(name) if pd.isna(of_parts) else teller.get(of_parts) or of_parts
        for name, of_parts in zip(
            findings["finding_id"], findings["parent_finding_id"], strict=True
        )
    ]
    return findings.assign(parent_finding_id=pd.Series(names, index=findings.index, dtype=object))


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
