"""Why a cost changed: the change of a finding, split exactly by cause and resource.

The days of a finding are compared with the same weekdays before it. One, two or four earlier
windows are averaged: powers of two, so that every amount stays an exact decimal. A cost is
price times quantity, so the change of a resource is more or less use at the old mix and price,
another mix of what is used, another share covered by commitments, and the rest another price.
Nothing is left over: the drivers of a finding sum to its change in all twelve decimals.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Any, Literal

import numpy as np
import pandas as pd

from orchestration.analytics.money import apportion, to_money
from orchestration.analytics.series import LEVEL_KEYS, NONE

Cause = Literal["price", "usage", "mix", "new", "gone", "commitment", "credit", "restatement"]

#: Columns that `explain_findings` needs: sums per window and place, of any number of findings.
CELLS = (
    "finding_id", "windows_back", "known_days", "nature", "is_covered", "resource_id",
    "usage_type", "region_id", "unit", "tags", "quantity", "cost",
)  # fmt: skip
COLUMNS = [
    "finding_id",
    "driver_rank",
    "cause",
    "resource_id",
    "usage_type",
    "region_id",
    "tags",
    "items",
    "change_cost",
    "finding_change_cost",
    "finding_before_cost",
    "finding_after_cost",
    "billing_currency",
    "first_day",
    "last_day",
    "reference_windows",
]
# A level shift of months is explained by its first four weeks.
LONGEST_WINDOW = 28
MOST_WINDOWS = 4
# Drivers named one by one; what is left is one row per cause.
TOP = 20
PRECISION = 60
# Quotients are rounded at the sixtieth digit; what cancels to less than this is nothing.
_DUST = Decimal("1e-24")
_PLACE = ["finding_id", "resource_id", "usage_type", "region_id", "unit"]
_DRIVER = ["finding_id", "cause", "resource_id", "usage_type", "region_id"]
_OF_NATURE: dict[str, Cause] = {
    "unused": "commitment",
    "credit": "credit",
    "restatement": "restatement",
}
_AMOUNTS = ["c0", "c1", "q0", "q1", "cc0", "cc1", "cq0", "cq1"]
Amounts = Any  # object arrays of Decimal


def compared_days(findings: pd.DataFrame) -> pd.DataFrame:
    """finding_id, LEVEL_KEYS, first_day, last_day and days_apart (whole weeks) of each finding."""
    days = findings[["finding_id", *LEVEL_KEYS]].copy()
    spans = [
        (first, min(last, first + timedelta(days=LONGEST_WINDOW - 1)))
        for first, last in zip(findings["first_seen"], findings["last_seen"], strict=True)
    ]
    days["first_day"] = [first for first, _ in spans]
    days["last_day"] = [last for _, last in spans]
    days["days_apart"] = [((last - first).days // 7 + 1) * 7 for first, last in spans]
    return days


def explain_findings(findings: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The drivers of all findings, the first one first: rows of platform.anomaly_drivers.

    `cells` has CELLS: cost and quantity (Decimal) summed over the finding's own days
    (`windows_back` 0) or over the same days 1 to 4 windows earlier. `nature` is usage, unused
    (commitment), credit or restatement; `known_days` says how far back the series is known.
    Findings without any cost in `cells` have no drivers.
    """
    missing = sorted(set(CELLS) - set(cells.columns))
    if missing:
        raise ValueError(f"column {missing[0]!r} is missing from the cells to explain: select it")
    about = compared_days(findings).set_index("finding_id")
    about["billing_currency"] = findings.set_index("finding_id")["billing_currency"]
    cells = cells[cells["finding_id"].isin(about.index)]
    if cells.empty:
        return pd.DataFrame(columns=COLUMNS)
    known = cells.groupby("finding_id")["known_days"].first()
    about["reference_windows"] = _windows(known.reindex(about.index), about["days_apart"])
    with localcontext() as context:
        context.prec = PRECISION
        moved = _moved(cells, about["reference_windows"])
        parts = pd.concat([_beside_usage(moved), _of_usage(moved)], ignore_index=True)
        totals = moved.groupby("finding_id")[["c0", "c1"]].sum()
        listed = _listed(parts, totals)
    tags = cells.sort_values("windows_back").dropna(subset=["tags"])
    tags = tags.drop_duplicates(["finding_id", "resource_id"])
    tags = tags[["finding_id", "resource_id", "tags"]]
    listed = listed.merge(tags, how="left", on=["finding_id", "resource_id"])
    columns = ["billing_currency", "first_day", "last_day", "reference_windows"]
    return listed.join(about[columns], on="finding_id")[COLUMNS]


def _windows(known_days: pd.Series[Any], days_apart: pd.Series[Any]) -> Amounts:
    """How many earlier windows are compared: a power of two, at most what is known."""
    known = (known_days.fillna(0) // days_apart).to_numpy()
    return np.select([known >= MOST_WINDOWS, known >= 2], [MOST_WINDOWS, 2], 1)


def _moved(cells: pd.DataFrame, windows: pd.Series[Any]) -> pd.DataFrame:
    """Cost c and quantity q before (0) and after (1) per nature and place; cc and cq covered."""
    averaged = cells["finding_id"].map(windows)
    cells = cells[cells["windows_back"] <= averaged]
    after = (cells["windows_back"] == 0).to_numpy()
    covered = cells["is_covered"].fillna(False).to_numpy(dtype=bool)
    share = {n: Decimal(1) / n for n in (1, 2, MOST_WINDOWS)}
    weight = np.array(
        [
            share[1] if now else share[int(n)]
            for now, n in zip(after, averaged[cells.index], strict=True)
        ],
        dtype=object,
    )
    wide = cells[["nature"]].assign(
        **{name: cells[name].fillna(NONE).replace("", NONE) for name in _PLACE}
    )
    for short, column in (("c", "cost"), ("q", "quantity")):
        amount = _decimals(cells[column]) * weight
        for side, mask in (("0", ~after), ("1", after)):
            wide[short + side] = _where(mask, amount, Decimal(0))
            wide[f"c{short}{side}"] = _where(mask & covered, amount, Decimal(0))
    return wide.groupby(["nature", *_PLACE], sort=True)[_AMOUNTS].sum().reset_index()


def _decimals(values: pd.Series[Any]) -> Amounts:
    """Exact amounts; a missing quantity counts as none."""
    out = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        if isinstance(value, Decimal | int):
            out[place] = Decimal(value)
        elif pd.isna(value):
            out[place] = Decimal(0)
        else:
            raise ValueError(
                f"{values.name} holds {value!r}, not a decimal: an exact split needs Decimals"
            )
    return out


def _beside_usage(moved: pd.DataFrame) -> pd.DataFrame:
    """What is no use of a resource has its cause by its nature."""
    other = moved[moved["nature"].isin(list(_OF_NATURE))]
    change = other["c1"] - other["c0"]
    return other.assign(cause=other["nature"].map(_OF_NATURE), change_cost=change)[
        [*_DRIVER, "change_cost"]
    ]


def _of_usage(moved: pd.DataFrame) -> pd.DataFrame:
    """Price, usage, mix, commitment, new and gone of each place; they sum to its change."""
    used = moved[~moved["nature"].isin(list(_OF_NATURE))].reset_index(drop=True)
    if used.empty:
        return pd.DataFrame(columns=[*_DRIVER, "change_cost"])
    named = used["resource_id"] != NONE
    used["thing"] = used["resource_id"].where(named, "usage " + used["usage_type"])
    things = used.groupby(["finding_id", "thing"])[["c0", "c1", "q0", "q1"]].transform("sum")
    groups = used.groupby(["finding_id", "thing", "unit"])[["q0", "q1"]].transform("sum")
    was = ((things["c0"] != 0) | (things["q0"] != 0)).to_numpy()
    now = ((things["c1"] != 0) | (things["q1"] != 0)).to_numpy()
    c0, c1, q0, q1 = (used[name].to_numpy(dtype=object) for name in ("c0", "c1", "q0", "q1"))
    group0, group1 = (groups[name].to_numpy(dtype=object) for name in ("q0", "q1"))
    change, nothing = c1 - c0, np.full(len(used), Decimal(0), dtype=object)
    split = was & now & (group0 != 0) & (group1 != 0)
    # What is used now at the old prices; what was not used before has only today's.
    at_old_price = _where(q0 != 0, _quotient(c0 * q1, q0), c1)
    scaled = _quotient(c0 * group1, group0) - c0
    used_more = _named(used, scaled, at_old_price - c0)
    coverage = _where(split, _coverage(used), nothing)
    measured = (group0 != 0) | (group1 != 0)
    amounts: dict[Cause, Amounts] = {
        "new": _where(~was & now, change, nothing),
        "gone": _where(was & ~now, change, nothing),
        "usage": _where(split, used_more, _where(was & now & measured, change, nothing)),
        "mix": _where(split, at_old_price - c0 - used_more, nothing),
        "commitment": coverage,
        # A charge without a quantity is one of something: all of its change is price.
        "price": _where(
            split, c1 - at_old_price - coverage, _where(was & now & ~measured, change, nothing)
        ),
    }
    return pd.concat(
        [used.assign(cause=cause, change_cost=amount) for cause, amount in amounts.items()],
        ignore_index=True,
    )[[*_DRIVER, "change_cost"]]


def _named(used: pd.DataFrame, scaled: Amounts, moved: Amounts) -> Amounts:
    """What more or less use of a thing costs, at the usage types that moved that way.

    `scaled` has it in proportion to what each cost before, which names the largest even where
    another was used more; `moved` is the change of each at the old prices.
    """
    place = [used[name] for name in ("finding_id", "thing", "unit")]

    def in_all(amounts: Amounts) -> Amounts:
        return pd.Series(amounts).groupby(place).transform("sum").to_numpy(dtype=object)

    whole = in_all(scaled)
    alike = _where(moved * whole > 0, moved, np.full(len(used), Decimal(0), dtype=object))
    known = in_all(alike)
    taken = _where(abs(known) > abs(whole), whole, known)
    return _quotient(alike * taken, known) + _quotient(scaled * (whole - taken), whole)


def _coverage(used: pd.DataFrame) -> Amounts:
    """What another share of covered use costs, at the old prices with and without commitment."""
    c0, c1, q0, q1, cc0, cc1, cq0, cq1 = (used[name].to_numpy(dtype=object) for name in _AMOUNTS)
    u0, u1 = q0 - cq0, q1 - cq1
    covered = _where(cq0 != 0, _quotient(cc0, cq0), _quotient(cc1, cq1))
    uncovered = _where(u0 != 0, _quotient(c0 - cc0, u0), _quotient(c1 - cc1, u1))
    both = ((cq0 != 0) | (cq1 != 0)) & ((u0 != 0) | (u1 != 0)) & (q0 != 0) & (q1 != 0)
    shift = cq1 - _quotient(cq0 * q1, q0)
    return _where(both, shift * (covered - uncovered), np.full(len(used), Decimal(0)))


def _where(condition: Amounts, yes: Amounts, no: Amounts) -> Amounts:
    """numpy's `where` on Decimals, which its annotations do not know."""
    return np.where(condition, yes, no)


def _quotient(amount: Amounts, by: Amounts) -> Amounts:
    """Element-wise; 0 where there is nothing to divide by."""
    divisible = by != 0
    ones = _where(divisible, by, np.full(len(by), Decimal(1), dtype=object))
    return _where(divisible, amount / ones, np.full(len(by), Decimal(0), dtype=object))


def _listed(parts: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """The largest drivers by name and the others by cause, ranked and rounded to the change."""
    parts = parts.groupby(_DRIVER, sort=True)["change_cost"].sum().reset_index()
    parts = parts[parts["change_cost"].map(abs) > _DUST].assign(items=1)
    parts["size"] = parts["change_cost"].map(abs)
    place = parts.sort_values("size", ascending=False, kind="stable").groupby("finding_id")
    other = (place.cumcount() >= TOP).reindex(parts.index)
    for name in _DRIVER[2:]:
        parts[name] = parts[name].where(~other, None)
    listed = parts.groupby(_DRIVER, dropna=False, sort=True).agg(
        change_cost=("change_cost", "sum"), items=("items", "sum")
    )
    listed = listed.reset_index()
    of_cause = listed.groupby(["finding_id", "cause"])["change_cost"].transform("sum").map(abs)
    listed = listed.assign(
        of_cause=of_cause,
        is_other=listed["resource_id"].isna(),
        size=listed["change_cost"].map(abs),
    ).sort_values(
        ["finding_id", "of_cause", "cause", "is_other", "size"],
        ascending=[True, False, True, True, False],
        ignore_index=True,
        kind="stable",
    )
    listed["driver_rank"] = listed.groupby("finding_id").cumcount() + 1
    after = totals["c1"].map(to_money)
    change = (totals["c1"] - totals["c0"]).map(to_money)
    for name, values in (("change", change), ("before", after - change), ("after", after)):
        listed[f"finding_{name}_cost"] = listed["finding_id"].map(values)
    exact = np.empty(len(listed), dtype=object)
    for finding, rows in listed.groupby("finding_id").indices.items():
        parts_of_finding = listed["change_cost"].iloc[rows].tolist()
        exact[rows] = apportion(parts_of_finding, change[str(finding)])
    return listed.assign(change_cost=exact)
