"""SQL that turns a file's own text into the typed columns of the raw contract.

Pure string building: nothing here touches a file. Values that do not convert make DuckDB fail;
`diagnosis.py` then finds the row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.ingest.contract import DECIMAL, Column, Feed, JsonShape
from orchestration.ingest.engine import name, text
from orchestration.ingest.headers import Plan, match
from orchestration.ingest.sources import Field, Source

_EXACT_TYPES = ("DECIMAL", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT")
_SHAPES = {
    "object": "canonical_json",
    "loose_object": "loose_json",
    "labels": "labels_json",
    "scheme_tags": "scheme_tags_json",
    "credits": "credits_json",
}
# What these read; text of any other kind, a list of tags say, is kept in `x_extras`.
_JSON_TYPES: dict[JsonShape, list[str]] = {
    "object": ["OBJECT"],
    "loose_object": ["OBJECT"],
    "labels": ["OBJECT", "ARRAY"],
    "scheme_tags": ["OBJECT"],
    "credits": ["ARRAY"],
}


@dataclass(frozen=True)
class Conversion:
    """One file read as one feed: SQL for every contract column."""

    source: Source
    feed: Feed
    plan: Plan
    declared: Mapping[str, str]
    """Values that the caller gives for columns the file lacks or leaves empty."""
    day_first: bool = False
    """The file's dates with slashes are DD/MM, see `dates.py`."""

    @property
    def relation(self) -> str:
        """The SQL table expression that all expressions here read from."""
        return self.source.relation(self.feed.null_texts)

    def field(self, column: str) -> Field | None:
        """The file's field that fills a contract column."""
        position = self.plan.columns.get(column)
        return None if position is None else self.source.fields[position]

    def is_folded(self, column: Column) -> bool:
        """Whether the column is put together from several headers of the file."""
        return column.name not in self.declared and (
            column.name not in self.plan.columns and column.name in self.plan.folds
        )

    def raw(self, column: Column) -> str | None:
        """SQL of the column's text before conversion; None where the file has nothing for it."""
        found = self._as_written(column)
        # One currency in two spellings would be two currencies, each with a part of the costs.
        if found is not None and column.name == self.feed.currency:
            return f"currency_code({found})"
        if found is not None and column.digits:
            return f"id_of_digits({found}, {column.digits})"
        absent = self.feed.absent_number
        if found is not None and absent and self._may_be_missing(column):
            return f"nullif({found}, {text(absent)})"
        return found

    def _may_be_missing(self, column: Column) -> bool:
        return column.type == "decimal" and column.name not in self.feed.decisive

    def _as_written(self, column: Column) -> str | None:
        if column.name in self.declared:
            return text(self.declared[column.name])
        field = self.field(column.name)
        if field is not None:
            return self._field_text(column, field)
        if self.is_folded(column):
            return self._folded(column)
        if column.from_map and column.from_map[0] in self.plan.columns:
            return self._map_value(*column.from_map)
        return None

    def typed(self, column: Column) -> str:
        """SQL of the column with its contract type; NULL where the file has nothing for it."""
        target = self.feed.sql_type(column)
        raw = self.raw(column)
        if raw is None:
            return f"CAST(NULL AS {target})"
        field = None if column.name in self.declared else self.field(column.name)
        if field is not None and _is_native(column, field):
            utc = " AT TIME ZONE 'UTC'" if field.type == "TIMESTAMP WITH TIME ZONE" else ""
            return f"CAST({field.sql}{utc} AS {target})"
        if column.type == "decimal":
            return f"to_decimal({raw})"
        if column.type in ("timestamp", "date"):
            return f"CAST({self._point_in_time('', raw)} AS {target})"
        # What was folded from several headers was built canonical, except a credit's list.
        if column.type == "json" and (not self.is_folded(column) or column.shape == "credits"):
            return _canonical(column, raw, field)
        return f"whole_id({raw})" if column.digits else raw

    def tried(self, column: Column, raw: str) -> str:
        """SQL that is NULL where the column's text does not convert."""
        if column.digits:
            return f"try_whole_id({raw})"
        if column.type == "decimal":
            return f"try_decimal({raw})"
        if column.type == "json":
            bad = "lambda a: a IS NOT NULL AND try_decimal(a) IS NULL"
            return f"nullif(len(list_filter(listed_amounts({raw}), {bad})) > 0, true)"
        return self._point_in_time("try_", raw)

    def _point_in_time(self, attempt: str, raw: str) -> str:
        return f"{attempt}{'day_first' if self.day_first else 'utc'}_timestamp({raw})"

    def extras(self, present: frozenset[str]) -> str:
        """SQL of `x_extras`: values outside the contract, under the file's own headers."""
        members: dict[str, str] = {}
        for position in self.plan.unknown:
            field = self.source.fields[position]
            if field.header in present:
                members[field.header] = field.text
        for column in self.feed.columns:
            cell = self.field(column.name)
            if column.type == "json" and cell is not None and not cell.type.startswith("MAP"):
                shown = self._field_text(column, cell)
                broken = _called("is_misshapen", shown, cell, f", {_JSON_TYPES[column.shape]}")
                members[cell.header] = f"CASE WHEN {broken} THEN {cell.text} END"
        if not members:
            return "CAST(NULL AS VARCHAR)"
        pairs = ", ".join(_member(key, value) for key, value in sorted(members.items()))
        return f"nullif('{{' || concat_ws(',', {pairs}) || '}}', '{{}}')"

    def sliced(self, pieces: Sequence[str]) -> str:
        """The same in slices of a CSV file, `x_slice` naming each row's."""
        return self.source.sliced(pieces, self.feed.null_texts)

    def select(self, relation: str, *, row: str, extras: str, meta: Mapping[str, str]) -> str:
        """SELECT of the whole landed shape: contract columns, then the meta columns in order."""
        columns = [f"{self.typed(c)} AS {name(c.name)}" for c in self.feed.columns]
        values = {
            **meta,
            "x_source_file": text(self.source.name),
            "x_source_row_number": f"CAST({row} AS {DECIMAL})",
            "x_extras": extras,
        }
        columns += [f"{sql} AS {name(column)}" for column, sql in values.items()]
        return f"SELECT {', '.join(columns)} FROM {relation}"

    def _field_text(self, column: Column, field: Field) -> str:
        if column.type == "decimal" and self.feed.formatted_numbers:
            return f"plain_number({field.text})"
        # A data frame keeps whole numbers as floats where one of them is missing.
        if column.type == "string" and field.type in ("DOUBLE", "FLOAT"):
            return f"without_point({field.text})"
        if column.shape == "loose_object":
            return f"as_object({field.text})"
        # Only tables of text hold lists in another spelling; looking costs a third of a landing.
        if column.shape in ("labels", "credits") and self.source.kind == "csv":
            return f"json_spelled({field.text})"
        return field.text

    def _folded(self, column: Column) -> str:
        members = self.plan.folds[column.name]
        pairs = ", ".join(_member(key, self.source.fields[i].text) for key, i in members)
        folded = f"nullif('{{' || concat_ws(',', {pairs}) || '}}', '{{}}')"
        return f"'[' || {folded} || ']'" if column.shape == "credits" else folded

    def _map_value(self, column: str, key: str) -> str:
        field = self.source.fields[self.plan.columns[column]]
        if field.type.startswith("MAP"):
            return f"nullif({field.sql}[{text(key)}], '')"
        return f"nullif(json_extract_string({field.text}, {text('/' + key)}), '')"


def convert(source: Source, feed: Feed, declared: Mapping[str, str]) -> Conversion:
    """Plan how a file's headers fill a feed's contract."""
    plan = match(feed, source.headers, source.name)
    return Conversion(source, feed, plan, dict(declared))


def _canonical(column: Column, raw: str, field: Field | None) -> str:
    """SQL of canonical JSON text."""
    macro = _SHAPES[column.shape]
    if field is not None and field.type.startswith("MAP"):
        members = f"map_members({field.sql})"
        if column.shape == "scheme_tags":
            members = f"scheme_members({members})"
        return f"members_json({members})"
    return _called(macro, raw, field)


def _called(macro: str, value: str, field: Field | None, arguments: str = "") -> str:
    """SQL that calls a macro on a value, which is computed once unless it is the field as it is.

    Macros write their argument out wherever they use it. Nested, that made DuckDB plan for half a
    second to convert one tag.
    """
    if field is not None and field.type == "VARCHAR" and value == field.text:
        return f"{macro}({value}{arguments})"
    return f"list_transform([{value}], lambda once: {macro}(once{arguments}))[1]"


def _is_native(column: Column, field: Field) -> bool:
    """Whether a Parquet field has the column's type already, or one that casts to it exactly."""
    if column.type == "decimal":
        return field.type.startswith(_EXACT_TYPES)
    if column.type in ("timestamp", "date"):
        return field.type.startswith(("TIMESTAMP", "DATE"))
    return False


def _member(key: str, value: str) -> str:
    prefix = text(_json_string(key) + ":")
    return f"{prefix} || to_json({value})::VARCHAR"


def _json_string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
