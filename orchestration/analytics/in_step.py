"""Findings that move in step with another, day by day: told by it, not a second time.

Two things show only in the days of both series. What moves from one place to another over weeks
rises here as it falls there, week by week, though each is seen on another day; and a charge that
is a share of others (a support plan, a marketplace's or an enterprise's percentage) stays the same
share while what it is a share of moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.findings import ACCEPTED_AFTER, REFERENCE_WEEKS
from orchestration.analytics.folding import ALIKE, MOST, TOGETHER_DAYS, teller_of
from orchestration.analytics.series import ALL, FINEST, LEVEL_KEYS, NONE, series_ids

WEEK = 7
REFERENCE = REFERENCE_WEEKS * WEEK
#: A share is the same if it differs by no more than this part of it, on so many of the days: two
#: series of their own differ more by their noise, and the newest days arrive unevenly.
SAME_SHARE = 0.02
MOST_DAYS = 0.9
#: A share that is billed by the month comes on so many days of it at most, for its own month or
#: the one before, and was the same for so many months.
FEE_DAYS = 3
MONTHS_LATER = (0, 1)
SAME_MONTHS = 3
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
    parents = {name: teller_of(of, told) for name, of in teller.items()}
    out["parent_finding_id"] = [
        None if parents[name] == name else parents[name] for name in out["finding_id"]
    ]
    out["share_of"] = out["finding_id"].map({name: words for name, (_, words) in shares.items()})
    return out.astype({"parent_finding_id": object, "share_of": object})


class _Days:
    """What each series cost on each day, as columns of one calendar; 0 where nothing was billed."""

    def __init__(self, costs: pd.DataFrame) -> None:
        keys = list(LEVEL_KEYS)
        number = costs.groupby(keys, sort=False).ngroup()
        names = series_ids(costs[keys].drop_duplicates())
        named = pd.DataFrame({"ds": pd.to_datetime(costs["charge_date"]), "number": number})
        named["y"] = costs["effective_cost"].astype(float)
        wide = named.pivot_table(index="ds", columns="number", values="y", aggfunc="sum")
        wide = wide.asfreq("D").fillna(0.0)
        days = pd.DatetimeIndex(wide.index)
        self._first: date = days[0].date()
        self._month = days.year.to_numpy() * 12 + days.month.to_numpy()
        self._costs: dict[str, Floats] = dict(zip(names, wide.to_numpy().T, strict=True))

    def between(self, series: str, first: date, last: date) -> Floats:
        """The days from `REFERENCE` before `first` to `last`; empty where they are not known."""
        since = (first - self._first).days - REFERENCE
        if series not in self._costs or since < 0:
            return np.empty(0)
        return self._costs[series][since : (last - self._first).days + 1]

    def months(self, series: str, month: date) -> tuple[Floats, Floats]:
        """Sums of a month and the `SAME_MONTHS` before it, and how many days had a cost; empty
        where they are not known.
        """
        number = month.year * 12 + month.month
        edges = np.searchsorted(self._month, np.arange(number - SAME_MONTHS, number + 2))
        is_known = self._month[0] < number - SAME_MONTHS or (
            self._month[0] == number - SAME_MONTHS and self._first.day == 1
        )
        if series not in self._costs or not is_known or edges[-2] == len(self._month):
            return np.empty(0), np.empty(0)
        costs = self._costs[series][: edges[-1]]
        sums = (np.add.reduceat(some, edges[:-1]) for some in (costs, (costs != 0).astype(float)))
        return next(sums), next(sums)

    def weeks(self, series: str, first: date, last: date) -> Floats:
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
    """Parts of one whole of one level; services that share their account or their name."""
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
        for by_month, first, last in _billed(part):
            movers = [
                one
                for one in apart
                if one["finding_id"] not in found and _may_move(part, one, first, last)
            ]
            for series, holds_part, words in _wholes(part, movers):
                month = first if by_month else None
                share = _steady(*_share_of(part, series, days, month, holds_part=holds_part))
                caused = [abs(share) * _cost_within(one, first, last) for one in movers]
                if sum(caused) >= MOST * abs(float(part["impact_cost"])):
                    largest = movers[int(np.argmax(caused))]["finding_id"]
                    found.setdefault(part["finding_id"], (largest, f"{abs(share):.1%} of {words}"))
    return found


def _billed(part: Finding) -> list[tuple[bool, date, date]]:
    """The days that a part may be a share of: its own, or (true) those of a month."""
    spans = [(False, part["first_seen"], part["last_seen"])]
    if (part["last_seen"] - part["first_seen"]).days < FEE_DAYS:
        months = [pd.Period(part["first_seen"], "M") - later for later in MONTHS_LATER]
        spans += [(True, of.start_time.date(), of.end_time.date()) for of in months]
    return spans


def _may_move(part: Finding, other: Finding, first: date, last: date) -> bool:
    """Larger, of the same bill, and there on these days."""
    near = timedelta(days=TOGETHER_DAYS)
    same = all(part[key] == other[key] for key in ("service_provider_name", "billing_currency"))
    return (
        same
        and abs(other["impact_cost"]) > abs(part["impact_cost"])
        and other["first_seen"] - near <= last
        and first <= other["last_seen"] + near
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


def _share_of(
    part: Finding, series: str, days: _Days, month: date | None, *, holds_part: bool
) -> tuple[Floats, Floats]:
    """What share of all else in a series the part was before, and is since, by day or of a month;
    empty if unknown.
    """
    name = part["series_id"]
    if month is None:
        known, span = REFERENCE, (part["first_seen"], part["last_seen"])
        own = within = days.between(name, *span)
        whole = days.between(series, *span)
    else:
        known = SAME_MONTHS
        own, billed_days = days.months(name, part["first_seen"])
        within, _ = days.months(name, month)
        whole, _ = days.months(series, month)
        if (billed_days > FEE_DAYS).any():
            return np.empty(0), np.empty(0)
    if not own.size == within.size == whole.size > known:
        return np.empty(0), np.empty(0)
    rest = whole - within if holds_part else whole
    if (rest <= 0).any():
        return np.empty(0), np.empty(0)
    return own[:known] / rest[:known], own[known:] / rest[known:]


def _steady(before: Floats, since: Floats) -> float:
    """The share, if it is the same on most days of both, and is one; else 0."""
    if not before.size or not since.size:
        return 0.0
    usual = float(np.median(before))
    same = [(abs(some - usual) <= SAME_SHARE * abs(usual)).mean() for some in (before, since)]
    return usual if min(same) >= MOST_DAYS and abs(usual) < 1 else 0.0


def _cost_within(finding: Finding, first: date, last: date) -> float:
    """How much of its impact a finding has on these days."""
    days: int = (finding["last_seen"] - finding["first_seen"]).days + 1
    shared: int = (min(last, finding["last_seen"]) - max(first, finding["first_seen"])).days + 1
    return abs(float(finding["impact_cost"])) * max(shared, 0) / days
