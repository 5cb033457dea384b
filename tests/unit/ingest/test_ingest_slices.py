"""Large CSV files are read in pieces: the same rows, numbered as in the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.ingest import slices
from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import land

HEADER = "line_item_usage_start_date,bill_payer_account_id,bill_billing_period_start_date,"
HEADER += "line_item_currency_code,line_item_unblended_cost,line_item_line_item_description\n"
VALUES = st.text(alphabet='ab,"\n', max_size=8)


def _bill(path: Path, descriptions: list[str], quoted: Callable[[str], str]) -> None:
    lines = [
        f"2026-09-01T00:00:00Z,1,2026-09-01T00:00:00Z,USD,{number}.5,{quoted(value)}\n"
        for number, value in enumerate(descriptions)
    ]
    path.write_text(HEADER + "".join(lines), newline="")


def _landed(path: Path, lake: Path) -> list[tuple[int, str, str | None]]:
    land([path], "aws_cur2", "x", lake)
    return duckdb.sql(
        "SELECT CAST(x_source_row_number AS BIGINT), CAST(line_item_unblended_cost AS VARCHAR),"
        f" line_item_line_item_description FROM '{lake}/aws_cur2/x/*/data.parquet' ORDER BY 1"
    ).fetchall()


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_BYTES", 64)


@pytest.mark.usefixtures("small_slices")
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(descriptions=st.lists(VALUES, min_size=8, max_size=40))
def test_slices_give_the_rows_of_the_file(
    descriptions: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("slices")
    bill = folder / "bill.csv"
    _bill(bill, descriptions, lambda value: '"' + value.replace('"', '""') + '"')
    assert len(slices.slices(bill)) > 1
    assert _landed(bill, folder / "lake") == [
        (number + 1, f"{number}.500000000000", value or None)
        for number, value in enumerate(descriptions)
    ]


@pytest.mark.usefixtures("small_slices")
def test_a_stray_quote_cannot_tear_a_row(tmp_path: Path) -> None:
    bill = tmp_path / "bill.csv"
    texts = ['5" disk', *(f"line\n{number}" for number in range(20))]
    _bill(bill, texts, lambda value: f'"{value}"' if "\n" in value else value)
    rows = _landed(bill, tmp_path / "lake")
    assert [row[0] for row in rows] == list(range(1, 22))
    assert [row[2] for row in rows] == texts


@pytest.mark.parametrize("cut", ['"never', '"never\nclosed'])
def test_a_large_file_cut_in_a_quoted_value_is_refused(
    cut: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In smaller files DuckDB tells by itself that the last row is cut.
    monkeypatch.setattr(slices, "SLICE_BYTES", 1 << 16)
    bill = tmp_path / "bill.csv"
    _bill(bill, [*(f'"line {number}"' for number in range(4000)), cut], lambda value: value)
    bill.write_bytes(bill.read_bytes().removesuffix(b"\n"))
    with pytest.raises(IngestError, match=r"bill.csv is damaged or cut off .*never closed"):
        land([bill], "aws_cur2", "x", tmp_path / "lake")
