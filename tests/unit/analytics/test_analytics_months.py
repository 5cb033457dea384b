"""Promises of months: known and expected add up exactly, and the interval is the month's own."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from orchestration.analytics.forecasting import QUANTILES, forecast_with_totals

Frame = Any
Make = Callable[..., Frame]


def outlook(make: Make, count: int = 6, **changes: Any) -> Any:
    # 420 days from the first of January 2025 end on 24 February 2026.
    frame = pd.concat([make(f"s{i}", seed=i, days=420, **changes) for i in range(count)])
    total_of = {f"s{i}": "USD" for i in range(count)}
    return frame, forecast_with_totals(frame.reset_index(drop=True), total_of, 120)


def test_a_month_is_what_is_known_and_what_is_expected_to_the_last_decimal(make: Make) -> None:
    frame, (rows, _, months) = outlook(make, 2)
    own = months[months["series_id"] == "s1"].set_index("month")
    assert [f"{month:%m}" for month in own.index] == ["02", "03", "04", "05"]
    assert set(own["cutoff"]) == {pd.Timestamp("2026-02-24")}
    known: Any = frame[(frame["series_id"] == "s1") & (frame["ds"] >= "2026-02-01")]["cost"]
    ahead: Any = rows[(rows["series_id"] == "s1")].set_index("ds")["p50"]
    february, march = own.loc["2026-02-01"], own.loc["2026-03-01"]
    assert february["known_cost"] == sum(known, Decimal(0))
    assert february["p50"] == sum(ahead[ahead.index < march.name], february["known_cost"])
    assert march["known_cost"] == 0
    assert march["p50"] == sum(ahead[ahead.index.to_period("M") == "2026-03"], Decimal(0))


def test_days_that_do_not_err_together_make_a_month_that_is_surer_than_they_are(
    make: Make,
) -> None:
    _, (rows, _, months) = outlook(make, noise=0.2)
    assert (np.diff(months[QUANTILES].astype(float).to_numpy(), axis=1) >= 0).all()
    days = rows[rows["ds"].dt.strftime("%Y-%m") == "2026-03"]
    added_up = (days["p90"] - days["p10"]).sum()
    march = months[months["month"] == "2026-03-01"]
    width = (march["p90"].astype(float) - march["p10"].astype(float)).sum()
    assert 0.05 * added_up < width < 0.7 * added_up
    # Of February only four days are not known.
    assert (months.groupby("month")["p90"].sum() - months.groupby("month")["p10"].sum())[
        "2026-02-01"
    ] < width / 2


def test_what_is_announced_enters_its_days_its_month_and_its_total_only(make: Make) -> None:
    frame = pd.concat([make(f"s{i}", seed=i, days=420) for i in range(2)], ignore_index=True)
    total_of = {"s0": "USD", "s1": "USD"}
    days = pd.date_range("2026-02-23", "2026-03-02")
    announced = pd.DataFrame({"series_id": "s1", "ds": days, "cost": Decimal("40.5")})
    plain = forecast_with_totals(frame, total_of, 60)
    told = forecast_with_totals(frame, total_of, 60, announced)
    keys = ["series_id", "ds"]
    more = told.rows.set_index(keys)["p50"] - plain.rows.set_index(keys)["p50"]
    moved = more[more != 0]
    # Two of the days were known already.
    assert [str(day.date()) for _, day in moved.index] == [
        *("2026-02-25", "2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02")
    ]
    assert {round(float(cost), 6) for cost in moved} == {40.5}
    totals = told.totals["p50"].astype(float).sum() - plain.totals["p50"].astype(float).sum()
    assert round(totals, 6) == 6 * 40.5
    months = told.months["p50"].astype(float) - plain.months["p50"].astype(float)
    assert months.round(6).tolist() == [0, 0, 4 * 40.5, 2 * 40.5]


def test_a_cost_that_is_announced_to_end_does_not_go_below_zero(make: Make) -> None:
    frame = pd.concat([make(f"s{i}", seed=i, days=420) for i in range(2)], ignore_index=True)
    announced = pd.DataFrame(
        {"series_id": "s0", "ds": pd.date_range("2026-03-01", "2026-03-10"), "cost": Decimal(-500)}
    )
    told = forecast_with_totals(frame, {"s0": "USD", "s1": "USD"}, 60, announced)
    assert told.rows["p50"].astype(float).min() == 0
