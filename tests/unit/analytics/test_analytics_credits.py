"""Promises of `ended_credits`: a steady credit that stopped is told, a late or replaced one not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from orchestration.analytics.credits import ended_credits
from orchestration.analytics.findings import COLUMNS
from orchestration.analytics.folding import fold_credits
from orchestration.analytics.planned import read_calendar

FIRST, AS_OF = date(2025, 9, 1), date(2026, 4, 20)
Rows = list[dict[str, Any]]


def on(day: date) -> bool:
    return day < date(2026, 4, 4)


def bill(
    credit: Callable[[date], float],
    *,
    item: str = "Startup programme",
    usage: Callable[[date], float] = lambda day: 100,
    through: date = AS_OF,
    **other: Any,
) -> Rows:
    days = [FIRST + timedelta(days=n) for n in range((through - FIRST).days + 1)]
    key = {
        "service_provider_name": "Google Cloud", "sub_account_id": "one",
        "service_name": "BigQuery", "billing_currency": "USD", "item": item,
    }  # fmt: skip
    return [
        key
        | {
            "charge_date": day,
            "credit": Decimal(str(credit(day))),
            "usage": Decimal(str(usage(day))),
            "provider_usage": Decimal(200),
        }
        | other
        for day in days
    ]


def found(*bills: Rows, through: date = AS_OF, events: Any = ()) -> list[dict[Any, Any]]:
    rows = pd.DataFrame([row for one in bills for row in one])
    told = ended_credits(rows, {"Google Cloud": through}, read_calendar(events), through)
    assert list(told.columns) == COLUMNS
    return told.to_dict("records")


def test_a_credit_that_ran_out_is_told_with_what_a_month_costs_more() -> None:
    (row,) = found(bill(lambda day: 30 * on(day)))
    assert (row["kind"], row["status"], row["first_seen"]) == (
        "credit_ended", "open", date(2026, 4, 4),
    )  # fmt: skip
    assert row["impact_cost"] == 17 * 30
    assert row["monthly_cost"] == Decimal("913.125")
    assert row["why"] == (
        "Credit ended: 'Startup programme' took $913.12 a month off BigQuery in account one "
        "(Google Cloud); none since 2026-04-04, although the usage goes on."
    )


@pytest.mark.parametrize(("day", "told"), [(12, 0), (13, 1)])
def test_it_is_told_ten_days_after_its_last_and_not_before(day: int, told: int) -> None:
    through = date(2026, 4, day)
    assert len(found(bill(lambda day: 30 * on(day), through=through), through=through)) == told


def test_it_is_one_finding_through_its_life_which_ends() -> None:
    rows = [
        found(bill(lambda day: 30 * on(day), through=day), through=day)
        for day in (date(2026, 4, 13), date(2026, 5, 10), date(2026, 5, 11), date(2026, 6, 30))
    ]
    assert len({row["finding_id"] for (row,) in rows}) == 1
    assert [row["status"] for (row,) in rows] == ["open", "open", "resolved", "resolved"]
    assert rows[-1][0]["monthly_cost"] is None
    assert rows[-1][0]["impact_cost"] == rows[-2][0]["impact_cost"] == 37 * 30


def test_a_credit_of_each_month_has_ended_once_a_closed_month_is_without() -> None:
    def monthly(day: date) -> float:
        return 900 * (day.day == 1 and day < date(2026, 2, 2))

    for through in (date(2026, 3, 31), date(2026, 4, 9)):
        assert not found(bill(monthly, through=through), through=through), "March may still come"
    (row,) = found(bill(monthly))
    assert (row["kind"], row["first_seen"]) == ("credit_ended", date(2026, 3, 1))


@pytest.mark.parametrize("posted", [1, 15, 31])
def test_what_is_posted_when_the_month_closes_has_not_ended(posted: int) -> None:
    """Every day of these months is dated, or one is, and none of the open month is there yet."""

    def closed(day: date) -> float:
        last_of_month = (day + timedelta(days=1)).day == 1
        dated = day.day == posted or (posted == 31 and last_of_month)
        return 900 * (dated and day < date(2026, 4, 1))

    for through in (date(2026, 4, 2), date(2026, 4, 30), date(2026, 5, 10)):
        assert not found(bill(closed, through=through), through=through)
        daily = bill(lambda day: 30 * (day < date(2026, 4, 1)), through=through)
        assert not found(daily, through=through)


@pytest.mark.parametrize("last_day", [9, 20, 25])
def test_a_free_tier_that_is_used_up_within_each_month_has_not_ended(last_day: int) -> None:
    for n in range(60):
        through = date(2026, 2, 15) + timedelta(days=n)
        tier = bill(lambda day: 40 * (day.day <= last_day), through=through)
        assert not found(tier, through=through), through


def test_a_credit_that_shrank_by_half_is_told_once_its_month_is_closed() -> None:
    def shrunk(day: date) -> float:
        return 30 if day < date(2026, 3, 1) else 10

    assert not found(bill(shrunk, through=date(2026, 4, 5)), through=date(2026, 4, 5))
    (row,) = found(bill(shrunk))
    assert (row["kind"], row["first_seen"]) == ("credit_reduced", date(2026, 3, 1))
    assert row["why"].startswith("Credit shrank: 'Startup programme' took $913.12 a month off ")
    assert "; $304.38 a month since 2026-03-01" in row["why"]


@pytest.mark.parametrize(
    "bills",
    [
        [bill(lambda day: 30 * on(day), usage=lambda day: 100 * on(day))],
        [bill(lambda day: 3 * on(day))],
        [bill(lambda day: 30 * on(day)), bill(lambda day: 30 * (not on(day)), item="Programme 2")],
        [bill(lambda day: 3000 * (day == date(2026, 3, 2)))],
        [bill(lambda day: 30 * (date(2026, 3, 20) < day < date(2026, 4, 4)))],
        [bill(lambda day: 30 if day < date(2026, 4, 12) else 0)],
    ],
    ids=["unused", "small", "renamed", "once", "never steady", "late"],
)
def test_what_is_no_loss_or_not_known_yet_is_not_told(bills: list[Rows]) -> None:
    assert found(*bills) == []


def test_a_credit_that_comes_after_all_is_no_longer_told() -> None:
    again = bill(lambda day: 30 * (on(day) or day > date(2026, 4, 18)))
    assert found(again) == []


@pytest.mark.parametrize(("up_to", "told"), [(40, 0), (20, 1)])
def test_an_end_that_was_announced_is_silent(up_to: int, told: int) -> None:
    event = {
        "event_id": "end", "owner": "ana", "reason": "known", "starts_on": "2026-04-01",
        "ends_on": "2026-04-10", "expires_on": "2026-12-01", "direction": "more", "up_to": up_to,
        "service_name": "BigQuery",
    }  # fmt: skip
    assert len(found(bill(lambda day: 30 * on(day)), events=[event])) == told


def test_a_credit_of_many_places_says_so() -> None:
    everywhere: dict[str, Any] = {"sub_account_id": "(all)", "service_name": "(all)"}
    (row,) = found(bill(lambda day: 30 * on(day), **everywhere))
    assert row["level"] == "provider"
    assert "off several services of Google Cloud; none" in row["why"]


def test_credits_that_end_in_the_same_days_are_one_finding() -> None:
    def until(last: date, amount: int, item: str) -> Rows:
        return bill(lambda day: amount * (day <= last), item=item)

    rows = pd.DataFrame(
        until(date(2026, 4, 3), 30, "Small")
        + until(date(2026, 4, 4), 50, "Large")
        + until(date(2026, 3, 20), 40, "Earlier")
    )
    euros = rows.assign(billing_currency="EUR")
    ended = ended_credits(pd.concat([rows, euros]), {"Google Cloud": AS_OF}, [], AS_OF)
    told = fold_credits(ended).set_index("finding_id")
    names: Any = told["billing_currency"] + told["why"].str.extract("'(.*)'")[0]
    teller = dict(zip(names, told["parent_finding_id"].map(names.to_dict()), strict=True))
    for currency in ("USD", "EUR"):
        assert teller[f"{currency}Small"] == f"{currency}Large"
        assert pd.isna([teller[f"{currency}Large"], teller[f"{currency}Earlier"]]).all()
    assert fold_credits(ended.head(0)).empty
