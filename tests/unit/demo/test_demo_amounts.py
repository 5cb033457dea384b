"""Amounts are exact integers until they are written as text."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.demo.amounts import (
    ONE,
    column_floats,
    line_ids,
    mix,
    plain_texts,
    text,
    texts,
    units,
)

amounts = st.lists(st.integers(min_value=-(10**17), max_value=10**17), min_size=1, max_size=40)


@given(amounts)
def test_written_amounts_read_back_exactly(values: list[int]) -> None:
    column = np.array(values, dtype=np.int64)
    for written in (texts(column), plain_texts(column)):
        assert [int(Decimal(t) * ONE) for t in written.to_pylist()] == values
    assert [units(text(value)) for value in values] == values


def test_tiny_amounts_are_scientific_in_legacy_reports_and_plain_elsewhere() -> None:
    column = np.array([1, 120], dtype=np.int64)
    assert texts(column).to_pylist() == ["1E-10", "1.20E-8"]
    assert plain_texts(column).to_pylist() == ["0.0000000001", "0.000000012"]


@given(st.lists(st.integers(min_value=0, max_value=2_000 * ONE), min_size=1, max_size=40))
def test_amounts_below_two_thousand_survive_parquet_doubles(values: list[int]) -> None:
    doubles = column_floats(pa.chunked_array([pa.array(values, pa.int64())])).to_pylist()
    step = Decimal("1e-12")
    assert [(Decimal(repr(d)) / step).quantize(Decimal(1)) * step * ONE for d in doubles] == values


def test_missing_amounts_stay_missing() -> None:
    assert column_floats(pa.chunked_array([pa.array([None, ONE], pa.int64())])).to_pylist() == [
        None,
        1.0,
    ]


def test_line_ids_are_unique_and_stable() -> None:
    numbers = np.arange(50_000, dtype=np.int64)
    ids = line_ids(mix(7, numbers, 3)).to_pylist()
    assert len(set(ids)) == len(ids)
    assert ids[:2] == line_ids(mix(7, numbers[:2], 3)).to_pylist()


def test_a_price_with_too_many_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="shorten the price"):
        units("0.00000000001")
