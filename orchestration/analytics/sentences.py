"""Findings in words, and their drivers as JSON: all that the columns `why` and `drivers` say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from orchestration.analytics.findings import place as series_place
from orchestration.analytics.folding import TOGETHER_DAYS
from orchestration.analytics.money import display
from orchestration.analytics.series import NONE

# As many as a picture or a message has room for; the mart has them all.
LISTED = 5
# From this share on, what still arrives of a day is not worth a sentence.
WHOLE = 0.995
Row = Mapping[Any, Any]

#: What a cause is called where the cost rose, and where it fell.
WORDS = {
    "new": ("new", "new"),
    "gone": ("gone", "gone"),
    "usage": ("used more", "used less"),
    "price": ("dearer", "cheaper"),
    "mix": ("a dearer mix", "a cheaper mix"),
    "commitment": ("less covered by commitments", "more covered by commitments"),
    "credit": ("fewer credits", "more credits"),
    "restatement": ("corrected upwards", "corrected downwards"),
}


def in_words(findings: pd.DataFrame, drivers: pd.DataFrame) -> pd.DataFrame:
    """The folded findings with `why`: what happened, what drove it most, whence it moved.

    `drivers` is what `explain_findings` gives; the leading ones become the column `drivers`.
    """
    by_finding = dict(list(drivers.groupby("finding_id", sort=False)))
    texts: dict[Any, str] = {}
    listed: dict[Any, str] = {}
    for finding in findings.to_dict("records"):
        name = finding["finding_id"]
        rows = by_finding[name].to_dict("records") if name in by_finding else []
        texts[name] = _why(finding, rows[0]["cause"] if rows else "gone")
        listed[name] = _json(rows) if rows else "{}"
        texts[name] += f" {sentence(rows)}." if rows else ""
    named = findings["parent_finding_id"]
    for name in findings.loc[named.notna() & ~named.isin(texts), "finding_id"]:
        texts[name] += " Its provider restated the closed month: this is what that changed."
    for words, teller in [*_moves(findings), *_shares(findings)]:
        texts[teller] += f" {words}"
    ids = findings["finding_id"]
    return findings.assign(why=ids.map(texts), drivers=ids.map(listed))


def _why(row: Row, cause: str) -> str:
    """What happened, when, how much it is about, and whether its last day is whole yet; `cause` is
    the leading one.
    """
    return _what(row, cause) + _so_far(row)


def _what(row: Row, cause: str) -> str:
    currency = str(row["billing_currency"])
    days = (row["last_seen"] - row["first_seen"]).days + 1
    actual, expected = row["actual_cost"] / days, row["expected_cost"] / days
    paid, usual = display(actual, currency), display(expected, currency)
    total = display(row["impact_cost"], currency, sign=True)
    where = series_place(row)
    since = f"since {row['first_seen']}" if row["status"] == "open" else _span(row, days)
    rate = f"{paid} {since}" if days == 1 and row["status"] != "open" else f"{paid} a day {since}"
    verb = "costs" if row["status"] == "open" else "cost"
    if row["kind"] == "new_spend":
        return f"New spend: {where} {verb} {rate}, after four weeks without any."
    if row["kind"] == "drop":
        # What is cheaper, covered or used less is there, and so is its bill.
        stopped = cause == "gone" or actual <= 0
        how = "something stopped, or its bill is missing" if stopped else total
        return f"{where} fell to {paid} a day from the expected {usual} {since}: {how}."
    share = f" ({(actual - expected) / expected:+.0%})" if expected > 0 else ""
    if days == 1:
        return f"{where} cost {paid} on {row['first_seen']}{share}, not the expected {usual}."
    return f"{where} {verb} {paid} a day{share}, not the expected {usual}, {since}: {total}."


def _so_far(row: Row) -> str:
    share = row["arrived_share"]
    return "" if share >= WHOLE else f" Of the last day about {share:.0%} has arrived."


def _span(row: Row, days: int) -> str:
    if days == 1:
        return f"on {row['first_seen']}"
    return f"from {row['first_seen']} to {row['last_seen']}"


def _moves(findings: pd.DataFrame) -> list[tuple[str, Any]]:
    """Whence a rise came, and which: of one level, for other sums only follow."""
    pairs = []
    for fall, rise in _told(findings):
        if fall["impact_cost"] < 0 < rise["impact_cost"] and fall["level"] == rise["level"]:
            pairs.append((_whence(fall, rise), rise["finding_id"]))
    return pairs


def _shares(findings: pd.DataFrame) -> list[tuple[str, Any]]:
    """What rose, or fell, only as a share of others, and which finding tells it."""
    return [
        (
            f"{series_place(part).removesuffix(',')} follows it, at {part['share_of']} as before: "
            f"{display(part['impact_cost'], part['billing_currency'], sign=True)}.",
            teller["finding_id"],
        )
        for part, teller in _told(findings)
        if not pd.isna(part.get("share_of"))
    ]


def _told(findings: pd.DataFrame) -> list[tuple[Row, Row]]:
    """Each finding that another tells, and that other; restatements are not among them."""
    known = {row["finding_id"]: row for row in findings.to_dict("records")}
    return [
        (row, known[row["parent_finding_id"]])
        for row in known.values()
        if row["parent_finding_id"] in known
    ]


def _whence(fall: Row, rise: Row) -> str:
    if fall["billing_currency"] != rise["billing_currency"]:
        return f"Until then it was billed in {fall['billing_currency']}."
    place_before = series_place(fall).removesuffix(",")
    apart = abs((fall["first_seen"] - rise["first_seen"]).days) > TOGETHER_DAYS
    how = "as it rose, week by week" if apart else "by about as much"
    return f"It seems to have moved from {place_before}, which fell {how}."


def sentence(drivers: Sequence[Row]) -> str:
    """The leading cause: its largest resource, how much a day, its share of the change.

    `drivers` are all of one finding, the first one first.
    """
    leading = drivers[0]
    same = [row for row in drivers if row["cause"] == leading["cause"]]
    amount = sum((row["change_cost"] for row in same), Decimal(0))
    others = sum(row["items"] for row in same) - 1
    days = (leading["last_day"] - leading["first_day"]).days + 1
    per_day = display(amount / days, leading["billing_currency"], sign=True)
    whole = leading["finding_change_cost"]
    share = f", {amount / whole:.0%} of the change" if whole else ""
    when = f"on {leading['first_day']}" if days == 1 else f"since {leading['first_day']}"
    more = f" and {others} more" if others else ""
    return f"{place(leading)}{more} {words(leading)}, {per_day}/day {when}{share}"


def words(driver: Row) -> str:
    """The cause of a driver, as a person says it."""
    return WORDS[driver["cause"]][driver["change_cost"] < 0]


def place(driver: Row) -> str:
    """Where a driver is: its resource, with usage type and region where they are known."""
    if driver["resource_id"] is None:
        return f"{driver['items']} others"
    usage = [driver[key] for key in ("usage_type", "region_id") if driver[key] not in (NONE, None)]
    name = driver["resource_id"]
    if name == NONE:
        name = "charges without resource"
    return f"{name} ({', '.join(usage)})" if usage else str(name)


def _json(rows: Sequence[Row]) -> str:
    """Canonical JSON; amounts as decimal text. The drivers not listed are one amount."""
    first = rows[0]
    causes: dict[str, Decimal] = {}
    for row in rows:
        causes[row["cause"]] = causes.get(row["cause"], Decimal(0)) + row["change_cost"]
    top = [row for row in rows if row["resource_id"] is not None][:LISTED]
    rest = first["finding_change_cost"] - sum((row["change_cost"] for row in top), Decimal(0))
    body = {
        "change": f"{first['finding_change_cost']:f}",
        "currency": first["billing_currency"],
        "first_day": str(first["first_day"]),
        "last_day": str(first["last_day"]),
        "causes": {cause: f"{amount:f}" for cause, amount in causes.items()},
        "top": [
            {key: row[key] for key in ("cause", "resource_id", "usage_type", "region_id")}
            | {"change": f"{row['change_cost']:f}"}
            for row in top
        ],
        "rest": f"{rest:f}",
    }
    return json.dumps(body, sort_keys=True, ensure_ascii=False)
