"""Findings that move in step with another, day by day: told by it, not a second time.

Two things show only in the days of both series. What moves from one place to another over weeks
rises here as it falls there, week by week, though each is seen on another day; and a charge that
is a share of others (a support plan, a marketplace's or an enterprise's percentage) stays the same
share while what it is a share of moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.findings import ACCEPTED_AFTER, REFERENCE_WEEKS
from orchestration.analytics.folding import ALIKE, MOST, TOGETHER_DAYS
from orchestration.analytics.series import ALL, FINEST, LEVEL_KEYS, NONE, series_ids

WEEK = 7
REFERENCE = REFERENCE_WEEKS * WEEK
#: A share is the same if it differs by no more than this part of it, on so many of the days: two
#: series of their own differ more by their noise, and the newest days arrive unevenly.
SAME_SHARE = 0.02
MOST_DAYS = 0.9
Finding = dict[Any, Any]


def compared(findings: pd.DataFrame) -> pd.DataFrame:
    """The LEVEL_KEYS of all series whose days `fold_in_step` wants to see."""
    bill = [findings["service_provider_name"], findings["billing_currency"]]
    here = findings[findings["parent_finding_id"].isna().groupby(bill).transform("sum") > 1]
    account = here.assign(service_name=ALL, level="account", member=ALL)
    provider = account.assign(sub_account_id=ALL, level="provider")
    keys = pd.concat([frame[list(LEVEL_KEYS)] for frame in (here, account, provider)])
    return keys.drop_duplicates(ignore_index=True)


def fold_in_step(findings: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    """The folded findings with `parent_finding_id` of each that moves in step with another.

    `costs` has charge_date, LEVEL_KEYS and effective_cost of the series in `compared`. A fall is
    told by what tells the rise that it moved to, a share of others by the largest finding of what
    moved them; what they tell is told there too. `share_of` says in words what a share is of.
    """
    out = findings.assign(share_of=pd.Series(None, index=findings.index, dtype=object))
    if costs.empty:
        return out
    days = _Days(costs)
    records: list[Finding] = findings.to_dict("records")
    known = findings["parent_finding_id"].fillna(findings["finding_id"])
    teller: dict[Any, Any] = dict(zip(findings["finding_id"], known, strict=True))
    told = _gradual_moves(records, teller, days)
    apart = [one for one in records if teller[one["finding_id"]] == one["finding_id"]]
    shares = _shares([one for one in apart if one["finding_id"] not in told], days)
    told |= {name: whole for name, (whole, _) in shares.items()}

    def last_teller(name: Any) -> Any:
        return last_teller(told[name]) if name in told else name

    parents = {name: last_teller(of) for name, of in teller.items()}
    out["parent_finding_id"] = [
        None if parents[name] == name else parents[name] for name in out["finding_id"]
    ]
    out["share_of"] = out["finding_id"].map({name: words for name, (_, words) in shares.items()})
    return out.astype({"parent_finding_id": object, "share_of": object})


class _Days:
    """What each series cost on each day, as columns of one calendar; 0 where nothing was billed."""

    def __init__(self, costs: pd.DataFrame) -> None:
        named = costs[["charge_date"]].assign(
            series=series_ids(costs[list(LEVEL_KEYS)]), y=costs["effective_cost"].astype(float)
        )
        wide = named.pivot_table(index="charge_date", columns="series", values="y", aggfunc="sum")
        wide.index = pd.to_datetime(wide.index)
        self._wide = wide.asfreq("D").fillna(0.0)

    def between(self, series: str, first: Any, last: Any) -> Floats:
        """The days from `REFERENCE` before `first` to `last`; empty where they are not known."""
        since = pd.Timestamp(first) - timedelta(days=REFERENCE)
        if series not in self._wide or since < self._wide.index[0]:
            return np.empty(0)
        return self._wide.loc[since : pd.Timestamp(last), series].to_numpy(dtype=np.float64)

    def weeks(self, series: str, first: Any, last: Any) -> Floats:
        """How far each week from `first` to `last` is from the mean of the four before."""
        known = self.between(series, first, last)
        if known.size <= REFERENCE:
            return np.empty(0)
        usual = known[:REFERENCE].reshape(REFERENCE_WEEKS, WEEK).mean(axis=0)
        after = known[REFERENCE:]
        change = after - np.resize(usual, after.size)
        return np.add.reduceat(change, np.arange(0, after.size, WEEK))


def _gradual_moves(records: list[Finding], teller: dict[Any, Any], days: _Days) -> dict[Any, Any]:
    """Which fall is told by the teller of which rise; a rise takes one fall."""
    rises = {one["finding_id"]: one for one in records if one["impact_cost"] > 0}
    told: dict[Any, Any] = {}
    for fall in records:
        name = fall["finding_id"]
        if fall["impact_cost"] >= 0 or teller[name] != name:
            continue
        apart = {other: _left_over(fall, rise, days) for other, rise in rises.items()}
        nearest = min(apart, key=lambda other: apart[other], default=None)
        if nearest is not None and apart[nearest] <= ALIKE:
            told[name] = teller[nearest]
            del rises[nearest]
    return told


def _left_over(fall: Finding, rise: Finding, days: _Days) -> float:
    """The largest share of a week's move that did not arrive, or came on top; infinite where the
    two have nothing to do with each other, or a week is all that is known of them.
    """
    first = min(fall["first_seen"], rise["first_seen"])
    last = max(fall["last_seen"], rise["last_seen"])
    begun_apart = abs((fall["first_seen"] - rise["first_seen"]).days)
    if (
        not _is_beside(fall, rise)
        or begun_apart >= ACCEPTED_AFTER
        or (last - first).days < WEEK
        or fall["first_seen"] > rise["last_seen"] + timedelta(days=TOGETHER_DAYS)
        or rise["first_seen"] > fall["last_seen"] + timedelta(days=TOGETHER_DAYS)
    ):
        return np.inf
    down, up = (days.weeks(one["series_id"], first, last) for one in (fall, rise))
    if not down.size or not up.size:
        return np.inf
    moved = np.maximum(abs(down), abs(up))
    # A week in which little has moved yet is as noisy as any other.
    return float((abs(down + up) / np.maximum(moved, moved.mean())).max())


def _is_beside(fall: Finding, rise: Finding) -> bool:
    """Parts of one whole of one level; services that share their account, name or resource."""
    same = ("service_provider_name", "billing_currency", "level")
    return all(fall[key] == rise[key] for key in same) and (
        rise["level"] != FINEST
        or fall["sub_account_id"] == rise["sub_account_id"] != NONE
        or fall["service_name"] == rise["service_name"] != NONE
    )


def _shares(apart: list[Finding], days: _Days) -> dict[Any, tuple[Any, str]]:
    """Of each service that is a share of others: the finding that tells it, and of what it is."""
    found: dict[Any, tuple[Any, str]] = {}
    for part in (one for one in apart if one["level"] == FINEST):
        movers = [one for one in apart if one["finding_id"] not in found and _may_move(part, one)]
        for series, holds_part, words in _wholes(part, movers):
            share = _steady_share(part, series, days, holds_part=holds_part)
            caused = [abs(share) * _per_day(one) for one in movers]
            if sum(caused) >= MOST * _per_day(part):
                largest = movers[int(np.argmax(caused))]["finding_id"]
                found[part["finding_id"]] = (largest, f"{abs(share):.1%} of {words}")
                break
    return found


def _may_move(part: Finding, other: Finding) -> bool:
    """Larger, of the same bill, and there when the part began."""
    near = timedelta(days=TOGETHER_DAYS)
    same = all(part[key] == other[key] for key in ("service_provider_name", "billing_currency"))
    return (
        same
        and abs(other["impact_cost"]) > abs(part["impact_cost"])
        and other["first_seen"] - near <= part["first_seen"] <= other["last_seen"] + near
    )


def _wholes(part: Finding, movers: Iterable[Finding]) -> list[tuple[str, bool, str]]:
    """What the part may be a share of: the series, whether it holds the part, its name. These are
    what moved, its accounts, and all accounts.
    """
    provider, currency = part["service_provider_name"], part["billing_currency"]
    services = [one for one in movers if one["level"] == FINEST]
    wholes = [(one["series_id"], False, str(one["service_name"])) for one in services]
    for account in dict.fromkeys([*(one["sub_account_id"] for one in movers), ALL]):
        words = f"what else {provider} bills" + (f" to {account}" if account != ALL else "")
        series = "/".join((provider, account, ALL, currency))
        wholes.append((series, account in (ALL, part["sub_account_id"]), words))
    return wholes


def _steady_share(part: Finding, series: str, days: _Days, *, holds_part: bool) -> float:
    """What share of all else in a series the part is, if it is the same on all days; else 0."""
    span = (part["first_seen"], part["last_seen"])
    own, whole = (days.between(name, *span) for name in (part["series_id"], series))
    if own.size <= REFERENCE or own.size != whole.size:
        return 0.0
    rest = whole - own if holds_part else whole
    if (rest <= 0).any():
        return 0.0
    share = own / rest
    usual = float(np.median(share[:REFERENCE]))
    same = abs(share - usual) <= SAME_SHARE * abs(usual)
    is_steady = min(same[:REFERENCE].mean(), same[REFERENCE:].mean()) >= MOST_DAYS
    return usual if is_steady and abs(usual) < 1 else 0.0


def _per_day(finding: Finding) -> float:
    impact = abs(float(finding["impact_cost"]))
    days: int = (finding["last_seen"] - finding["first_seen"]).days + 1
    return impact / days
