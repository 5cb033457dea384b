"""Promises of `unusual_purchases`: large and new is told once, what came before is not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from orchestration.analytics.findings import COLUMNS
from orchestration.analytics.planned import read_calendar
from orchestration.analytics.purchases import unusual_purchases

AS_OF = date(2026, 5, 1)


def bought(**other: Any) -> dict[str, Any]:
    return {
        "charge_date": date(2026, 4, 10),
        "service_provider_name": "AWS",
        "sub_account_id": "one",
        "service_name": "Marketplace",
        "billing_currency": "USD",
        "billed_cost": Decimal(25_000),
        "most_before": Decimal(400),
        "mean_before": Decimal(300),
        "last_bought": None,
        "bought_before": None,
        "usage_before": Decimal(90_000),
        "known_since": date(2026, 1, 1),
    } | other


def found(*purchases: dict[str, Any], events: Any = ()) -> list[dict[Any, Any]]:
    told = unusual_purchases(pd.DataFrame(purchases), read_calendar(events), AS_OF)
    assert list(told.columns) == COLUMNS
    return told.to_dict("records")


def test_a_large_purchase_is_told_with_what_it_is_more_than_the_largest_before() -> None:
    (row,) = found(bought())
    assert row["kind"] == "purchase"
    assert row["series_id"] == "AWS/one/Marketplace/USD/purchases"
    assert (row["expected_cost"], row["actual_cost"]) == (Decimal(400), Decimal(25_000))
    assert row["impact_cost"] == Decimal(24_600)
    assert row["first_seen"] == row["last_seen"] == date(2026, 4, 10)
    assert row["why"] == (
        "Purchase: Marketplace in account one (AWS) billed $25,000.00 on 2026-04-10; "
        "the most on a day before was $400.00."
    )


def test_the_first_purchase_of_a_service_says_so() -> None:
    (row,) = found(bought(most_before=None))
    assert row["why"].endswith("; the first.")


@pytest.mark.parametrize(
    "ordinary",
    [
        {"most_before": Decimal(17_000)},
        {"usage_before": Decimal(600_000)},
        {"known_since": date(2026, 3, 10)},
        {"billed_cost": Decimal(-25_000)},
        {"billed_cost": Decimal(0), "most_before": None, "usage_before": None},
        {"billed_cost": Decimal(90), "usage_before": None, "billing_currency": "JPY"}
        | {"most_before": None},
    ],
    ids=["the like before", "small beside usage", "a new provider", "a refund", "nothing", "yen"],
)
def test_an_ordinary_purchase_is_not_told(ordinary: dict[str, Any]) -> None:
    assert found(bought(**ordinary)) == []


def test_a_purchase_without_any_usage_before_is_told() -> None:
    assert len(found(bought(usage_before=None))) == 1


def test_the_largest_comes_first_and_each_has_its_own_identity() -> None:
    rows = found(bought(), bought(sub_account_id="two", billed_cost=Decimal(70_000)))
    assert [row["sub_account_id"] for row in rows] == ["two", "one"]
    assert len({row["finding_id"] for row in rows}) == 2


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        ({}, 0),
        ({"service_name": "Marketplace", "up_to": 30_000}, 0),
        ({"up_to": 20_000}, 1),
        ({"direction": "less"}, 1),
        ({"service_name": "Other"}, 1),
        ({"starts_on": "2026-04-11"}, 1),
        ({"expires_on": "2026-04-30"}, 1),
    ],
)
def test_only_what_an_event_announced_is_left_out(entry: dict[str, Any], left: int) -> None:
    event = {
        "event_id": "contract", "owner": "ana", "reason": "signed", "starts_on": "2026-04-01",
        "ends_on": "2026-05-01", "expires_on": "2026-06-01",
    }  # fmt: skip
    assert len(found(bought(), events=[event | entry])) == left


@pytest.mark.parametrize(
    ("before", "most", "told"),
    [
        ((date(2026, 2, 10), date(2026, 3, 10)), 10_000, 0),
        ((date(2026, 2, 9), date(2026, 3, 12)), 10_000, 0),
        ((date(2025, 10, 10), date(2026, 1, 10)), 10_000, 0),
        ((date(2026, 2, 10), date(2026, 3, 10)), 8_000, 1),
        ((date(2026, 2, 25), date(2026, 3, 10)), 10_000, 1),
        ((None, date(2026, 3, 10)), 10_000, 1),
    ],
    ids=["monthly", "some days apart", "quarterly", "much more", "no rhythm", "second"],
)
def test_a_top_up_that_is_due_may_be_larger_than_any_before(
    before: tuple[date | None, date], most: int, told: int
) -> None:
    days = {"bought_before": before[0], "last_bought": before[1]}
    rows = found(bought(most_before=Decimal(most), mean_before=Decimal(most), **days))
    assert len(rows) == told


def test_top_ups_that_grow_threefold_each_time_are_told() -> None:
    paid = [Decimal(10_000), Decimal(10_000)]
    days = [date(2026, month, 10) for month in (1, 2, 3, 4)]
    told = []
    for cost, at in ((Decimal(30_000), 2), (Decimal(90_000), 3)):
        told += found(
            bought(
                charge_date=days[at],
                known_since=date(2025, 10, 1),
                billed_cost=cost,
                most_before=max(paid),
                mean_before=sum(paid, Decimal(0)) / len(paid),
                last_bought=days[at - 1],
                bought_before=days[at - 2],
            )
        )
        paid.append(cost)
    assert [row["actual_cost"] for row in told] == [90_000]
