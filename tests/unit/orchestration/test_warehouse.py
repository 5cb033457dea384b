"""The warehouse's door: exact money out, typed rows in, one transaction, one atomic copy."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration.settings import Settings
from orchestration.warehouse import Warehouse, WarehouseError

COST = Decimal("12345678901234.000000000001")


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create schema platform")
        connection.execute(
            "create table platform.findings (finding_id text, cost numeric(38, 12), score float8,"
            ' first_seen date, "at" timestamp, points integer, allow boolean, detail text)'
        )
    return Warehouse(Settings(tmp_path))


def finding(**values: object) -> pd.DataFrame:
    row = {
        "detail": None, "allow": True, "points": 3, "at": None, "first_seen": date(2026, 1, 2),
        "score": 0.5, "cost": COST, "finding_id": "f1",
    }  # fmt: skip
    return pd.DataFrame([row | values])


def test_money_comes_back_as_the_decimal_that_went_in(warehouse: Warehouse) -> None:
    warehouse.replace_rows("platform.findings", finding())
    found = warehouse.query("select * from platform.findings")
    assert found["cost"].tolist() == [COST]
    assert found["first_seen"].tolist() == [date(2026, 1, 2)]


def test_rows_are_replaced_not_added_and_none_may_be_left(warehouse: Warehouse) -> None:
    warehouse.replace_rows("platform.findings", finding())
    warehouse.replace_rows("platform.findings", finding(finding_id="f2"))
    assert warehouse.read("select finding_id from platform.findings")[1] == [("f2",)]
    warehouse.replace_rows("platform.findings", finding().head(0))
    assert warehouse.read("select finding_id from platform.findings")[1] == []


def test_no_other_process_writes_between_the_reads_of_one_block(warehouse: Warehouse) -> None:
    path = warehouse.settings.warehouse
    write = [sys.executable, "-c", f"import duckdb; duckdb.connect({str(path)!r})"]
    with warehouse.opened():
        warehouse.query("select * from platform.findings")
        assert subprocess.run(write, check=False, stderr=subprocess.DEVNULL).returncode == 1
    assert subprocess.run(write, check=False).returncode == 0


def test_missing_values_become_null_and_times_utc(warehouse: Warehouse) -> None:
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    rows = finding(cost=np.nan, score=None, points=pd.NA, first_seen=pd.NaT, at=moment)
    warehouse.replace_rows("platform.findings", rows)
    _, stored = warehouse.read(
        'select cost, score, points, first_seen, "at" from platform.findings'
    )
    assert stored == [(None, None, None, None, datetime(2026, 1, 2, 3, 4))]  # noqa: DTZ001


def test_objects_are_stored_as_canonical_json(warehouse: Warehouse) -> None:
    warehouse.replace_rows("platform.findings", finding(detail={"b": Decimal("1.5"), "a": [1]}))
    _, stored = warehouse.read("select detail from platform.findings")
    assert stored == [('{"a":[1],"b":"1.5"}',)]


def test_a_value_that_does_not_fit_is_named_and_the_old_rows_stay(warehouse: Warehouse) -> None:
    warehouse.replace_rows("platform.findings", finding())
    with pytest.raises(WarehouseError, match=r"platform\.findings: column cost, row 0: 'much'"):
        warehouse.replace_rows("platform.findings", finding(cost="much"))
    assert warehouse.read("select finding_id from platform.findings")[1] == [("f1",)]


def test_a_frame_must_have_exactly_the_tables_columns(warehouse: Warehouse) -> None:
    frame = finding().drop(columns="score").assign(extra=1)
    with pytest.raises(WarehouseError, match="columns missing: score; not in the table: extra"):
        warehouse.replace_rows("platform.findings", frame)


def test_a_missing_table_says_what_to_run(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match=r"no table platform\.unknown: run `tollgate build`"):
        warehouse.replace_rows("platform.unknown", finding())


def test_no_warehouse_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="run `tollgate build` first"):
        Warehouse(Settings(tmp_path)).query("select 1")


def test_the_published_copy_is_read_while_a_build_writes(warehouse: Warehouse) -> None:
    warehouse.replace_rows("platform.findings", finding())
    published = warehouse.publish()
    assert published is not None
    assert not list(published.parent.glob("*.unfinished"))
    with duckdb.connect(str(published), read_only=True) as connection:
        counted = connection.execute("select count(*) from platform.findings").fetchone()
    assert counted == (1,)


def test_other_threads_read_what_was_published_while_one_writes(warehouse: Warehouse) -> None:
    warehouse.replace_rows("platform.findings", finding())
    with warehouse.opened(read_only=False):
        with pytest.raises(WarehouseError, match="wait for a running build"):
            warehouse.read("select 1")
        warehouse.publish()
        warehouse.replace_rows("platform.findings", finding(finding_id="f2"))
        names = warehouse.read("select finding_id from platform.findings")[1]
    assert names == [("f1",)]


def test_reading_prefers_the_warehouse_where_it_is_newer(warehouse: Warehouse) -> None:
    warehouse.publish()
    warehouse.replace_rows("platform.findings", finding())
    assert warehouse.read("select count(*) from platform.findings")[1] == [(1,)]


def test_a_wrong_query_is_an_error_with_the_engines_reason(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="refused the query"):
        warehouse.query("select nothing from platform.findings")


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '{home}/ops.sqlite' (format csv)",
        "export database '{home}/export'",
        "attach '{home}/other.duckdb'",
        "select 1; drop table platform.findings",
        "explain analyze copy (select 1) to '{home}/ops.sqlite'",
        "pragma enable_profiling",
        "",
    ],
)
def test_reading_takes_one_select_and_writes_no_file(
    warehouse: Warehouse, tmp_path: Path, sql: str
) -> None:
    before = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    with pytest.raises(WarehouseError, match="only one select"):
        warehouse.read(sql.format(home=tmp_path))
    assert {path.name: path.stat().st_size for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("sql", ["from platform.findings", "with a as (select 1 as b) from a"])
def test_selects_in_every_spelling_are_read(warehouse: Warehouse, sql: str) -> None:
    warehouse.read(sql)
