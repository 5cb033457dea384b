"""Whether a file writes its dates month first (09/21/2023) or day first (21/09/2023)."""

from __future__ import annotations

import duckdb

from orchestration.ingest.conversion import Conversion
from orchestration.ingest.diagnosis import first_bad_value
from orchestration.ingest.errors import IngestError

# Nearly every bill has a date after the twelfth among its first rows: a period's end, for one.
_FIRST_ROWS = 1000


def is_day_first(db: duckdb.DuckDBPyConnection, conversion: Conversion) -> bool:
    """Whether the file's dates with slashes can only be day first.

    Where no date tells, they are month first, as Azure and FOCUS's own examples write them. An
    error for a file with dates of both kinds: reading it either way would move costs to other days.
    """
    texts = [
        field.text
        for column in conversion.feed.columns
        if column.type in ("date", "timestamp")
        and column.name not in conversion.declared
        and (field := conversion.field(column.name)) is not None
        and field.type == "VARCHAR"
    ]
    if not texts:
        return False
    for limit in (f"LIMIT {_FIRST_ROWS}", ""):
        slashed, day, month = _evidence(db, conversion, texts, limit)
        if day and month:
            raise IngestError(
                f"{conversion.source.name} has dates that can only be day first ({day!r}) and dates"
                f" that can only be month first ({month!r}). Export it again with dates like"
                " 2023-09-21."
            )
        if day or month or not slashed:
            break
    return bool(day)


def _evidence(
    db: duckdb.DuckDBPyConnection, conversion: Conversion, texts: list[str], limit: str
) -> tuple[int, str | None, str | None]:
    """How many dates have slashes, and an example each of a day first and of a month first."""
    try:
        row = db.execute(
            "SELECT count(*) FILTER (WHERE contains(t, '/')),"
            " any_value(t) FILTER (WHERE regexp_matches(t, '^(1[3-9]|[23]\\d)/(0?[1-9]|1[0-2])/')),"
            " any_value(t) FILTER (WHERE regexp_matches(t, '^(0?[1-9]|1[0-2])/(1[3-9]|[23]\\d)/'))"
            f" FROM (SELECT unnest([{', '.join(texts)}]) AS t"
            f" FROM (SELECT * FROM {conversion.relation} {limit}))"
        ).fetchone()
    except duckdb.Error as error:
        raise first_bad_value(db, [conversion], error) from error
    return row if row is not None else (0, None, None)
