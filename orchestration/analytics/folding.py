"""Which findings are one thing: several series that moved by the same cause, folded into one.

A cause seldom stays in one series: a machine left running is compute, disk and traffic, each in a
series of its own. Findings of one provider and currency that begin within a day, go the same way
and name the same resource, equally tagged ones, or the commitments that cover them, first are told
by the largest of them; of those at least half as large by the one that was seen first, so that the
incident keeps its name while it grows.

A sum of series (an account, a region, an owner, a provider) moves whenever one of its parts does:
its finding is told by the largest finding of its parts where those that moved on the same days, the
same way, are most of it. What moved many parts a little, none of which alarms, stands for itself.
So does what moved several parts at once, none of them most of it (a commitment of all accounts that
lapsed, a price list): it tells them. A sum that is new, or gone, as a whole tells its services. And
a sum that was seen before any part of it goes on telling.

What falls in one place as it rises in another has moved (a service renamed, a machine of another
account or owner, a region failed over): the rise tells the fall. So it does where an account is
billed in another currency from a day on. Credits that end in the same days are told by the largest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from orchestration.analytics.series import FINEST, LEVELS, NONE

TOGETHER_DAYS = 1
#: Parts that moved by this share of what their sum did are what moved it.
MOST = 0.5
#: Of what is new, or gone, as a whole no more than this share was there before, or is left.
LEFT = 0.01
#: A rise and a fall are one move, and a part is as good as its sum, if they differ by no more than
#: this share of the larger.
ALIKE = 0.2
#: Levels whose parts are known: a service is of its account, that of its provider.
NESTED = (FINEST, "account", "provider")
#: So many parts seldom begin together by chance.
SEVERAL = 3


def fold_sums(findings: pd.DataFrame) -> pd.DataFrame:
    """`findings` with `parent_finding_id` of every sum that findings of its parts explain, and of
    parts that their sum tells.

    The finer level explains the coarser. Which services a region or an owner has is not known
    here: what its provider's others did on the same days may be part of it.
    """
    records: Any = findings.to_dict("records")
    told = _told_by_new_or_gone(records)
    tellers = set(told.values())
    # What a region or an owner tells is a part of its account as well.
    still_counted = {None} | {x["finding_id"] for x in records if x["level"] not in NESTED}
    for whole in sorted(records, key=_rank):
        if not _rank(whole) or whole["finding_id"] in tellers:
            continue
        parts = [
            one
            for one in records
            if _rank(one) < _rank(whole) and told.get(one["finding_id"]) in still_counted
        ]
        shares = {part["finding_id"]: _explained(whole, part) for part in parts}
        if sum(shares.values()) < MOST:
            continue
        untold = [one for one in parts if one["finding_id"] not in told]
        several = _several(whole, untold, shares) or _seen_later(whole, untold, shares)
        if several:
            told |= dict.fromkeys(several, whole["finding_id"])
            tellers.add(whole["finding_id"])
        else:
            nearest = _nearest(whole, parts, shares)
            told[whole["finding_id"]] = told.get(nearest, nearest)
    return findings.assign(parent_finding_id=findings["finding_id"].map(told).astype(object))


def _several(
    whole: dict[Any, Any], parts: list[dict[Any, Any]], shares: dict[Any, float]
) -> list[Any]:
    """The parts that began with an account or provider and are most of it, none as good as all.

    None is counted twice: neither services of an account that is one, nor regions and the like.
    """
    if whole["level"] not in NESTED:
        return []
    began = [
        one
        for one in parts
        if one["level"] in NESTED and shares[one["finding_id"]] > 0 and _together(whole, one)
    ]
    accounts = {one["sub_account_id"] for one in began if one["level"] == "account"}
    names = [
        one["finding_id"]
        for one in began
        if one["level"] == "account" or one["sub_account_id"] not in accounts
    ]
    known = [shares[name] for name in names]
    is_several = len(names) >= SEVERAL and sum(known) >= MOST and max(known) < 1 - ALIKE
    return names if is_several else []


def _seen_later(
    whole: dict[Any, Any], parts: list[dict[Any, Any]], shares: dict[Any, float]
) -> list[Any]:
    """The parts that began with a whole, once it was told, and are no more than it."""
    moved = [one for one in parts if shares[one["finding_id"]] > 0]
    if any(one["detected_on"] <= whole["detected_on"] for one in moved):
        return []
    names = [one["finding_id"] for one in moved if _together(whole, one)]
    return names if MOST <= sum(shares[name] for name in names) <= 1 / (1 - ALIKE) else []


def _told_by_new_or_gone(records: list[dict[Any, Any]]) -> dict[Any, Any]:
    """Which services are told by a sum that is new, or gone, with all of it: an account's own, and
    of a region or an owner those that together are about as much.
    """
    services = [one for one in records if one["level"] == FINEST]
    wholes = [one for one in records if one["level"] != FINEST and _is_new_or_gone(one)]
    told: dict[Any, Any] = {}
    for whole in sorted(wholes, key=_rank):
        is_account = whole["level"] == "account"
        parts = [
            one
            for one in services
            if one["finding_id"] not in told
            and _together(whole, one)
            and _same_way(whole, one)
            and (not is_account or _is_of_account(whole, one))
        ]
        moved = sum(float(one["impact_cost"]) for one in parts)
        ratio = moved / float(whole["impact_cost"])
        if len(parts) > 1 and (is_account or 1 - ALIKE <= ratio <= 1 / (1 - ALIKE)):
            told |= dict.fromkeys((one["finding_id"] for one in parts), whole["finding_id"])
    return told


def _rank(finding: dict[Any, Any]) -> int:
    """0 of a service; the coarser a sum, the more."""
    return LEVELS.index(finding["level"])


def _is_of_account(account: dict[Any, Any], service: dict[Any, Any]) -> bool:
    return service["sub_account_id"] == account["sub_account_id"] and _is_new_or_gone(service)


def _is_new_or_gone(finding: dict[Any, Any]) -> bool:
    costs = sorted((abs(float(finding["actual_cost"])), abs(float(finding["expected_cost"]))))
    return costs[0] <= LEFT * costs[1]


def _nearest(whole: dict[Any, Any], parts: list[dict[Any, Any]], shares: dict[Any, float]) -> Any:
    """The part most like its sum: which began with it, and moved by about as much."""

    def likeness(part: dict[Any, Any]) -> tuple[bool, float]:
        share = shares[part["finding_id"]]
        return _together(whole, part) and share > 0, min(share, 1 / share) if share else 0.0

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
    groups: list[list[dict[Any, Any]]] = []
    apart = findings[findings["parent_finding_id"].isna()]
    for finding in apart.to_dict("records"):
        name = finding["finding_id"]
        named = first.loc[name].to_dict() if name in first.index else {}
        told = finding | {key: named.get(key) for key in ("resource_id", "tags", "cause")}
        group = next((one for one in groups if _same_thing(one[0], told)), None)
        if group is None:
            groups.append([told])
        else:
            group.append(told)
    tellers = {group[0]["finding_id"]: _seen_first(group) for group in groups}
    moved = _moves([group[0] for group in groups])
    parents = dict(zip(findings["finding_id"], findings["parent_finding_id"], strict=True))
    for group in groups:
        largest = group[0]["finding_id"]
        teller = tellers[moved.get(largest, largest)]
        parents |= {one["finding_id"]: teller for one in group if one["finding_id"] != teller}

    told = {name: parent for name, parent in parents.items() if not pd.isna(parent)}
    names = [teller_of(name, told) if name in told else None for name in findings["finding_id"]]
    return findings.assign(parent_finding_id=pd.Series(names, index=findings.index, dtype=object))


def teller_of(name: Any, told: Mapping[Any, Any]) -> Any:
    """What tells a finding in the end; itself where nothing does. What tells it may be told too."""
    while name in told:
        name = told[name]
    return name


def _seen_first(group: list[dict[Any, Any]]) -> Any:
    """Which of one thing tells it, the largest of which comes first: which of several is the
    largest changes overnight, which was seen first does not.
    """
    least = MOST * abs(float(group[0]["impact_cost"]))
    large = [one for one in group if abs(float(one["impact_cost"])) >= least]
    return min(large, key=lambda one: (one["detected_on"], one["series_id"]))["finding_id"]


def fold_credits(findings: pd.DataFrame) -> pd.DataFrame:
    """`findings` of `ended_credits` with `parent_finding_id`: the largest of those of one provider
    and currency that ended within a day of it.
    """
    parents: list[dict[Any, Any]] = []
    told: list[str | None] = []
    for finding in findings.to_dict("records"):
        parent = next((one for one in parents if _together(one, finding)), None)
        told.append(parent["finding_id"] if parent else None)
        if parent is None:
            parents.append(finding)
    return findings.assign(parent_finding_id=pd.Series(told, index=findings.index, dtype=object))


def _moves(apart: list[dict[Any, Any]]) -> dict[Any, Any]:
    """Which fall is told by which rise."""
    rises = {one["finding_id"]: one for one in apart if one["impact_cost"] > 0}
    moved: dict[Any, Any] = {}
    for fall in (one for one in apart if one["impact_cost"] < 0):
        name = next(
            (n for n, rise in rises.items() if _has_moved(fall, rise) or _is_converted(fall, rise)),
            None,
        )
        if name is not None:
            moved[fall["finding_id"]] = name
            del rises[name]
    return moved


def _has_moved(fall: dict[Any, Any], rise: dict[Any, Any]) -> bool:
    """Of one level, with one resource or as parts of one whole, and about as much a day."""
    less, more = sorted(
        abs(float(one["impact_cost"])) / ((one["last_seen"] - one["first_seen"]).days + 1)
        for one in (fall, rise)
    )
    named = rise["level"] != FINEST or _is_equal(fall, rise, "resource_id", (None, NONE))
    return (
        named
        and fall["level"] == rise["level"]
        and _together(fall, rise)
        and less >= (1 - ALIKE) * more
    )


def _is_converted(fall: dict[Any, Any], rise: dict[Any, Any]) -> bool:
    """The same series in two currencies: one is gone, one is new; no rate is known to compare."""
    series = ("service_provider_name", "sub_account_id", "service_name", "level", "member")
    return (
        all(fall[key] == rise[key] for key in series)
        and fall["billing_currency"] != rise["billing_currency"]
        and abs((fall["first_seen"] - rise["first_seen"]).days) <= TOGETHER_DAYS
        and _is_new_or_gone(fall)
        and _is_new_or_gone(rise)
    )


def _same_thing(parent: dict[Any, Any], finding: dict[Any, Any]) -> bool:
    return _together(parent, finding) and _same_way(parent, finding) and _shared(parent, finding)


def _together(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    """Of one provider and currency, begun within a day."""
    same = all(one[key] == other[key] for key in ("service_provider_name", "billing_currency"))
    return same and abs((one["first_seen"] - other["first_seen"]).days) <= TOGETHER_DAYS


def _same_way(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    return bool((one["impact_cost"] > 0) == (other["impact_cost"] > 0))


def _shared(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    """A resource, tags, or the commitment: one covers what its provider bills to all accounts."""
    return (
        _is_equal(one, other, "resource_id", (None, NONE))
        or _is_equal(one, other, "tags", (None, "{}"))
        or one["cause"] == other["cause"] == "commitment"
    )


def _is_equal(
    one: dict[Any, Any], other: dict[Any, Any], key: str, nothing: tuple[str | None, ...]
) -> bool:
    value = other[key]
    return not pd.isna(value) and value not in nothing and value == one[key]
