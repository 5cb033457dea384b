"""Copy the lake to PostgreSQL: `raw.<feed>` and `raw.control_totals`, partition by partition.

Each partition is replaced in one transaction, together with its control totals, so a reader sees
the old or the new one. A partition whose landing id is there already is not touched.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import psycopg2.extensions
import pyarrow as pa
import pyarrow.csv as pacsv
from psycopg2 import sql

from orchestration.ingest.contract import META_COLUMNS, ColumnType, Feed
from orchestration.ingest.engine import connect, text
from orchestration.ingest.errors import IngestError
from orchestration.ingest.lake import control_total_rows
from orchestration.ingest.locks import working_folder
from orchestration.ingest.manifest import DATA, Manifest, damage, landed, partition
from orchestration.ingest.postgres_ledger import (
    SCHEMA,
    analyze,
    create_table,
    load_ledger,
    table,
)
from orchestration.ingest.registry import FEEDS

_TYPES: dict[ColumnType, str] = {
    "string": "text",
    "decimal": "numeric(38,12)",
    "timestamp": "timestamp",
    "date": "date",
    "json": "text",
}
_CONTROL_TOTALS = {
    "feed": "text",
    "export": "text",
    "billing_period": "text",
    "landing_id": "text",
    "row_count": "bigint",
    "measure": "text",
    "currency": "text",
    "amount": "numeric(38,12)",
    "landed_at": "timestamp",
    "data_through": "date",
}
# Any constant of our own: one load at a time per database.
_LOAD_LOCK = 0x70116A7E
_BATCH_ROWS = 20_000

Partition = tuple[str, str, str]


@dataclass(frozen=True)
class LoadResult:
    """What one load did to the database."""

    loaded: int
    unchanged: int
    removed: int


def postgres_dsn(env: Mapping[str, str] | None = None) -> str:
    """The connection string from `TOLLGATE_PG_HOST`, `_PORT`, `_USER`, `_PASSWORD`, `_DATABASE`."""
    source = os.environ if env is None else env
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    names["dbname"] = "DATABASE"
    values = {key: source.get(f"TOLLGATE_PG_{name}") for key, name in names.items()}
    return psycopg2.extensions.make_dsn(**{k: v for k, v in values.items() if v})


def load_lake(lake: Path, dsn: str) -> LoadResult:
    """Bring PostgreSQL to what the lake holds now; a second call right after changes nothing."""
    try:
        connection = psycopg2.connect(dsn)
    except psycopg2.OperationalError as error:
        why = " ".join(str(error).split())
        raise IngestError(
            f"PostgreSQL cannot be reached ({why}). Check TOLLGATE_PG_HOST, _PORT, _USER,"
            " _PASSWORD and _DATABASE."
        ) from error
    try:
        with working_folder(lake) as working, connect(working) as db:
            return _load(connection, db, lake)
    finally:
        connection.close()


def _load(
    connection: psycopg2.extensions.connection, db: duckdb.DuckDBPyConnection, lake: Path
) -> LoadResult:
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOAD_LOCK])
        _create_tables(cursor)
        cursor.execute(
            "SELECT DISTINCT feed, export, billing_period, landing_id FROM raw.control_totals"
        )
        there: dict[Partition, str] = {row[:3]: row[3] for row in cursor.fetchall()}
    _refuse_another_lakes(connection, there, lake)
    loaded = unchanged = 0
    feeds = set()
    for manifest in landed(lake):
        key = (manifest.feed, manifest.export, manifest.billing_period)
        if there.pop(key, None) == manifest.landing_id:
            unchanged += 1
            continue
        with connection, connection.cursor() as cursor:
            _replace(cursor, db, lake, manifest)
        loaded += 1
        feeds.add(manifest.feed)
    for feed, export, period in there:
        with connection, connection.cursor() as cursor:
            _remove(cursor, feed, export, period)
    with connection, connection.cursor() as cursor:
        load_ledger(cursor, lake)
        for name in sorted({*feeds, "control_totals"}):
            analyze(cursor, name)
    return LoadResult(loaded, unchanged, len(there))


def _refuse_another_lakes(
    connection: psycopg2.extensions.connection, there: Mapping[Partition, str], lake: Path
) -> None:
    """A mistaken home must not empty the tables of an installation.

    A landing's id follows from its files, so that a lake landed anew knows what it loaded before.
    """
    known = {
        landing_id
        for manifest in landed(lake)
        for landing_id in (manifest.landing_id, *(old.landing_id for old in manifest.previous))
    }
    if there and known.isdisjoint(there.values()):
        named = connection.info.dbname
        raise IngestError(
            f"the PostgreSQL database {named} holds {len(there)} months of bills, and {lake} never"
            " landed any of them. Nothing was changed. Set TOLLGATE_HOME to the installation that"
            " loaded them, or TOLLGATE_PG_DATABASE to an empty database; if this lake is to take"
            " the other's place, drop the schema raw there first."
        )


def _create_tables(cursor: psycopg2.extensions.cursor) -> None:
    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    create_table(cursor, "control_totals", _CONTROL_TOTALS)
    for feed in FEEDS.values():
        create_table(cursor, feed.name, _columns(feed))
        cursor.execute(
            sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} (x_export, x_billing_period)").format(
                sql.Identifier(f"{feed.name}_partition"), table(feed.name)
            )
        )


def _replace(
    cursor: psycopg2.extensions.cursor,
    db: duckdb.DuckDBPyConnection,
    lake: Path,
    manifest: Manifest,
) -> None:
    feed = FEEDS[manifest.feed]
    folder = partition(lake, manifest.feed, manifest.export, manifest.billing_period)
    _remove(cursor, manifest.feed, manifest.export, manifest.billing_period)
    columns = list(_columns(feed))
    names = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    listed = ", ".join(f'"{column}"' for column in columns)
    rows = db.execute(f"SELECT {listed} FROM read_parquet({text(str(folder / DATA))})")
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(table(feed.name), names)
    cursor.copy_expert(copy, _CsvStream(rows.to_arrow_reader(_BATCH_ROWS)))
    # Checked after reading: an ingest may replace the file at any moment.
    if damage(folder, manifest) or cursor.rowcount != manifest.rows:
        raise IngestError(
            f"{folder / DATA} is not what its manifest describes: an ingest was interrupted, or is"
            " under way. Run the same ingest again, then load."
        )
    totals = control_total_rows(manifest)
    fields = sql.SQL(", ").join(sql.Identifier(column) for column in _CONTROL_TOTALS)
    marks = sql.SQL(", ").join(sql.Placeholder(column) for column in _CONTROL_TOTALS)
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        table("control_totals"), fields, marks
    )
    cursor.executemany(insert, totals)


def _remove(cursor: psycopg2.extensions.cursor, feed: str, export: str, period: str) -> None:
    if feed in FEEDS:
        delete = sql.SQL("DELETE FROM {} WHERE x_export = %s AND x_billing_period = %s")
        cursor.execute(delete.format(table(feed)), [export, period])
    cursor.execute(
        "DELETE FROM raw.control_totals WHERE feed = %s AND export = %s AND billing_period = %s",
        [feed, export, period],
    )


def _columns(feed: Feed) -> dict[str, str]:
    return {column.name: _TYPES[column.type] for column in (*feed.columns, *META_COLUMNS)}


class _CsvStream(io.RawIOBase):
    """Record batches as the bytes of a CSV file, one batch in memory at a time.

    Text is quoted and no value is not, which is how COPY tells '' from NULL.
    """

    def __init__(self, batches: Iterator[Any]) -> None:
        super().__init__()
        self._batches = iter(batches)
        self._pending = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._pending:
            batch = next(self._batches, None)
            if batch is None:
                return b""
            sink = pa.BufferOutputStream()
            pacsv.write_csv(batch, sink, pacsv.WriteOptions(include_header=False))
            self._pending = memoryview(sink.getvalue().to_pybytes())
        end = len(self._pending) if size < 0 else size
        chunk, self._pending = self._pending[:end], self._pending[end:]
        return bytes(chunk)
