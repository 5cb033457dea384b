"""The door to the warehouse for Python: frames out, rows of platform tables in, the copy for BI.

Belongs here: connections, types and transactions of both engines. Does not belong here: tables
(dbt makes them, see `dbt_project/macros/platform/`) and what is in them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import duckdb
import psycopg2
import psycopg2.errors
import psycopg2.extras

from orchestration.ingest.postgres import postgres_dsn
from orchestration.settings import Settings

if TYPE_CHECKING:  # a command that reads a few rows need not wait for them
    import pandas as pd
    import pyarrow as pa

Rows = list[tuple[Any, ...]]

# Another process has the file open, or another thread of this one does, to write where this reads.
_IN_USE = (duckdb.IOException, duckdb.ConnectionException)

_COLUMNS = """
select column_name, data_type from information_schema.columns
where table_schema = '{schema}' and table_name = '{table}' order by ordinal_position
"""


class WarehouseError(RuntimeError):
    """The warehouse cannot be read or written; the message says what to do."""


@dataclass(frozen=True)
class Warehouse:
    """The warehouse of one installation; every call opens and closes its own connection."""

    settings: Settings

    @contextmanager
    def opened(self, *, read_only: bool = True) -> Iterator[None]:
        """Hold DuckDB's file open for several calls, which all only read, or all write.

        Calls within share what this opened: opening takes longer than most queries do, and no
        other process writes in between.
        """
        with ExitStack() as held:
            if self.settings.engine == "duckdb":
                with self._errors():
                    connection = self._connect(self.settings.warehouse, read_only=read_only)
                held.enter_context(connection)
            yield

    def query(self, sql: str) -> pd.DataFrame:
        """The rows of a select, from what dbt builds; money stays `Decimal`, dates `date`."""
        with self._errors():
            if self.settings.engine == "postgres":
                with self._postgres(read_only=True) as cursor:
                    cursor.execute(sql)
                    names = [column.name for column in cursor.description or ()]
                    import pandas as pd  # noqa: PLC0415 (as above)

                    return pd.DataFrame(cursor.fetchall(), columns=names)
            with self._duckdb(self.settings.warehouse, read_only=True) as connection:
                table: pa.Table = connection.execute(sql).to_arrow_table()
                return cast("pd.DataFrame", table.to_pandas())

    def read(self, sql: str, *, finished: bool = False) -> tuple[list[str], Rows]:
        """Column names and rows for people and reports, even while a build holds the write lock.

        On DuckDB the published copy is read, unless the warehouse is newer and free; `finished`
        takes what the last build that succeeded has published, where there is one. Only one
        select is taken: a read-only database still lets COPY write any file.
        """
        with self._errors():
            if self.settings.engine == "postgres":
                with self._postgres(read_only=True) as cursor:
                    cursor.execute(sql)
                    return [c.name for c in cursor.description or ()], list(cursor.fetchall())
            with self._readable(finished) as connection:
                kinds = [statement.type for statement in connection.extract_statements(sql)]
                if kinds != [duckdb.StatementType.SELECT]:
                    raise WarehouseError(
                        "only one select at a time is run here: marts are read-only"
                    )
                connection.execute(sql)
                return [c[0] for c in connection.description or ()], connection.fetchall()

    def unfinished(self) -> str | None:
        """In what way the marts that `read(…, finished=True)` gives are not the last word.

        None where a build has ended and nothing was written since, and on PostgreSQL, which has
        one state only.
        """
        built, published = self.settings.warehouse, self.settings.published
        if self.settings.engine == "postgres" or not built.exists():
            return None
        if not published.exists():
            return "no build has succeeded yet: this is what one that failed, or dbt alone, left"
        if not self._has_changed():
            return None
        last = datetime.fromtimestamp(published.stat().st_mtime, UTC)
        return (
            f"these marts are what was published {last:%Y-%m-%d %H:%M} UTC; the warehouse has"
            " changed since: a run failed, has not ended or did not publish"
        )

    def replace_rows(self, table: str, frame: pd.DataFrame) -> None:
        """Replace all rows of a platform table in one transaction; `table` as schema.name.

        The frame has the table's columns, in any order.
        """
        schema, _, name = table.partition(".")
        columns = _COLUMNS.format(schema=schema, table=name)
        with self._errors():
            if self.settings.engine == "postgres":
                with self._postgres() as cursor:
                    cursor.execute(columns)
                    rows = self._typed(table, dict(cursor.fetchall()), frame)
                    names = ", ".join(f'"{column}"' for column in rows.column_names)
                    cursor.execute(f"delete from {table}")
                    values = [tuple(row.values()) for row in rows.to_pylist()]
                    insert = f"insert into {table} ({names}) values %s"
                    psycopg2.extras.execute_values(cursor, insert, values)
                return
            with self._duckdb(self.settings.warehouse, read_only=False) as connection:
                types = dict(connection.execute(columns).fetchall())
                rows = self._typed(table, types, frame)
                connection.begin()
                connection.execute(f"delete from {table}")
                connection.register("replacement", rows)
                connection.execute(f"insert into {table} by name select * from replacement")
                connection.commit()

    def publish(self) -> Path | None:
        """Copy the finished warehouse to `published/`, atomically; None on PostgreSQL."""
        if self.settings.engine == "postgres":
            return None
        source, published = self.settings.warehouse, self.settings.published
        published.parent.mkdir(exist_ok=True)
        unfinished = published.with_suffix(".unfinished")
        # The write lock is held while copying, and nothing is left in the write-ahead log.
        with self._errors(), self._duckdb(source, read_only=False) as connection:
            connection.execute("checkpoint")
            shutil.copyfile(source, unfinished)
            with unfinished.open("rb") as copied:
                os.fsync(copied.fileno())
            unfinished.replace(published)
        return published

    def _typed(self, table: str, types: dict[str, str], frame: pd.DataFrame) -> pa.Table:
        from orchestration.warehouse_rows import RowError, arrow_table  # noqa: PLC0415 (as above)

        if not types:
            raise WarehouseError(
                f"there is no table {table}: run `tollgate build`, which creates what is missing"
            )
        try:
            return arrow_table(types, frame)
        except RowError as error:
            raise WarehouseError(f"{table}: {error}") from error

    def _has_changed(self) -> bool:
        """Whether the warehouse was written to since it was published."""
        built, published = self.settings.warehouse, self.settings.published
        return built.exists() and built.stat().st_mtime > published.stat().st_mtime

    @contextmanager
    def _readable(self, finished: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        built, published = self.settings.warehouse, self.settings.published
        if published.exists() and (finished or not self._has_changed()):
            built = published
        try:
            connection = self._connect(built, read_only=True)
        except _IN_USE:
            # A build is writing: the last complete state is what it published before.
            if built == published or not published.exists():
                raise
            connection = self._connect(published, read_only=True)
        with connection:
            yield connection

    @contextmanager
    def _duckdb(self, path: Path, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._connect(path, read_only=read_only) as connection:
            yield connection

    def _connect(self, path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        if not path.exists():
            raise WarehouseError(f"there is no warehouse at {path}: run `tollgate build` first")
        memory = os.environ.get("TOLLGATE_DUCKDB_MEMORY") or "1GB"
        return duckdb.connect(str(path), read_only=read_only, config={"memory_limit": memory})

    @contextmanager
    def _postgres(self, *, read_only: bool = False) -> Iterator[Any]:
        connection = psycopg2.connect(postgres_dsn())
        connection.set_session(readonly=read_only)
        try:
            # Leaving this block commits, or rolls back where something was raised.
            with connection, connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except _IN_USE as error:
            raise WarehouseError(
                f"{self.settings.warehouse} cannot be opened; wait for a running build: {error}"
            ) from error
        except psycopg2.OperationalError as error:
            raise WarehouseError(
                f"PostgreSQL cannot be reached, check the TOLLGATE_PG_* variables: {error}"
            ) from error
        except (duckdb.CatalogException, psycopg2.errors.UndefinedTable) as error:
            # DuckDB's second line may name the table that was meant.
            said = " ".join(line for line in str(error).splitlines()[:2] if line)
            raise WarehouseError(
                f"{said.partition(' LINE ')[0]} The tables there are: "
                "select table_schema, table_name from information_schema.tables order by 1, 2"
            ) from error
        except (duckdb.Error, psycopg2.Error) as error:
            raise WarehouseError(f"the warehouse refused the query: {error}") from error
