"""Bill files as SQL relations: CSV, JSON and Parquet, plain or packed, behind one interface.

Belongs here: reading a file's headers and the SQL that scans it. What the headers mean is
`headers.py`; what the values become is `conversion.py`.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import duckdb

from orchestration.ingest.archives import unpacked
from orchestration.ingest.engine import name, text
from orchestration.ingest.errors import IngestError, reason
from orchestration.ingest.headers import spellings, squash
from orchestration.ingest.integrity import check_depth, compression_of
from orchestration.ingest.registry import FEEDS
from orchestration.ingest.slices import slices

Kind = Literal["csv", "json", "parquet"]

_PARQUET = b"PAR1"
_HEAD_BYTES = 1 << 16
# Older writers do not say which of their bytes are text.
_PARQUET_OPTIONS = "binary_as_string = true, hive_partitioning = false"
# DuckDB reads longer decimals as doubles, and where they have no 32 bytes as other numbers.
_MOST_DIGITS = 38
# DuckDB allocates twice the largest object that it is told to expect. A line of a bill stays below
# DuckDB's own limit; one OpenCost answer is one document, and may be as long as its file.
_LINE_BYTES = 1 << 24
_DOCUMENT_BYTES = 1 << 28
# JSON of this kind shrinks to a twentieth at most.
_COMPRESSED = 20


@dataclass(frozen=True)
class Field:
    """One header of a file and the SQL that reads its values."""

    header: str
    sql: str
    type: str = "VARCHAR"
    pointer: str = ""
    """Where a JSON document holds it."""
    written: str = ""
    """SQL of the value where empty text is kept, if `sql` makes it NULL."""

    @property
    def text(self) -> str:
        """SQL of the value as the file's own text; nested values as JSON, no value as NULL."""
        if self.type == "VARCHAR":
            return self.sql
        if self.type.startswith(("MAP", "STRUCT")) or self.type.endswith("]"):
            return f"to_json({self.sql})::VARCHAR"
        return f"CAST({self.sql} AS VARCHAR)"


@dataclass(frozen=True)
class Source:
    """One bill file, opened: its headers and how to scan it."""

    path: Path
    name: str
    """What people call the file, also after it was stored under its content hash."""
    kind: Kind
    fields: tuple[Field, ...]
    compression: str = "none"
    encoding: str = "utf-8"
    json_rows: str = ""

    @property
    def headers(self) -> tuple[str, ...]:
        """The file's headers, in order; nested JSON and Parquet fields joined with `_`."""
        return tuple(field.header for field in self.fields)

    @property
    def row_number(self) -> str:
        """SQL of the row's number in the file, 1 being the first row of data."""
        return "file_row_number + 1" if self.kind == "parquet" else "row_number() OVER ()"

    def relation(self, null_texts: tuple[str, ...] = (), *, keep_empty: bool = False) -> str:
        """The SQL table expression whose columns the fields read.

        `keep_empty`: quoted empty text in a CSV stays text, as `Field.written` wants it.
        """
        if self.kind == "parquet":
            return (
                f"read_parquet({text(str(self.path))}, file_row_number = true, {_PARQUET_OPTIONS})"
            )
        if self.kind == "json":
            paths = ", ".join(text(field.pointer) for field in self.fields)
            return f"(SELECT json_extract_string(j, [{paths}]) AS v FROM ({self.json_rows}))"
        quoted = f"allow_quoted_nulls = {str(not keep_empty).lower()}"
        return self._csv([str(self.path)], null_texts, f"header = true, {quoted}")

    def repeats(self, fields: Sequence[Field]) -> dict[str, str]:
        """Per header of these, SQL over a JSON row `j`: whether the row has the key twice, or a
        record that it is in.

        DuckDB then reads the first one, other readers the last.
        """
        found = {}
        for field in fields:
            _, *steps = field.pointer.split("/")
            twice = []
            for depth, step in enumerate(steps):
                record = text("".join(f"/{above}" for above in steps[:depth]))
                key = text(step.replace("~1", "/").replace("~0", "~"))
                named = f"list_filter(json_keys(j, {record}), lambda k: k = {key})"
                twice.append(f"coalesce(len({named}) > 1, false)")
            found[field.header] = f"({' OR '.join(twice)})"
        return found

    @cached_property
    def slices(self) -> tuple[str, ...]:
        """A CSV file in pieces that several threads can read; itself where it is small."""
        plain = self.compression == "none" and self.encoding == "utf-8"
        found = slices(self.path) if plain else []
        return tuple(part.url for part in found) if len(found) > 1 else (str(self.path),)

    def sliced(self, pieces: Sequence[str], null_texts: tuple[str, ...]) -> str:
        """The SQL table expression of `slices`: `x_slice` names each row's.

        Every slice is read in order by one thread, several slices at a time.
        """
        header = str(len(pieces) == 1).lower()
        options = f"header = {header}, parallel = false, filename = 'x_slice'"
        return self._csv(pieces, null_texts, options)

    def _csv(self, paths: Sequence[str], null_texts: tuple[str, ...], options: str) -> str:
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(self.fields)))
        nulls = ", ".join(text(value) for value in ("", *null_texts))
        return (
            f"read_csv([{', '.join(map(text, paths))}], columns = {{{columns}}}, {options},"
            " auto_detect = false, hive_partitioning = false, strict_mode = true,"
            " delim = ',', quote = '\"', escape = '\"',"
            f" nullstr = [{nulls}], compression = '{self.compression}',"
            f" encoding = '{self.encoding}')"
        )


def open_source(
    connection: duckdb.DuckDBPyConnection, path: Path, folder: Path, shown: str | None = None
) -> Source:
    """Read a file's headers; `shown` is its name in messages and in `x_source_file`.

    Of a ZIP archive the file in it is opened, which then lies in `folder` as long as that does.
    """
    label = shown or path.name
    if not path.is_file():
        raise IngestError(f"{path}: no such file. Check the path.")
    path = unpacked(path, label, folder)
    with path.open("rb") as stream:
        magic = stream.read(4)
    if not magic:
        raise IngestError(f"{label} is empty (0 bytes). Download or export it again.")
    if magic == _PARQUET:
        return _open_parquet(connection, path, label)
    compression = compression_of(path)
    head = _head(connection, path, label, compression).removeprefix(codecs.BOM_UTF8)
    if head.startswith(codecs.BOM_UTF16_LE):
        return _open_csv(path, label, compression, head[2:], "utf-16")
    if head.startswith(codecs.BOM_UTF16_BE):
        raise IngestError(
            f"{label} is UTF-16 text with its bytes the other way round (big-endian)."
            " Save it as UTF-8, or export it again."
        )
    if head.lstrip()[:1] in (b"{", b"["):
        return _open_json(connection, path, label, compression, head)
    return _open_csv(path, label, compression, head)


def _head(connection: duckdb.DuckDBPyConnection, path: Path, label: str, compression: str) -> bytes:
    if compression == "none":
        with path.open("rb") as stream:
            return stream.read(_HEAD_BYTES)
    if compression == "gzip":
        try:
            with gzip.open(path) as stream:
                return stream.read(_HEAD_BYTES)
        except (EOFError, OSError, zlib.error) as error:
            raise IngestError(
                f"{label} is a damaged or cut off gzip file ({error}). Download it again."
            ) from error
    # Python 3.11 has no zstd: let DuckDB read the first lines, split at a byte no bill contains.
    lines = (
        f"SELECT line FROM read_csv({text(str(path))}, columns = {{'line': 'VARCHAR'}},"
        " header = false, auto_detect = false, delim = '\x01', quote = '', escape = '',"
        " compression = 'zstd') LIMIT 50"
    )
    try:
        rows = connection.execute(lines).fetchall()
    except duckdb.Error as error:
        raise IngestError(f"{label} cannot be read as zstd ({reason(error)}).") from error
    return "\n".join(str(row[0] or "") for row in rows).encode()


def _open_csv(
    path: Path, label: str, compression: str, head: bytes, encoding: str = "utf-8"
) -> Source:
    codec = encoding.replace("utf-16", "utf-16-le")
    try:
        decoded = head.decode(codec)
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # otherwise the head ends inside a character
            raise IngestError(
                f"{label} is neither Parquet, JSON nor UTF-8 text (byte {error.start})."
                " Export it as CSV in UTF-8, or as Parquet."
            ) from error
        decoded = head[: error.start].decode(codec)
    if "\0" in decoded:
        raise IngestError(f"{label} holds NUL bytes, so it is not text. Export it again in UTF-8.")
    if len(head) == _HEAD_BYTES and not {"\n", "\r"} & set(decoded):
        raise IngestError(
            f"{label}: its first line has more than {_HEAD_BYTES} bytes, so it is no header of a"
            " bill. Export it as CSV with one header line, or as Parquet."
        )
    header, *rows = list(csv.reader(decoded.splitlines(keepends=True))) or [[]]
    if not any(value.strip() for value in header):
        raise IngestError(f"{label} has no header line. Export it with headers.")
    # The last row seen may be cut by the size of the head; of what is left, all must agree, else
    # it is a torn row, which the scan refuses with its line number.
    whole = [row for row in rows[:-1] if row]
    widths = {len(row) for row in whole}
    if len(rows) > 2 and len(widths) == 1 and 1 < min(widths) < len(header):
        header = _without_trailing(header, whole, label)
    fields = tuple(Field(value.strip(), f"c{i}") for i, value in enumerate(header))
    return Source(path, label, "csv", fields, compression, encoding)


def _without_trailing(header: list[str], rows: list[list[str]], label: str) -> list[str]:
    """The headers that the rows have values for, where only trailing ones can be without any.

    Some exports name trailing columns that no row has. Rows that lack another column look the
    same, but have every value after it under the wrong header: a cost would be another's. So
    only headers that no feed reads are left out without evidence.
    """
    width = len(rows[0])
    kept, dropped = header[:width], header[width:]
    if any(_is_known(value) for value in dropped):
        documents = _json_headers()
        last = [row[-1].strip() for row in rows if row[-1].strip()]
        # JSON under the last header left, which no header after it would hold, shows that
        # nothing before it has moved.
        in_place = (
            squash(kept[-1]) in documents
            and not any(squash(value) in documents for value in dropped)
            and bool(last)
            and all(value.startswith(("{", "[")) for value in last)
        )
        if not in_place:
            raise IngestError(
                f"{label}: every row has {width} fields, but the header names {len(header)}, so"
                " values may be under the wrong header: the file is truncated or malformed."
                " Export it again."
            )
    return kept


def _is_known(header: str) -> bool:
    """Whether any feed reads the header: as a column, or as one key of a folded column."""
    return any(
        squash(spelling) in spellings(header)
        for feed in FEEDS.values()
        for column in feed.columns
        for spelling in (column.name, *column.aliases)
    ) or any(
        header.strip().lower().startswith(prefix.lower())
        for feed in FEEDS.values()
        for fold in feed.folds
        for prefix in fold.prefixes
    )


def _json_headers() -> set[str]:
    """Folded spellings of all headers, of any feed, that hold JSON documents."""
    return {
        squash(spelling)
        for feed in FEEDS.values()
        for column in feed.columns
        if column.type == "json"
        for spelling in (column.name, *column.aliases)
    }


def _open_parquet(connection: duckdb.DuckDBPyConnection, path: Path, label: str) -> Source:
    file = text(str(path))
    try:
        found = connection.sql(f"SELECT * FROM read_parquet({file}, {_PARQUET_OPTIONS})")
        schema = connection.execute(
            f"SELECT name, num_children, precision FROM parquet_schema({file})"
        ).fetchall()
    except duckdb.Error as error:
        raise IngestError(
            f"{label} is a damaged or cut off Parquet file ({reason(error)}). Download it again."
        ) from error
    headers = _top_level(schema)
    for column, _, digits in schema:
        if digits and digits > _MOST_DIGITS:
            raise IngestError(
                f"{label}: column {column!r} is a decimal of {digits} digits, of which at most"
                f" {_MOST_DIGITS} are read. Export it with fewer, as NUMERIC is in BigQuery."
            )
    fields = [
        field
        for header, column, kind in zip(headers, found.columns, found.types, strict=True)
        for field in _flatten_type(header, name(column), kind)
    ]
    return Source(path, label, "parquet", tuple(fields))


def _top_level(schema: Sequence[tuple[str, int | None, int | None]]) -> Iterator[str]:
    """The columns' own names, of a schema in depth-first order: DuckDB renames what is repeated."""
    inside = 0
    for header, children, _ in schema[1:]:
        if not inside:
            yield header
        inside += (children or 0) - (1 if inside else 0)


def _flatten_type(header: str, sql: str, kind: Any) -> Iterator[Field]:
    """Fields of nested records become `parent_child`; lists and maps stay whole."""
    if kind.id == "struct":
        for child, child_kind in kind.children:
            yield from _flatten_type(
                f"{header}_{child}", f"struct_extract({sql}, {text(child)})", child_kind
            )
        return
    if str(kind) == "JSON":
        yield Field(header, f"nullif(json_extract_string({sql}, '$'), '')")
    elif kind.id == "varchar":
        yield Field(header, f"nullif({sql}, '')", written=sql)
    else:
        yield Field(header, sql, str(kind))


def _open_json(
    connection: duckdb.DuckDBPyConnection, path: Path, label: str, compression: str, head: bytes
) -> Source:
    check_depth(path, label)
    shape = "array" if head.lstrip()[:1] == b"[" else "unstructured"
    documents = (
        f"(SELECT json AS j FROM read_json_objects({text(str(path))}, format = '{shape}',"
        f" maximum_object_size = {_object_bytes(path, compression, head)},"
        f" compression = '{compression.replace('none', 'uncompressed')}'))"
    )
    try:
        keys = connection.execute(f"SELECT json_keys(j) FROM {documents} LIMIT 1").fetchone()
        rows = f"SELECT j FROM {documents}"
        for feed in FEEDS.values():
            if feed.json_rows and keys and "data" in keys[0]:
                rows = feed.json_rows.format(documents=documents)
        found = connection.execute(f"SELECT json_group_structure(j) FROM ({rows})").fetchone()
    except duckdb.Error as error:
        raise IngestError(
            f"{label} is not valid JSON, or is cut off ({reason(error)}). Download it again."
        ) from error
    structure = json.loads(found[0]) if found and found[0] else {}
    if not isinstance(structure, dict) or not structure:
        raise IngestError(
            f"{label} holds no JSON objects, one per row of a bill; of OpenCost, what /allocation"
            " answers is read, and has them in the list `data`. Export it again."
        )
    leaves = _flatten_json(structure, "", "", _json_headers())
    fields = [
        Field(header, f"nullif(v[{i}], '')", pointer=pointer, written=f"v[{i}]")
        for i, (header, pointer) in enumerate(leaves, start=1)
    ]
    return Source(path, label, "json", tuple(fields), compression, json_rows=rows)


def _object_bytes(path: Path, compression: str, head: bytes) -> int:
    with suppress(ValueError, RecursionError):
        json.loads(head.split(b"\n", 1)[0])
        return _LINE_BYTES
    size = path.stat().st_size * (1 if compression == "none" else _COMPRESSED)
    return min(max(size, _LINE_BYTES), _DOCUMENT_BYTES)


def _flatten_json(
    structure: Mapping[str, Any], header: str, pointer: str, whole: set[str]
) -> Iterator[tuple[str, str]]:
    for key, value in structure.items():
        inner = f"{header}_{key}" if header else key
        step = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        if isinstance(value, dict) and squash(inner) not in whole:
            yield from _flatten_json(value, inner, step, whole)
        else:
            yield inner, step
