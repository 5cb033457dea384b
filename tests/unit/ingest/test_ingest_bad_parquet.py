"""Parquet files whose values another reader would give back otherwise, or not take: refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import land

FOCUS: dict[str, Any] = {
    "BilledCost": 1, "BillingAccountId": "a", "BillingCurrency": "EUR", "ChargeCategory": "Usage",
    "BillingPeriodStart": "2025-09-01", "ChargePeriodStart": "2025-09-03",
}  # fmt: skip
MAP = pa.map_(pa.string(), pa.string())


def _written(path: Path, columns: dict[str, Any]) -> Path:
    """Two rows, the first of them without what the second has of these columns."""
    rows = {column: [value, value] for column, value in FOCUS.items()}
    pq.write_table(pa.table(rows | columns), path)
    return path


def _refused(path: Path, lake: Path) -> str:
    with pytest.raises(IngestError) as error:
        land([path], "focus", "x", lake)
    assert not list(lake.glob("focus/**/*.parquet"))
    return str(error.value)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("ResourceName", pa.array([None, "a\0b"])),
        ("ServiceName", pa.array(["a", "a\0b"]).dictionary_encode()),
        ("Tags", pa.array([[], [("env", "a\0b")]], MAP)),
        ("Tags", pa.array([None, '{"a\\u0000b": 1}'])),
        ("SkuPriceDetails", pa.array([None, {"a": "b\0"}])),
        ("x_odd", pa.array([None, "a\0b"])),
    ],
    ids=["text", "dictionary", "map", "document", "record", "unknown column"],
)
def test_nul_characters_of_parquet_are_refused_with_their_row(
    column: str, values: pa.Array, tmp_path: Path, lake: Path
) -> None:
    said = _refused(_written(tmp_path / "bill.parquet", {column: values}), lake)
    assert said.startswith("bill.parquet, row 2: ")
    assert "holds NUL characters" in said


def test_an_escaped_backslash_before_u0000_is_no_nul(tmp_path: Path, lake: Path) -> None:
    path = _written(tmp_path / "bill.parquet", {"Tags": ['{"a":"C:\\\\u0000"}', None]})
    assert land([path], "focus", "x", lake)[0].rows == 2


def test_nul_escaped_in_a_documents_cell_is_refused(tmp_path: Path, lake: Path) -> None:
    path = tmp_path / "bill.csv"
    values = ",".join(map(str, FOCUS.values()))
    path.write_text(f'{",".join(FOCUS)},Tags\n{values},"{{""a"": ""b\\u0000""}}"\n')
    assert "bill.csv, row 1: tags holds NUL characters" in _refused(path, lake)


@pytest.mark.parametrize(("digits", "scale"), [(39, 10), (60, 36), (76, 38)])
def test_a_decimal_that_duckdb_reads_as_another_number_is_refused(
    digits: int, scale: int, tmp_path: Path, lake: Path
) -> None:
    cost = pa.array([Decimal("1.5"), Decimal("-2.25")], pa.decimal256(digits, scale))
    said = _refused(_written(tmp_path / "bill.parquet", {"BilledCost": cost}), lake)
    assert f"column 'BilledCost' is a decimal of {digits} digits" in said


def test_a_decimal_of_38_digits_keeps_them(tmp_path: Path, lake: Path) -> None:
    cost = pa.array([Decimal("0.000000000001"), Decimal("-2.25")], pa.decimal128(38, 28))
    (landed,) = land(
        [_written(tmp_path / "bill.parquet", {"BilledCost": cost})], "focus", "x", lake
    )
    assert [total.amount for total in landed.control_totals] == [Decimal("-2.249999999999")]
