"""Helpers of the ingest tests: write a bill, read what was landed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.ingest import listing
from tests.fetching import Shelf

BILLING = Path(__file__).resolve().parents[2] / "fixtures" / "billing"

CUR_HEADER = (
    "bill_payer_account_id",
    "bill_billing_period_start_date",
    "line_item_usage_start_date",
    "line_item_currency_code",
    "line_item_line_item_type",
    "line_item_unblended_cost",
)

WriteCsv = Callable[..., Path]
Landed = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def billing() -> Path:
    return BILLING


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def write_csv(tmp_path: Path) -> WriteCsv:
    def write(name: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
        path = tmp_path / "bills" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, lineterminator="\n").writerows([header, *rows])
        return path

    return write


@pytest.fixture
def cur(write_csv: WriteCsv) -> WriteCsv:
    """A small CUR 2.0: each row is (month, cost) or (month, cost, payer)."""

    def write(name: str, *rows: tuple[str, object] | tuple[str, object, str]) -> Path:
        lines = [
            (
                row[2] if len(row) > 2 else "111111111111",
                f"{row[0]}-01",
                f"{row[0]}-03",
                "USD",
                "Usage",
                row[1],
            )
            for row in rows
        ]
        return write_csv(name, CUR_HEADER, lines)

    return write


@pytest.fixture
def landed(lake: Path) -> Landed:
    """Rows of a feed's landed Parquet, all exports and periods, in order."""

    def read(feed: str, columns: str = "*") -> list[dict[str, Any]]:
        with duckdb.connect() as db:
            result = db.execute(
                f"SELECT {columns} FROM read_parquet('{lake}/{feed}/[!_]*/*/data.parquet',"
                " union_by_name = true, hive_partitioning = false)"
                " ORDER BY x_billing_period, x_source_file, x_source_row_number"
            )
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    return read


@pytest.fixture
def tree(lake: Path) -> Callable[[], dict[str, bytes]]:
    """Every published file of the lake with its content."""

    def read() -> dict[str, bytes]:
        return {
            str(path.relative_to(lake)): path.read_bytes()
            for path in sorted(lake.glob("*/*/billing_period=*/*"))
        }

    return read


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    made = Shelf()
    monkeypatch.setattr(listing, "STORES", {"shelf": lambda _: made})
    return made
