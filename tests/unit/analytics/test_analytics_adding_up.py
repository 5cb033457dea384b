"""Promises of totals: they add up exactly, and are as sure as their own record."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from orchestration.analytics.forecasting import QUANTILES, forecast, forecast_with_totals

Frame = Any
Make = Callable[..., Frame]


def many(make: Make, count: int, **kwargs: Any) -> Frame:
    return pd.concat([make(f"s{i}", seed=i, **kwargs) for i in range(count)], ignore_index=True)


def width(rows: Frame) -> Any:
    return (rows["p90"].astype(float) - rows["p10"].astype(float)).to_numpy()


def test_totals_are_the_sum_of_their_parts_to_the_last_decimal(make: Make) -> None:
    frame = many(make, 5, days=420, noise=0.1)
    total_of = {f"s{i}": "USD" if i < 3 else "EUR" for i in range(5)}
    rows, totals, _ = forecast_with_totals(frame, total_of, 90)
    assert totals.groupby("total_id").size().to_dict() == {"EUR": 90, "USD": 90}
    assert totals.groupby("total_id")["parts"].first().to_dict() == {"EUR": 2, "USD": 3}
    parts: dict[Any, Decimal] = {}
    for row in rows.to_dict("records"):
        key = (total_of[row["series_id"]], row["ds"])
        parts[key] = parts.get(key, Decimal(0)) + row["p50"]
    assert {(r["total_id"], r["ds"]): r["p50"] for r in totals.to_dict("records")} == parts


def test_the_parts_are_forecast_as_without_totals(make: Make) -> None:
    frame = many(make, 3, days=420)
    rows, _, _ = forecast_with_totals(frame, dict.fromkeys(("s0", "s1", "s2"), "USD"), 30)
    alone = forecast(frame, 30)
    assert np.allclose(rows[QUANTILES].astype(float), alone[QUANTILES])


def test_the_total_of_one_series_is_that_series(make: Make) -> None:
    frame = many(make, 3, days=420, noise=0.1)
    rows, totals, _ = forecast_with_totals(frame, {"s0": "USD", "s1": "USD", "s2": "EUR"}, 60)
    one = rows[rows["series_id"] == "s2"].reset_index(drop=True)
    euro = totals[totals["total_id"] == "EUR"].reset_index(drop=True)
    pd.testing.assert_frame_equal(euro[["ds", *QUANTILES]], one[["ds", *QUANTILES]])


def test_errors_that_do_not_move_together_cancel_and_those_that_do_add_up(make: Make) -> None:
    apart = many(make, 6, days=420, noise=0.2)
    together = pd.concat(
        [make(f"s{i}", seed=1, days=420, noise=0.2) for i in range(6)], ignore_index=True
    )
    for frame, least, most in ((apart, 0.2, 0.75), (together, 0.8, 1.25)):
        rows, totals, _ = forecast_with_totals(frame, {f"s{i}": "USD" for i in range(6)}, 30)
        of_parts = rows.assign(width=width(rows)).groupby("ds")["width"].sum().to_numpy()
        share = float(np.median(width(totals) / of_parts))
        assert least < share < most


def test_quantiles_of_totals_are_ordered_and_never_negative_where_cost_is_not(make: Make) -> None:
    _, totals, _ = forecast_with_totals(
        many(make, 4, days=200, noise=0.8, level=2.0), {f"s{i}": "USD" for i in range(4)}, 90
    )
    quantiles = totals[QUANTILES].astype(float).to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert (quantiles >= 0).all()


def test_only_days_for_which_every_part_is_forecast_are_summed(make: Make) -> None:
    frame = many(make, 2, days=200)
    late = frame["ds"].max() - pd.Timedelta(days=3)
    frame = frame[(frame["series_id"] == "s0") | (frame["ds"] <= late)]
    rows, totals, _ = forecast_with_totals(frame, {"s0": "USD", "s1": "USD"}, 30)
    assert totals["ds"].min() == frame["ds"].max() + pd.Timedelta(days=1)
    assert totals["ds"].max() == rows[rows["series_id"] == "s1"]["ds"].max()
    assert len(totals) == 27


def test_a_part_that_began_later_cost_nothing_before(make: Make) -> None:
    frame = many(make, 2, days=420)
    frame = frame[
        (frame["series_id"] == "s0") | (frame["ds"] > frame["ds"].max() - pd.Timedelta("20D"))
    ]
    _, totals, _ = forecast_with_totals(frame, {"s0": "USD", "s1": "USD"}, 30)
    assert totals[QUANTILES].astype(float).notna().all(axis=None)
