"""A FOCUS file as the table `charges` that rules are written against, in bounded memory.

Each value keeps FOCUS's type; what cannot be read, or is written in another form, stands in
`x_unreadable` as it was written, so that one bad value is one finding and no failure.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.conformance.catalogue import Column, columns
from orchestration.ingest.engine import name, text
from orchestration.ingest.errors import IngestError, reason
from orchestration.ingest.headers import squash
from orchestration.ingest.integrity import check_whole
from orchestration.ingest.recognition import refuse_other_separators
from orchestration.ingest.sources import Field, Source, open_source

DECIMAL = "DECIMAL(38, 12)"
# FOCUS's NumericFormat and DateTimeFormat.
_NUMBER = r"-?\d+(\.\d+)?([eE][-+]?\d+)?"
_TIME = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"
# How much of an unreadable value is kept.
_SHOWN = 80
# Separates values in `x_unreadable`; no text of a bill holds it.
_SEPARATOR = "\x1e"
_SQL_TYPES = {"text": "VARCHAR", "json": "VARCHAR", "decimal": DECIMAL, "timestamp": "TIMESTAMP"}


@dataclass(frozen=True)
class Headers:
    """What a file's headers are to FOCUS."""

    fields: dict[str, Field]
    """Column (snake_case) -> the file's field."""
    other: tuple[str, ...]
    """Headers that no version of FOCUS has, or spells so."""


def open_focus(
    connection: duckdb.DuckDBPyConnection, path: Path, folder: Path
) -> tuple[Source, Headers]:
    """Read the headers; an `IngestError` where the file is unreadable or is no FOCUS."""
    source = open_source(connection, path, folder)
    refuse_other_separators(source.name, source.headers)
    by_spelling = {squash(column.name): column for column in columns()}
    fields: dict[str, Field] = {}
    other: list[str] = []
    for field in source.fields:
        column = by_spelling.get(squash(field.header))
        if column is None:
            other.append(field.header)
            continue
        if column.column in fields:
            raise IngestError(
                f"{source.name}: two headers are {column.name}. Which one counts cannot be known:"
                " remove one."
            )
        fields[column.column] = field
        if field.header != column.name:
            other.append(field.header)
    if len(fields) < 5:
        raise IngestError(
            f"{source.name} is no FOCUS file: of its {len(source.fields)} headers FOCUS has"
            f" {len(fields)}. A provider's own bill is conformed by `tollgate ingest`."
        )
    return source, Headers(fields, tuple(other))


def read_charges(connection: duckdb.DuckDBPyConnection, source: Source, headers: Headers) -> int:
    """Create the table `charges`, on disk below the connection's spill folder; returns its rows."""
    check_whole(source.path, source.name)
    values: list[str] = []
    unreadable: list[str] = []
    for column in columns():
        field = headers.fields.get(column.column)
        value, bad = ("NULL", "") if field is None else _typed(column, field)
        values.append(f"CAST({value} AS {_SQL_TYPES[column.type]}) AS {column.column}")
        if bad:
            shown = f"left({field.text}, {_SHOWN})" if field else "''"
            unreadable.append(f"CASE WHEN {bad} THEN {mark(column.column)} || {shown} END")
    broken = f"concat({', '.join(unreadable)})" if unreadable else "''"
    select = (
        f"SELECT {', '.join(values)}, '' AS x_origin, CAST({source.row_number} AS BIGINT) AS x_row,"
        f" {broken} AS x_unreadable FROM {source.relation(keep_empty=True)}"
    )
    try:
        connection.execute(f"CREATE TABLE checked.charges AS {select}")
        connection.execute("CREATE VIEW charges AS SELECT * FROM checked.charges")
        counted = connection.execute("SELECT count(*) FROM charges").fetchone()
    except duckdb.Error as error:
        raise IngestError(f"{source.name} cannot be read ({reason(error)}).") from error
    return int(counted[0]) if counted else 0


def _typed(column: Column, field: Field) -> tuple[str, str]:
    """SQL of the value, and of whether it is unreadable or in another form than FOCUS's."""
    sql = field.written or field.sql
    return (_of_text if field.type == "VARCHAR" else _of_native)(column, field, sql)


def _of_text(column: Column, _: Field, sql: str) -> tuple[str, str]:
    if column.type == "decimal":
        value, form = f"TRY_CAST({sql} AS {DECIMAL})", _NUMBER
    elif column.type == "timestamp":
        value, form = f"try_utc_timestamp({sql})", _TIME
    elif column.type == "json":
        return f"CASE WHEN json_valid({sql}) THEN {sql} END", f"NOT json_valid({sql})"
    else:
        return sql, ""
    wrong = f"{value} IS NULL OR NOT regexp_full_match({sql}, {text(form)})"
    return value, f"{sql} IS NOT NULL AND ({wrong})"


def _of_native(column: Column, field: Field, sql: str) -> tuple[str, str]:
    """Of a Parquet value that has a type of its own; a list or a map is JSON."""
    if column.type == "decimal":
        value = f"TRY_CAST({sql} AS {DECIMAL})"
        return value, f"{sql} IS NOT NULL AND {value} IS NULL"
    if column.type == "timestamp" and field.type.startswith("TIMESTAMP"):
        zone = " AT TIME ZONE 'UTC'" if field.type == "TIMESTAMP WITH TIME ZONE" else ""
        return f"CAST({sql}{zone} AS TIMESTAMP)", ""
    if column.type == "json":
        return field.text, ""
    # A text that became a number has lost its leading zeros; a date has no time of day.
    value = f"TRY_CAST({sql} AS {_SQL_TYPES[column.type]})"
    return value, f"{sql} IS NOT NULL"


def mark(column: str) -> str:
    """SQL text after which `x_unreadable` holds what is written in a column."""
    return text(f"{_SEPARATOR}{column}=")


def unreadable_value(unreadable: str, column: str) -> str:
    """What is written in a column, taken out of `x_unreadable`."""
    return unreadable.partition(f"{_SEPARATOR}{column}=")[2].partition(_SEPARATOR)[0]


def attach_table(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Attach the file that holds the table: compressed on disk, so that memory stays bounded."""
    connection.execute(f"ATTACH {text(str(folder / 'checked.duckdb'))} AS {name('checked')}")
