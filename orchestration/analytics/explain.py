"""Why a cost changed: an exact, additive split of the change over resources and usage.

The days of the finding are compared with the same weekdays before it. One, two or four earlier
windows are averaged: powers of two, so that every amount stays an exact decimal and the parts sum
to the change to the last digit.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, localcontext

import pandas as pd

from orchestration.analytics.money import display
from orchestration.analytics.series import NONE as UNNAMED
from orchestration.analytics.series import SERIES_KEYS

KEYS = ("resource_id", "usage_type", "region_id")
# A level shift of months is explained by its first four weeks.
LONGEST_WINDOW = 28
PRECISION = 60


@dataclass(frozen=True)
class Driver:
    """One resource's part of the change; amounts are totals over the window."""

    resource_id: str
    usage_type: str
    region_id: str
    status: str
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        """What this resource added to (or took from) the cost."""
        with localcontext() as context:
            context.prec = PRECISION
            return self.after - self.before


@dataclass(frozen=True)
class Explanation:
    """The whole change and its parts; `new + gone + changed` and the drivers sum to `change`."""

    first_day: date
    last_day: date
    reference_windows: int
    before: Decimal
    after: Decimal
    change: Decimal
    new: Decimal
    gone: Decimal
    changed: Decimal
    top: tuple[Driver, ...]
    remainder: Decimal
    remainder_items: int
    currency: str = "USD"

    @property
    def days(self) -> int:
        """Length of the window."""
        return (self.last_day - self.first_day).days + 1

    def sentence(self) -> str:
        """The largest contributor in words, with its share of the change."""
        if not self.top:
            return f"No single resource explains the change since {self.first_day}."
        first = self.top[0]
        amount = display(first.change / self.days, self.currency, sign=True)
        share = f", {first.change / self.change:.0%} of the change" if self.change else ""
        usage = ", ".join(x for x in (first.usage_type, first.region_id) if x != UNNAMED)
        name = first.resource_id if first.resource_id != UNNAMED else "charges without resource"
        detail = f" ({usage})" if usage else ""
        state = {"new": "new, ", "gone": "gone, "}.get(first.status, "")
        when = f"on {self.first_day}" if self.days == 1 else f"since {self.first_day}"
        return f"{name}{detail} {state}{amount}/day {when}{share}"

    def to_json(self) -> str:
        """The `drivers` column: canonical JSON, amounts as decimal text."""
        body = {
            "window": {"first_day": str(self.first_day), "last_day": str(self.last_day)},
            "reference_windows": self.reference_windows,
            "currency": self.currency,
            **{
                name: _text(getattr(self, name))
                for name in ("before", "after", "change", "new", "gone", "changed")
            },
            "top": [_driver(d, self.change) for d in self.top],
            "remainder": {"items": self.remainder_items, "change": _text(self.remainder)},
            "sentence": self.sentence(),
        }
        return json.dumps(body, sort_keys=True, ensure_ascii=False)


def explain(
    costs: pd.DataFrame,
    first_day: date,
    last_day: date,
    *,
    top: int = 5,
    currency: str = "USD",
) -> Explanation:
    """Split the change of [first_day, last_day] against the same weekdays before.

    `costs` has charge_date, effective_cost (Decimal) and any of resource_id, usage_type and
    region_id, for one series and one currency, and reaches back at least four weeks if it can.
    """
    for column in ("charge_date", "effective_cost"):
        if column not in costs.columns:
            raise ValueError(f"column {column!r} is missing from the costs to explain: select it")
    if last_day < first_day:
        raise ValueError(f"window {first_day}..{last_day} ends before it begins: swap the days")
    last_day = min(last_day, first_day + timedelta(days=LONGEST_WINDOW - 1))
    days = pd.to_datetime(costs["charge_date"])
    earliest = first_day if costs.empty else days.min().date()
    windows, shift = _reference(earliest, first_day, last_day)
    since = pd.Timestamp(first_day - timedelta(days=windows * shift))
    rows = _rows(costs[(days >= since) & (days <= pd.Timestamp(last_day))])
    with localcontext() as context:
        context.prec = PRECISION
        before: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
        after: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
        for day, key, cost in rows:
            if first_day <= day <= last_day:
                after[key] += cost
                continue
            for k in range(1, windows + 1):
                moved = timedelta(days=k * shift)
                if first_day - moved <= day <= last_day - moved:
                    before[key] += cost / windows
        drivers = [_split(key, before, after) for key in sorted(set(before) | set(after))]
        return _summarise(drivers, (first_day, last_day), windows, top=top, currency=currency)


def explain_findings(findings: pd.DataFrame, costs: pd.DataFrame, *, top: int = 5) -> pd.DataFrame:
    """Fill `drivers` and lengthen `why` of the findings whose series has costs by resource.

    `costs` is what `explain` takes, for any number of series: SERIES_KEYS tell them apart.
    """
    out = findings.copy()
    if findings.empty or costs.empty:
        return out
    keys = list(SERIES_KEYS)
    named = costs.assign(**{key: costs[key].astype(object).fillna(UNNAMED) for key in keys})
    by_series = dict(list(named.groupby(keys, sort=False)))
    for index, row in zip(findings.index, findings.to_dict("records"), strict=True):
        detail = by_series.get(tuple(row[key] for key in keys))
        if detail is None:
            continue
        window, currency = (row["first_seen"], row["last_seen"]), str(row["billing_currency"])
        explanation = explain(detail, *window, top=top, currency=currency)
        out.at[index, "drivers"] = explanation.to_json()
        out.at[index, "why"] = f"{row['why']} {explanation.sentence()}."
    return out


def _rows(costs: pd.DataFrame) -> list[tuple[date, tuple[str, ...], Decimal]]:
    days = pd.to_datetime(costs["charge_date"]).dt.date.tolist()
    parts = []
    for key in KEYS:
        values = costs[key].tolist() if key in costs.columns else [None] * len(costs)
        parts.append([UNNAMED if pd.isna(v) or v == "" else str(v) for v in values])
    amounts = []
    for value in costs["effective_cost"].tolist():
        if not isinstance(value, Decimal | int):
            raise ValueError(
                f"effective_cost holds {value!r}, not a decimal: an exact split needs Decimals"
            )
        amounts.append(Decimal(value))
    return list(zip(days, zip(*parts, strict=True), amounts, strict=True))


def _reference(earliest: date, first_day: date, last_day: date) -> tuple[int, int]:
    """How many earlier windows are known (a power of two), and how far apart they lie."""
    days = (last_day - first_day).days + 1
    shift = -(-days // 7) * 7
    known = (first_day - earliest).days // shift
    return (4 if known >= 4 else 2 if known >= 2 else 1), shift


def _split(
    key: tuple[str, ...],
    before: Mapping[tuple[str, ...], Decimal],
    after: Mapping[tuple[str, ...], Decimal],
) -> Driver:
    was, now = before.get(key, Decimal(0)), after.get(key, Decimal(0))
    status = "changed"
    if was == 0 and now != 0:
        status = "new"
    elif now == 0 and was != 0:
        status = "gone"
    return Driver(key[0], key[1], key[2], status, was, now)


def _summarise(
    drivers: list[Driver],
    window: tuple[date, date],
    windows: int,
    *,
    top: int,
    currency: str,
) -> Explanation:
    def total(status: str) -> Decimal:
        return sum((d.change for d in drivers if d.status == status), Decimal(0))

    ranked = sorted(drivers, key=lambda d: (-abs(d.change), d.resource_id, d.usage_type))
    leading = tuple(d for d in ranked[:top] if d.change)
    after = sum((d.after for d in drivers), Decimal(0))
    before = sum((d.before for d in drivers), Decimal(0))
    whole = Explanation(
        first_day=window[0],
        last_day=window[1],
        reference_windows=windows,
        before=before,
        after=after,
        change=after - before,
        new=total("new"),
        gone=total("gone"),
        changed=total("changed"),
        top=leading,
        remainder=Decimal(0),
        remainder_items=sum(1 for d in drivers if d.change) - len(leading),
        currency=currency,
    )
    rest = whole.change - sum((d.change for d in leading), Decimal(0))
    return replace(whole, remainder=rest)


def _driver(driver: Driver, change: Decimal) -> dict[str, str | None]:
    share = None if not change else f"{driver.change / change:.4f}"
    return {
        "resource_id": driver.resource_id,
        "usage_type": driver.usage_type,
        "region_id": driver.region_id,
        "status": driver.status,
        "before": _text(driver.before),
        "after": _text(driver.after),
        "change": _text(driver.change),
        "share": share,
    }


def _text(amount: Decimal) -> str:
    """Plain decimal text with two decimals at least and no needless zeros."""
    text = format(amount, "f")
    if "." not in text:
        return text + ".00"
    whole, fraction = text.split(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"
