"""What one file says about itself, before anything is converted: periods, accounts, exact sums.

This is the "totals in" of the landing. It is computed from the file's own text with whole-number
arithmetic, another way than the conversion's decimals, in one narrow scan. Facts depend only on
the file's content, the feed's contract and the declared values, so they are kept beside the
original and not computed twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from orchestration.ingest.contract import Column, Measure
from orchestration.ingest.conversion import Conversion
from orchestration.ingest.diagnosis import first_bad_value, first_row_where, shortened
from orchestration.ingest.engine import NOT_THE_DATA, name, text
from orchestration.ingest.errors import IngestError
from orchestration.ingest.exact import WIDTH, exact_sums, exact_value
from orchestration.ingest.sources import Field

# No cloud sent a bill before this century; a year like 0000 or 9999 stands for no date at all.
MONTH = re.compile(r"20\d{2}-(0[1-9]|1[0-2])")
# ISO 4217. FOCUS bills in national currencies only; virtual ones are for prices.
_CURRENCY = re.compile(r"[A-Z]{3}")

Group = tuple[str | None, str | None, str]
"""Period, currency and slice."""


@dataclass(frozen=True)
class Total:
    """One exact sum: of a measure, in a currency (None where the measure is not money)."""

    measure: str
    currency: str | None
    amount: Decimal
    values: int
    longer: int = 0
    """How many values have more decimals than the contract keeps."""
    nonzero: int = 0


@dataclass(frozen=True)
class PeriodFacts:
    """The part of a file that belongs to one billing period."""

    rows: int
    accounts: tuple[str, ...]
    totals: tuple[Total, ...]


@dataclass(frozen=True)
class FileFacts:
    """All that the landing needs to know of a file before it converts it."""

    rows: int
    periods: dict[str, PeriodFacts]
    unknown_with_values: tuple[str, ...]
    slices: tuple[int, ...]
    """Rows in each slice of a CSV file; of other files all rows."""


def file_facts(connection: duckdb.DuckDBPyConnection, conversion: Conversion) -> FileFacts:
    """Scan a file narrowly; refuse it where a row has no month, amount or currency."""
    source = conversion.source
    if source.kind == "json":
        _refuse_repeats(connection, conversion)
    whole = (str(source.path),)
    pieces = source.slices if source.kind == "csv" else whole
    try:
        return _facts(connection, conversion, pieces)
    except duckdb.Error as error:
        if pieces == whole or isinstance(error, NOT_THE_DATA):
            raise first_bad_value(connection, [conversion], error) from error
    # A quote inside an unquoted value can make a cut fall inside a row: read the file as it is.
    try:
        return _facts(connection, conversion, whole)
    except duckdb.Error as error:
        raise first_bad_value(connection, [conversion], error) from error


def _refuse_repeats(connection: duckdb.DuckDBPyConnection, conversion: Conversion) -> None:
    """An error where a JSON row gives what it costs, whose it is or when in two ways."""
    source = conversion.source
    decisive = (conversion.field(column) for column in sorted(conversion.feed.decisive))
    repeats = source.repeats([field for field in decisive if field is not None])
    if not repeats:
        return
    firsts = ", ".join(f"min(x_row) FILTER (WHERE {sql})" for sql in repeats.values())
    rows = f"SELECT row_number() OVER () AS x_row, j FROM ({source.json_rows})"
    found = connection.execute(f"SELECT {firsts} FROM ({rows})").fetchone() or ()
    for header, row in zip(repeats, found, strict=True):
        if row is not None:
            raise IngestError(
                f"{source.name}, row {row}: the key {header!r} is there twice, and only one of the"
                " two can be right. Export the file again."
            )


def _facts(
    connection: duckdb.DuckDBPyConnection, conversion: Conversion, pieces: Sequence[str]
) -> FileFacts:
    feed = conversion.feed
    scalar = [measure for measure in feed.measures if not measure.json_amounts]
    listed = [measure for measure in feed.measures if measure.json_amounts]
    groups = connection.execute(_group_sql(conversion, scalar, pieces)).fetchall()
    totals = _totals(groups, scalar, len(_GROUP))
    for measure in listed:
        rows = connection.execute(_listed_sql(conversion, measure, pieces)).fetchall()
        totals += _totals(rows, [measure], 3)
        without = {tuple(group[:3]) for group in groups} - {tuple(row[:3]) for row in rows}
        totals += [(where, Total(measure.name, where[1], Decimal(0), 0)) for where in without]
    if not groups:
        raise IngestError(
            f"{conversion.source.name} has headers but no rows. If the month has no charges,"
            " leave the file out; otherwise export it again."
        )
    periods: dict[str, PeriodFacts] = {}
    slices: dict[str, int] = {}
    for group in groups:
        period, currency, piece, rows_in, filled, accounts = group[: len(_GROUP)]
        slices[piece] = slices.get(piece, 0) + rows_in
        _check_group(connection, conversion, period, rows_in - filled)
        if currency is not None and not _CURRENCY.fullmatch(currency):
            raise _bad_currency(connection, conversion, currency)
        own = [total for where, total in totals if where == (period, currency, piece)]
        if feed.currency is not None and currency is None:
            if any(total.nonzero for total in own):
                raise _no_currency(connection, conversion)
            own = []
        before = periods.get(period, PeriodFacts(0, (), ()))
        periods[period] = PeriodFacts(
            before.rows + rows_in,
            tuple(sorted({*before.accounts, *(accounts or ())})),
            before.totals + tuple(own),
        )
    others = _other_fields(conversion)
    values = {
        field: sum(group[len(group) - len(others) + index] for group in groups)
        for index, field in enumerate(others)
    }
    unknown = _unknown_with_values(conversion, values)
    counted = tuple(slices.get(piece, 0) for piece in pieces)
    return FileFacts(sum(counted), periods, unknown, counted)


def _check_group(
    connection: duckdb.DuckDBPyConnection,
    conversion: Conversion,
    period: str | None,
    without_amount: int,
) -> None:
    feed = conversion.feed
    if period is None or not MONTH.fullmatch(period):
        raise _no_month(connection, conversion, period)
    if feed.amount is not None and without_amount:
        amount = feed.column(feed.amount)
        raise first_row_where(
            connection,
            conversion,
            {"x_amount": _raw(conversion, feed.amount)},
            "x_amount IS NULL",
            f"column {_shown(conversion, amount)} is empty, and every row needs an amount",
        )


_GROUP = ("x_period", "x_currency", "x_slice", "x_rows", "x_filled", "x_accounts")


def _group_sql(conversion: Conversion, measures: Sequence[Measure], pieces: Sequence[str]) -> str:
    """Sums per period, currency and slice, by way of the sums per different text.

    Months are then told from the few texts that there are, not from every row's.
    """
    feed = conversion.feed
    keys, told = _keys(conversion)
    others = _other_fields(conversion)
    amounts = {f"m{i}": _raw(conversion, m.column) for i, m in enumerate(measures)}
    columns = {
        "x_slice": "x_slice",
        **keys,
        "x_amount": _raw(conversion, feed.amount),
        **{f"f{i}": field.text for i, field in enumerate(others)},
    }
    rows = f"(SELECT {_aliased({**columns, **amounts})} FROM {_sliced(conversion, pieces)})"
    relation, sums = exact_sums(rows, list(columns), list(amounts))
    counts = [f"count(f{i})" for i, _ in enumerate(others)]
    added = {f"s{i}": sql for i, sql in enumerate(("count(*)", "count(x_amount)", *sums, *counts))}
    groups = ", ".join(("x_slice", *keys))
    texts = f"SELECT {groups}, {_aliased(added)} FROM {relation} GROUP BY {groups}"
    kept = ", ".join(("x_slice", *added))
    periods = f"SELECT {kept}, {_aliased(told)} FROM ({texts})"
    rows_in, filled, *rest = (f"sum({column})" for column in added)
    return (
        f"SELECT {feed.billing_period} AS x_period, x_currency, x_slice, {rows_in}, {filled},"
        f" list(DISTINCT x_account) FILTER (WHERE x_account IS NOT NULL)"
        f"{''.join(f', {sql}' for sql in rest)}"
        f" FROM ({periods}) GROUP BY x_period, x_currency, x_slice ORDER BY 1, 2, 3"
    )


def _keys(conversion: Conversion) -> tuple[dict[str, str], dict[str, str]]:
    """What rows are first grouped by; and over that the period's columns, currency and account."""
    feed = conversion.feed
    told = {name(c): conversion.typed(feed.column(c)) for c in feed.period_columns}
    told["x_currency"] = _raw(conversion, feed.currency)
    told["x_account"] = _raw(conversion, feed.account)
    named = [*feed.period_columns, *(c for c in (feed.currency, feed.account) if c is not None)]
    fields = [conversion.field(c) for c in named if c not in conversion.declared]
    if conversion.source.kind == "csv" and all(field is not None for field in fields):
        # What is told of a row is told of its texts, under the names that they have in the file.
        return {field.sql: field.sql for field in fields if field is not None}, told
    return told, {column: column for column in told}


def _aliased(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {alias}" for alias, sql in columns.items())


def _sliced(conversion: Conversion, pieces: Sequence[str]) -> str:
    """The file's rows with the slice that they are in."""
    if len(pieces) == 1:
        return f"(SELECT {text(pieces[0])} AS x_slice, * FROM {conversion.relation})"
    return conversion.sliced(pieces)


def _listed_sql(conversion: Conversion, measure: Measure, pieces: Sequence[str]) -> str:
    """The same sums over amounts of which one cell may hold several."""
    feed = conversion.feed
    columns = {
        "x_slice": "x_slice",
        **{name(c): conversion.typed(feed.column(c)) for c in feed.period_columns},
        "x_currency": _raw(conversion, feed.currency),
        "m0": f"unnest(listed_amounts({_raw(conversion, measure.column)}))",
    }
    rows = f"(SELECT {_aliased(columns)} FROM {_sliced(conversion, pieces)})"
    periods = f"(SELECT *, {feed.billing_period} AS x_period FROM {rows})"
    relation, sums = exact_sums(periods, ["x_period", "x_currency", "x_slice"], ["m0"])
    return f"SELECT x_period, x_currency, x_slice, {', '.join(sums)} FROM {relation} GROUP BY ALL"


def _raw(conversion: Conversion, column: str | None) -> str:
    raw = None if column is None else conversion.raw(conversion.feed.column(column))
    return raw or "CAST(NULL AS VARCHAR)"


def _totals(
    rows: Sequence[Sequence[Any]], measures: Sequence[Measure], start: int
) -> list[tuple[Group, Total]]:
    """The sums of result rows that begin with period, currency and slice."""
    totals: list[tuple[Group, Total]] = []
    for row in rows:
        for index, measure in enumerate(measures):
            *parts, values, longer, nonzero = row[
                start + index * WIDTH : start + (index + 1) * WIDTH
            ]
            if values or not measure.optional:
                total = Total(measure.name, row[1], exact_value(parts), values, longer, nonzero)
                totals.append(((row[0], row[1], row[2]), total))
    return totals


def _other_fields(conversion: Conversion) -> list[Field]:
    """Fields of which only the number of values matters: unknown ones, and those declared for."""
    declared = (conversion.field(column) for column in conversion.declared)
    unknown = (conversion.source.fields[i] for i in conversion.plan.unknown)
    return [*unknown, *(field for field in declared if field is not None)]


def _unknown_with_values(conversion: Conversion, values: dict[Field, int]) -> tuple[str, ...]:
    for column in conversion.declared:
        field = conversion.field(column)
        if field is not None and values[field]:
            raise IngestError(
                f"{conversion.source.name}: column {field.header!r} has values of its own in"
                f" {values[field]} rows, so none may be declared for it."
                f" Leave out --set {column}=…."
            )
    unknown = (conversion.source.fields[i] for i in conversion.plan.unknown)
    return tuple(field.header for field in unknown if values[field])


def _shown(conversion: Conversion, column: Column) -> str:
    field = conversion.field(column.name)
    return repr(field.header if field else column.name)


def _no_month(
    connection: duckdb.DuckDBPyConnection, conversion: Conversion, period: str | None
) -> IngestError:
    feed = conversion.feed
    columns = " or ".join(_shown(conversion, feed.column(c)) for c in feed.period_columns)
    problem = f"{period!r} is not a month of 2000 to 2099" if period else "the row names no month"
    month = "NULL" if period is None else text(period)
    return first_row_where(
        connection,
        conversion,
        {c: conversion.typed(feed.column(c)) for c in feed.period_columns},
        f"({feed.billing_period}) IS NOT DISTINCT FROM {month}",
        f"{problem} (column {columns}), so it belongs to no billing period",
    )


def _bad_currency(
    connection: duckdb.DuckDBPyConnection, conversion: Conversion, currency: str
) -> IngestError:
    column = conversion.feed.column(conversion.feed.currency or "")
    return first_row_where(
        connection,
        conversion,
        {"x_currency": _raw(conversion, column.name)},
        f"x_currency = {text(currency)}",
        f"column {_shown(conversion, column)}: {shortened(currency)!r} is not a currency's code of"
        " three letters (ISO 4217)",
    )


def _no_currency(connection: duckdb.DuckDBPyConnection, conversion: Conversion) -> IngestError:
    feed = conversion.feed
    assert feed.currency is not None  # noqa: S101 - the caller asked only for money
    column = feed.column(feed.currency)
    return first_row_where(
        connection,
        conversion,
        {
            "x_currency": _raw(conversion, feed.currency),
            "x_amount": conversion.typed(feed.column(feed.amount or "")),
        },
        "x_currency IS NULL AND x_amount <> 0",
        f"column {_shown(conversion, column)} is empty, so the cost has no currency",
        remedy=f"If no row has a currency, declare it: --set {column.name}=USD.",
    )
