"""Reading the marts on a real PostgreSQL changes nothing, whatever the statement says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from orchestration.ingest.postgres import postgres_dsn
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse, WarehouseError
from tests.integration.postgres_server import postgres_database


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    with postgres_database() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with psycopg2.connect(postgres_dsn()) as connection, connection.cursor() as cursor:
            cursor.execute("create table kept (a int); insert into kept values (1)")
        connection.close()
        yield Warehouse(Settings(tmp_path, "postgres"))


@pytest.mark.parametrize(
    "sql", ["delete from kept returning a", "drop table kept; select 1", "update kept set a = 2"]
)
def test_statements_that_write_are_refused_and_nothing_is_lost(
    warehouse: Warehouse, sql: str
) -> None:
    with pytest.raises(WarehouseError, match="read-only"):
        warehouse.read(sql)
    assert warehouse.read("select a from kept") == (["a"], [(1,)])
