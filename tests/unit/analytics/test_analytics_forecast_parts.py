"""Promises of parts: they add up to what they are parts of, whatever each would say alone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.analytics.forecasting import QUANTILES, forecast_parts, forecast_with_totals
from orchestration.analytics.forecasting.parts import reconciled

Frame = Any
Make = Callable[..., Frame]

amounts = st.floats(-1e9, 1e9, allow_nan=False)
wholes = st.decimals(-(10**9), 10**9, places=12)


@given(parts=st.lists(amounts, min_size=1, max_size=14), whole=wholes)
def test_parts_sum_to_the_whole_to_the_last_decimal(parts: list[float], whole: Decimal) -> None:
    shared = reconciled(np.array(parts), whole)
    assert sum(shared, Decimal(0)) == whole


@given(
    parts=st.lists(st.floats(0, 1e9), min_size=1, max_size=14), whole=wholes.filter(bool).map(abs)
)
def test_parts_of_a_cost_are_costs(parts: list[float], whole: Decimal) -> None:
    assert min(reconciled(np.array(parts), whole)) >= 0


def made(make: Make) -> tuple[Frame, dict[str, str], Frame]:
    """Two providers; one has three services, one has a single one."""
    parts = [make(f"a{i}", days=420, seed=i, level=30.0 * (i + 1), noise=0.1) for i in range(3)]
    other = make("b", days=420, seed=9)
    frame = pd.concat([*parts, other], ignore_index=True)
    whole_of = {"a0": "A", "a1": "A", "a2": "A", "b": "B"}
    summed = frame.assign(series_id=frame["series_id"].map(whole_of))
    summed = summed.groupby(["series_id", "ds"], as_index=False)[["cost", "y"]].sum()
    whole, _, _ = forecast_with_totals(summed, {"A": "USD", "B": "USD"}, 60)
    return frame, whole_of, whole


def test_parts_of_each_day_are_the_forecast_of_their_whole(make: Make) -> None:
    frame, whole_of, whole = made(make)
    rows = forecast_parts(frame, whole_of, whole)
    assert rows.groupby("series_id").size().to_dict() == dict.fromkeys(whole_of, 60)
    sums: dict[Any, Decimal] = {}
    for row in rows.to_dict("records"):
        key = (whole_of[row["series_id"]], row["ds"])
        sums[key] = sums.get(key, Decimal(0)) + row["p50"]
    assert {(r["series_id"], r["ds"]): r["p50"] for r in whole.to_dict("records")} == sums
    quantiles = rows[QUANTILES].astype(float).to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert (quantiles >= 0).all()


def test_a_part_keeps_its_share_of_the_whole(make: Make) -> None:
    frame, whole_of, whole = made(make)
    rows = forecast_parts(frame, whole_of, whole)
    means = rows.assign(p50=rows["p50"].astype(float)).groupby("series_id")["p50"].mean()
    assert means["a2"] / means["a0"] == pytest.approx(3, rel=0.1)


def test_a_whole_without_parts_is_an_error(make: Make) -> None:
    frame, whole_of, whole = made(make)
    with pytest.raises(ValueError, match="'B' has no parts"):
        forecast_parts(frame[frame["series_id"] != "b"], {"a0": "A", "a1": "A", "a2": "A"}, whole)
    assert whole_of
