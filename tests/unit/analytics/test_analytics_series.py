"""Promises of `build_series`: exact sums, no gaps, no incomplete days, usage only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from orchestration.analytics.series import FORECAST_KEYS, build_series, complete_through


def row(day: str, cost: str, **over: object) -> dict[str, object]:
    base: dict[str, object] = {
        "charge_date": date.fromisoformat(day),
        "service_provider_name": "AWS",
        "sub_account_id": "1",
        "service_name": "EC2",
        "charge_category": "Usage",
        "billing_currency": "USD",
        "effective_cost": Decimal(cost),
    }
    return base | over


def test_gaps_are_zero_and_a_new_service_begins_with_the_provider() -> None:
    daily = pd.DataFrame([row("2026-01-01", "1"), row("2026-01-04", "2", service_name="S3")])
    series = build_series(daily, {"AWS": date(2026, 1, 5)})
    assert series.groupby("series_id").size().to_dict() == {
        "AWS/1/EC2/USD": 5,
        "AWS/1/S3/USD": 5,
    }
    s3 = series[series["service_name"] == "S3"]
    assert s3["y"].tolist() == [0, 0, 0, 2, 0]
    assert all(isinstance(value, Decimal) for value in s3["cost"])


def test_a_missing_bill_is_not_a_cost_of_zero() -> None:
    before = [row(f"2026-01-{day:02}", "5") for day in range(1, 29)]
    after = [row(f"2026-04-{day:02}", "7") for day in range(2, 9)]
    series = build_series(pd.DataFrame(before + after), {"AWS": date(2026, 4, 8)})
    assert series["ds"].min() == pd.Timestamp("2026-04-02")
    assert series["y"].tolist() == [7] * 7


def test_a_month_without_usage_is_zero_where_the_bill_is_there() -> None:
    daily = pd.DataFrame(
        [
            row("2026-01-01", "5"),
            row("2026-02-01", "9", charge_category="Tax"),
            row("2026-03-05", "5"),
        ]
    )
    series = build_series(daily, {"AWS": date(2026, 3, 5)})
    assert len(series) == 64
    assert series["y"].sum() == 10


def test_usage_of_before_a_missing_bill_alone_gives_no_series() -> None:
    daily = pd.DataFrame([row("2026-01-01", "5"), row("2026-06-01", "9", charge_category="Tax")])
    assert build_series(daily, {"AWS": date(2026, 6, 2)}).empty


def test_sums_are_exact_decimals() -> None:
    daily = pd.DataFrame([row("2026-01-01", "0.1"), row("2026-01-01", "0.200000000001")])
    series = build_series(daily, {"AWS": date(2026, 1, 1)})
    assert series["cost"].tolist() == [Decimal("0.300000000001")]


def test_incomplete_newest_days_are_dropped_per_provider() -> None:
    daily = pd.DataFrame(
        [
            row("2026-01-01", "1"),
            row("2026-01-09", "1"),
            row("2026-01-01", "1", service_provider_name="Microsoft"),
            row("2026-01-09", "1", service_provider_name="Microsoft"),
        ]
    )
    through = complete_through(
        {"AWS": date(2026, 1, 9), "Microsoft": date(2026, 1, 9)}, {"AWS": 1, "Microsoft": 3}
    )
    last = build_series(daily, through).groupby("service_provider_name")["ds"].max()
    assert str(last["AWS"].date()) == "2026-01-08"
    assert str(last["Microsoft"].date()) == "2026-01-06"


def test_taxes_credits_and_purchases_stay_apart_from_usage() -> None:
    daily = pd.DataFrame(
        [
            row("2026-01-01", "1"),
            row("2026-01-01", "500", charge_category="Purchase"),
            row("2026-01-01", "-3", charge_category="Credit"),
            row("2026-01-01", "7", charge_category="Tax"),
        ]
    )
    complete = {"AWS": date(2026, 1, 1)}
    assert build_series(daily, complete)["cost"].sum() == Decimal(1)
    credit = build_series(daily, complete, categories=("Credit",))
    assert credit["cost"].sum() == Decimal(-3)


def test_currencies_and_missing_accounts_are_series_of_their_own() -> None:
    daily = pd.DataFrame(
        [
            row("2026-01-01", "1"),
            row("2026-01-01", "1", billing_currency="EUR", sub_account_id=None),
        ]
    )
    series = build_series(daily, {"AWS": date(2026, 1, 1)})
    assert series["series_id"].tolist() == ["AWS/(none)/EC2/EUR", "AWS/1/EC2/USD"]
    total = build_series(daily, {"AWS": date(2026, 1, 1)}, keys=FORECAST_KEYS)
    assert total["series_id"].tolist() == ["AWS/EUR", "AWS/USD"]


def test_a_provider_without_a_last_complete_day_is_an_error_with_remedy() -> None:
    with pytest.raises(ValueError, match="'AWS': pass it in `complete`"):
        build_series(pd.DataFrame([row("2026-01-01", "1")]), {})


def test_a_missing_amount_is_an_error() -> None:
    daily = pd.DataFrame([row("2026-01-01", "1") | {"effective_cost": None}])
    with pytest.raises(ValueError, match="effective_cost holds"):
        build_series(daily, {"AWS": date(2026, 1, 1)})


def test_nothing_complete_gives_no_series() -> None:
    daily = pd.DataFrame([row("2026-01-05", "1")])
    assert build_series(daily, {"AWS": date(2026, 1, 1)}).empty
