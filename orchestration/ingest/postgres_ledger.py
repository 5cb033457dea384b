"""What the manifests tell of all versions, in PostgreSQL: small tables, replaced at each load.

Kept apart from the partitions, since a version's age changes with every later landing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg2.extensions
from psycopg2 import sql
from psycopg2.extras import execute_values

from orchestration.ingest.lake import account_total_rows, drift_rows, version_rows
from orchestration.ingest.manifest import landed
from orchestration.ingest.versions import kept_manifests

SCHEMA = "raw"
_VERSION = {
    "feed": "text",
    "export": "text",
    "billing_period": "text",
    "landing_id": "text",
}
_VERSIONS = _VERSION | {
    "age": "integer",
    "row_count": "bigint",
    "received_at": "timestamp",
    "uninvoiced_rows": "bigint",
    "source_files": "text",
}
_CHANGES = _VERSION | {
    "received_at": "timestamp",
    "kind": "text",
    "column_name": "text",
    "fills": "text",
    "was": "text",
}
_TOTALS = _VERSION | {
    "account": "text",
    "sub_account": "text",
    "measure": "text",
    "currency": "text",
    "amount": "numeric(38,12)",
}


# PostgreSQL cuts longer names off; AWS has a column of 64 characters.
_NAME_LENGTH = 63


def load_ledger(cursor: psycopg2.extensions.cursor, lake: Path) -> None:
    """Replace `raw.landing_versions`, `raw.account_totals` and `raw.schema_changes`."""
    manifests = list(landed(lake))
    versions = [row for manifest in manifests for row in version_rows(manifest)]
    changes = [row for manifest in manifests for row in drift_rows(manifest)]
    totals = [row for manifest in kept_manifests(lake) for row in account_total_rows(manifest)]
    _replace(cursor, "landing_versions", _VERSIONS, versions)
    _replace(cursor, "schema_changes", _CHANGES, changes)
    _replace(cursor, "account_totals", _TOTALS, totals)


def _replace(
    cursor: psycopg2.extensions.cursor,
    name: str,
    columns: Mapping[str, str],
    rows: list[dict[str, Any]],
) -> None:
    create_table(cursor, name, columns)
    cursor.execute(sql.SQL("DELETE FROM {}").format(table(name)))
    fields = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    insert = sql.SQL("INSERT INTO {} ({}) VALUES %s").format(table(name), fields)
    template = "(" + ", ".join(f"%({column})s" for column in columns) + ")"
    execute_values(cursor, insert.as_string(cursor), rows, template)
    analyze(cursor, name)


def create_table(cursor: psycopg2.extensions.cursor, name: str, columns: Mapping[str, str]) -> None:
    """Create the table, or add the columns that a newer contract brought."""
    cursor.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} ()").format(table(name)))
    cursor.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name = %s",
        [SCHEMA, name],
    )
    present = {row[0] for row in cursor.fetchall()}
    missing = [
        sql.SQL("ADD COLUMN {} {}").format(sql.Identifier(column), sql.SQL(kind))
        for column, kind in columns.items()
        if column[:_NAME_LENGTH] not in present
    ]
    if missing:
        alter = sql.SQL("ALTER TABLE {} {}").format(table(name), sql.SQL(", ").join(missing))
        cursor.execute(alter)


def table(name: str) -> sql.Identifier:
    """A table of the landed bills."""
    return sql.Identifier(SCHEMA, name)


def analyze(cursor: psycopg2.extensions.cursor, name: str) -> None:
    """Tell PostgreSQL what was loaded: the build follows at once, and would be planned for one
    row, long before its own daemon comes by."""
    cursor.execute(sql.SQL("ANALYZE {}").format(table(name)))
