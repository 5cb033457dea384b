"""NUL characters in what was written: PostgreSQL stores none, not even escaped in a JSON document.

Of CSV and JSON files the bytes were looked through before; Parquet packs its text, so that only
reading it tells, and so do escapes in a document that stands in a CSV's cell.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.ingest.contract import Feed
from orchestration.ingest.engine import name, text
from orchestration.ingest.errors import IngestError


def refuse_nul(
    connection: duckdb.DuckDBPyConnection, feed: Feed, data: Path, *, whole_text: bool
) -> None:
    """An error that names the first row and column of a written file with a NUL character.

    `whole_text`: look through all text, not only through its documents.
    """
    documents = [*(c.name for c in feed.columns if c.type == "json"), "x_extras"]
    plain = [c.name for c in feed.columns if c.type == "string" and whole_text]
    # An escaped backslash before it makes `u0000` what it says.
    found = {column: f"contains(replace({name(column)}, '\\\\', ''), '\\u0000')"
             for column in documents}  # fmt: skip
    found |= {column: f"contains({name(column)}, chr(0))" for column in plain}
    rows = f"FROM read_parquet({text(str(data))})"
    any_of = ", ".join(f"coalesce(bool_or({sql}), false)" for sql in found.values())
    hits = connection.execute(f"SELECT {any_of} {rows}").fetchone() or ()
    for (column, sql), hit in zip(found.items(), hits, strict=True):
        if not hit:
            continue
        where = connection.execute(
            f"SELECT x_source_file, CAST(x_source_row_number AS BIGINT) {rows} WHERE {sql}"
            " ORDER BY ALL LIMIT 1"
        ).fetchone()
        file, row = where or ("", "")
        raise IngestError(
            f"{file}, row {row}: {column} holds NUL characters, as no text of a bill does."
            " Correct it at the source and export the file again."
        )
