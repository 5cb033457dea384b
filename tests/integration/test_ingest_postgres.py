"""The lake in PostgreSQL: the rows and sums of the Parquet, replaced partition by partition."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest

from orchestration.ingest.errors import IngestError
from orchestration.ingest.exports import land_export
from orchestration.ingest.lake import control_totals
from orchestration.ingest.landing import land
from orchestration.ingest.postgres import LoadResult, load_lake, postgres_dsn
from orchestration.ingest.registry import FEEDS
from orchestration.ingest.samples import read_samples
from tests.integration.postgres_server import postgres_database


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_database() as environment:
        yield postgres_dsn(environment)


@pytest.fixture
def dsn(server: str) -> str:
    run(server, "DROP SCHEMA IF EXISTS raw CASCADE")
    return server


def run(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def write_drivers(path: Path, *rows: tuple[str, str, str]) -> Path:
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([("metric_date", "metric", "quantity"), *rows])
    return path


def test_every_sample_arrives_row_by_row(dsn: str, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    for sample in read_samples():
        land_export(sample, None, lake)
    landed = len(list(lake.glob("*/*/*/manifest.json")))
    assert landed > 60
    assert load_lake(lake, dsn) == LoadResult(loaded=landed, unchanged=0, removed=0)
    for feed in sorted({sample.feed for sample in read_samples()}):
        columns = ", ".join(f'"{column.name}"' for column in FEEDS[feed].columns)
        order = "ORDER BY x_export, x_billing_period, x_source_file, x_source_row_number"
        with duckdb.connect() as db:
            parquet = db.execute(
                f"SELECT {columns}, x_extras FROM read_parquet('{lake}/{feed}/*/*/data.parquet',"
                f" hive_partitioning = false) {order}"
            ).fetchall()
        assert run(dsn, f"SELECT {columns}, x_extras FROM raw.{feed} {order}") == parquet
    totals = run(
        dsn,
        "SELECT feed, export, billing_period, row_count, measure, currency, amount"
        " FROM raw.control_totals",
    )
    keys = ("feed", "export", "billing_period", "row_count", "measure", "currency", "amount")
    assert sorted(map(str, totals)) == sorted(
        str(tuple(row[key] for key in keys)) for row in control_totals(lake)
    )
    assert load_lake(lake, dsn) == LoadResult(loaded=0, unchanged=landed, removed=0)


def test_restated_and_vanished_partitions(dsn: str, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    old = write_drivers(tmp_path / "a.csv", ("2025-09-01", "orders", "1"), ("2025-10-01", "o", "2"))
    land([old], "business_drivers", "default", lake)
    assert load_lake(lake, dsn).loaded == 2
    new = write_drivers(tmp_path / "b.csv", ("2025-09-01", "orders", "5"))
    land([new], "business_drivers", "default", lake)
    shutil.rmtree(lake / "business_drivers/default/billing_period=2025-10")
    assert load_lake(lake, dsn) == LoadResult(loaded=1, unchanged=0, removed=1)
    assert run(dsn, "SELECT quantity FROM raw.business_drivers") == [(Decimal(5),)]
    assert run(dsn, "SELECT billing_period, amount FROM raw.control_totals") == [
        ("2025-09", Decimal(5))
    ]


def an_order_loaded(dsn: str, folder: Path) -> Path:
    """The bill of an installation with one order, which the database holds."""
    bill = write_drivers(folder / "a.csv", ("2025-09-01", "orders", "1"))
    land([bill], "business_drivers", "default", folder / "lake")
    load_lake(folder / "lake", dsn)
    return bill


def test_mistaken_home_does_not_empty_the_tables_of_an_installation(
    dsn: str, tmp_path: Path
) -> None:
    an_order_loaded(dsn, tmp_path)
    other = write_drivers(tmp_path / "b.csv", ("2025-10-01", "orders", "2"))
    land([other], "business_drivers", "default", tmp_path / "other")
    for mistaken in (tmp_path / "other", tmp_path / "empty"):
        with pytest.raises(IngestError, match="drop the schema raw"):
            load_lake(mistaken, dsn)
    assert run(dsn, "SELECT quantity FROM raw.business_drivers") == [(Decimal(1),)]


def test_lake_landed_anew_or_restated_throughout_is_the_same_installations(
    dsn: str, tmp_path: Path
) -> None:
    first = an_order_loaded(dsn, tmp_path)
    land([first], "business_drivers", "default", tmp_path / "anew")
    assert load_lake(tmp_path / "anew", dsn).unchanged == 1
    later = write_drivers(tmp_path / "b.csv", ("2025-09-01", "orders", "5"))
    land([later], "business_drivers", "default", tmp_path / "anew")
    assert load_lake(tmp_path / "anew", dsn).loaded == 1


def test_texts_survive_the_copy(dsn: str, tmp_path: Path) -> None:
    metric = 'a "quoted", line\nbreak, \\N and \\. and ümlaut\t'
    bill = write_drivers(tmp_path / "a.csv", ("2025-09-01", metric, "1"))
    land([bill], "business_drivers", "default", tmp_path / "lake")
    load_lake(tmp_path / "lake", dsn)
    assert run(dsn, "SELECT metric, product FROM raw.business_drivers") == [(metric, None)]


def test_column_of_a_newer_contract_is_added(dsn: str, tmp_path: Path) -> None:
    bill = write_drivers(tmp_path / "a.csv", ("2025-09-01", "orders", "1"))
    land([bill], "business_drivers", "default", tmp_path / "lake")
    load_lake(tmp_path / "lake", dsn)
    run(dsn, "ALTER TABLE raw.business_drivers DROP COLUMN tenant_id")
    run(dsn, "TRUNCATE raw.control_totals")
    assert load_lake(tmp_path / "lake", dsn).loaded == 1
    assert run(dsn, "SELECT tenant_id FROM raw.business_drivers") == [(None,)]


def test_partition_of_an_interrupted_ingest_is_not_loaded(dsn: str, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    first = write_drivers(tmp_path / "a.csv", ("2025-09-01", "orders", "1"))
    folder = land([first], "business_drivers", "default", lake)[0].path
    load_lake(lake, dsn)
    data = (folder / "data.parquet").read_bytes()
    second = write_drivers(tmp_path / "b.csv", ("2025-09-01", "orders", "2"))
    land([second], "business_drivers", "default", lake)
    # The data of one landing beside the manifest of another.
    (folder / "data.parquet").write_bytes(data)
    with pytest.raises(IngestError, match="Run the same ingest again"):
        load_lake(lake, dsn)
    assert run(dsn, "SELECT quantity FROM raw.business_drivers") == [(Decimal(1),)]


def test_unreachable_server_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"PostgreSQL cannot be reached.*TOLLGATE_PG_HOST"):
        load_lake(
            tmp_path / "lake",
            postgres_dsn({"TOLLGATE_PG_HOST": "127.0.0.1", "TOLLGATE_PG_PORT": "1"}),
        )
