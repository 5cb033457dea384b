"""From DuckDB's failure to a sentence about a file, a row and a column.

Runs only after something failed, so it may scan the file again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from orchestration.ingest.conversion import Conversion
from orchestration.ingest.engine import MEMORY_VARIABLE, NOT_THE_DATA, name
from orchestration.ingest.errors import IngestError, reason
from orchestration.ingest.integrity import mixes_line_ends

_MEANING = {
    "decimal": "is not a number (or has more than 26 digits before the point)",
    "timestamp": "is not a point in time that exists",
    "date": "is not a date that exists",
    "json": "is not a list in which each entry has one amount, which is a number",
    "string": "has lost digits in a spreadsheet",
}
_SHOWN = 60
_AGAIN = "Correct it at the source and export the file again."


def first_row_where(
    connection: duckdb.DuckDBPyConnection,
    conversion: Conversion,
    columns: Mapping[str, str],
    condition: str,
    problem: str,
    *,
    remedy: str = _AGAIN,
) -> IngestError:
    """An error about the first row for which a SQL condition over `columns` holds."""
    inner = "".join(f", {sql} AS {name(column)}" for column, sql in columns.items())
    row = connection.execute(
        f"SELECT min(x_row) FROM (SELECT {conversion.source.row_number} AS x_row{inner}"
        f" FROM {conversion.relation}) WHERE {condition}"
    ).fetchone()
    where = f"row {row[0]}: " if row and row[0] is not None else ""
    return IngestError(f"{conversion.source.name}, {where}{problem}. {remedy}")


def first_bad_value(
    connection: duckdb.DuckDBPyConnection, conversions: Sequence[Conversion], error: duckdb.Error
) -> IngestError:
    """Find the value that made a scan or a conversion fail; else explain the file's damage.

    An error that no file can cause is raised as it is.
    """
    if isinstance(error, duckdb.OutOfMemoryException):
        return IngestError(
            f"The landing needs more memory than it may use ({reason(error)})."
            f" Raise {MEMORY_VARIABLE}, for example to 4GB."
        )
    if isinstance(error, NOT_THE_DATA):
        raise error
    if "No space left" in str(error):
        return IngestError(f"The disk is full ({reason(error)}). Free some space, then try again.")
    for conversion in conversions:
        try:
            found = _bad_value(connection, conversion)
        except duckdb.Error as scan_error:
            return damaged([conversion], scan_error)
        if found is not None:
            return found
    return damaged(conversions, error)


def damaged(conversions: Sequence[Conversion], error: duckdb.Error) -> IngestError:
    """An error about files whose text DuckDB cannot read to its end."""
    for source in (conversion.source for conversion in conversions):
        one_byte = source.kind == "csv" and source.encoding == "utf-8"
        if one_byte and mixes_line_ends(source.path, source.name):
            return IngestError(
                f"{source.name}: its lines end in more than one way (CRLF, LF or CR), as in a file"
                " put together from several. Make them alike (dos2unix does), or export it again;"
                " nothing of it was landed."
            )
    names = " or ".join(conversion.source.name for conversion in conversions)
    if "HUGEINT addition" in str(error):
        return IngestError(
            f"{names}: its amounts add up to more than 26 digits before the point. Correct them at"
            " the source and export the file again."
        )
    return IngestError(
        f"{names} is damaged or cut off ({reason(error)})."
        " Download or export it again; nothing of it was landed."
    )


def _bad_value(connection: duckdb.DuckDBPyConnection, conversion: Conversion) -> IngestError | None:
    listed = {measure.column for measure in conversion.feed.measures if measure.json_amounts}
    columns = [
        (column, raw)
        for column in conversion.feed.columns
        if (column.type not in ("json", "string") or column.digits or column.name in listed)
        and (raw := conversion.raw(column)) is not None
    ]
    checks = ", ".join(f"min(x_row) FILTER (WHERE bad{index})" for index in range(len(columns)))
    flags = ", ".join(
        f"({raw}) IS NOT NULL AND {conversion.tried(column, raw)} IS NULL AS bad{index}"
        for index, (column, raw) in enumerate(columns)
    )
    inner = f"SELECT {conversion.source.row_number} AS x_row, {flags} FROM {conversion.relation}"
    found = connection.execute(f"SELECT {checks} FROM ({inner})").fetchone() or ()
    hits = [
        (row, column, raw)
        for (column, raw), row in zip(columns, found, strict=True)
        if row is not None
    ]
    if not hits:
        return None
    row, column, raw = min(hits, key=lambda hit: hit[0])
    value = connection.execute(
        f"SELECT x_value FROM (SELECT {conversion.source.row_number} AS x_row,"
        f" {raw} AS x_value FROM {conversion.relation}) WHERE x_row = {row}"
    ).fetchone()
    declared = column.name in conversion.declared
    field = conversion.field(column.name)
    header = field.header if field and not declared else column.name
    remedy = f"Correct the value given with --set {column.name}=…." if declared else _AGAIN
    return IngestError(
        f"{conversion.source.name}, row {row}, column {header!r}:"
        f" {shortened(value[0] if value else '')!r} {_MEANING[column.type]}. {remedy}"
    )


def shortened(value: object) -> str:
    """A value as an error shows it: all of it, or its beginning."""
    shown = str(value)
    return shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"
