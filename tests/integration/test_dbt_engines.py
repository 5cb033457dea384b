"""The same project on DuckDB and on a real PostgreSQL, on the real sample bills."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg2
import pytest

from orchestration.ingest.postgres import load_lake, postgres_dsn
from tests.integration.dbt_builds import Installation
from tests.integration.postgres_server import postgres_database

CHARGES = "select * from focus.fct_focus_charges order by x_charge_id"


@pytest.fixture(scope="module")
def postgres(
    duckdb_build: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    with postgres_database() as server:
        load_lake(duckdb_build.lake, postgres_dsn(server))
        artefacts = tmp_path_factory.mktemp("postgres")
        environment = server | {"TOLLGATE_ENGINE": "postgres", "TOLLGATE_DBT_UNIT_TESTS": "true"}
        yield Installation(duckdb_build.home, artefacts, environment)


def select(installation: Installation, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    connection = psycopg2.connect(postgres_dsn(installation.environment))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return [c.name for c in cursor.description or ()], cursor.fetchall()
    finally:
        connection.close()


def test_billed_cost_of_every_sample_equals_the_files_own_sum(duckdb_build: Installation) -> None:
    compared = duckdb_build.rows(
        "select x_feed, x_export, landed_amount, mart_amount from marts.fct_reconciliation"
    )
    assert len(compared) >= 20
    assert [row for row in compared if row[2] != row[3]] == []


def test_engines_agree_on_every_value_of_every_charge(
    duckdb_build: Installation, postgres: Installation
) -> None:
    postgres.build()
    names, there = select(postgres, CHARGES)
    here = duckdb_build.rows(f"select {', '.join(names)} from ({CHARGES}) order by x_charge_id")
    assert len(here) == len(there) > 2000
    differing = {
        (name, mine[position], theirs[position])
        for mine, theirs in zip(here, there, strict=True)
        for position, name in enumerate(names)
        if mine[position] != theirs[position]
    }
    assert differing == set()


def test_on_postgres_a_build_without_changes_rewrites_no_charge(postgres: Installation) -> None:
    postgres.build("+fct_focus_charges")
    versions = "select x_charge_id, xmin::text from focus.fct_focus_charges order by 1"
    before = select(postgres, versions)
    postgres.build("+fct_focus_charges")
    assert select(postgres, versions) == before


def test_the_view_for_outsiders_has_the_specifications_names(duckdb_build: Installation) -> None:
    ((total,),) = duckdb_build.rows('select sum("BilledCost") from focus.focus_cost_and_usage')
    assert isinstance(total, Decimal)
    columns = duckdb_build.rows(
        "select column_name from information_schema.columns"
        " where table_name = 'focus_cost_and_usage' and column_name not like 'x\\_%' escape '\\'"
    )
    assert len(columns) == 65
    assert {("ServiceProviderName",), ("SkuPriceId",), ("AllocatedTags",)} <= set(columns)
