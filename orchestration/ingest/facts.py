"""What one file says about itself, before anything is converted: periods, accounts, exact sums.

This is the "totals in" of the landing. It is computed from the file's own text with whole-number
arithmetic, another way than the conversion's decimals, in one narrow scan. Facts depend only on
the file's content, the feed's contract and the declared values, so they are kept beside the
original and not computed twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from orchestration.ingest.contract import Column, Measure
from orchestration.ingest.conversion import Conversion
from orchestration.ingest.diagnosis import first_bad_value, first_row_where
from orchestration.ingest.engine import name, text
from orchestration.ingest.errors import IngestError
from orchestration.ingest.exact import WIDTH, exact_sums, exact_value
from orchestration.ingest.sources import Field

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


Group = tuple[str | None, str | None]
"""Period and currency."""


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


def file_facts(connection: duckdb.DuckDBPyConnection, conversion: Conversion) -> FileFacts:
    """Scan a file narrowly; refuse it where a row has no month, amount or currency."""
    feed = conversion.feed
    scalar = [measure for measure in feed.measures if not measure.json_amounts]
    listed = [measure for measure in feed.measures if measure.json_amounts]
    try:
        groups = connection.execute(_group_sql(conversion, scalar)).fetchall()
        totals = _totals(groups, scalar, len(_GROUP))
        for measure in listed:
            rows = connection.execute(_listed_sql(conversion, measure)).fetchall()
            totals += _totals(rows, [measure], 2)
            without = {(group[0], group[1]) for group in groups} - {(r[0], r[1]) for r in rows}
            totals += [(where, Total(measure.name, where[1], Decimal(0), 0)) for where in without]
    except duckdb.Error as error:
        raise first_bad_value(connection, [conversion], error) from error
    if not groups:
        raise IngestError(
            f"{conversion.source.name} has headers but no rows. If the month has no charges,"
            " leave the file out; otherwise export it again."
        )
    periods: dict[str, PeriodFacts] = {}
    for group in groups:
        period, currency, rows_in, filled, accounts = group[: len(_GROUP)]
        _check_group(connection, conversion, period, rows_in - filled)
        own = [total for where, total in totals if where == (period, currency)]
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
    return FileFacts(sum(facts.rows for facts in periods.values()), periods, unknown)


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


_GROUP = ("x_period", "x_currency", "x_rows", "x_filled", "x_accounts")


def _group_sql(conversion: Conversion, measures: Sequence[Measure]) -> str:
    feed = conversion.feed
    inner = [
        f"{_raw(conversion, feed.account)} AS x_account",
        f"{_raw(conversion, feed.amount)} AS x_amount",
    ]
    amounts: list[str] = []
    for index, measure in enumerate(measures):
        inner.append(f"{_raw(conversion, measure.column)} AS m{index}")
        amounts.append(f"m{index}")
    others = [f"f{index}" for index, _ in enumerate(_other_fields(conversion))]
    inner += [f"{field.text} AS f{i}" for i, field in enumerate(_other_fields(conversion))]
    keep = ["x_period", "x_currency", "x_account", "x_amount", *others]
    relation, sums = exact_sums(_by_period(conversion, inner), keep, amounts)
    counts = [f"count({column})" for column in others]
    return (
        "SELECT x_period, x_currency, count(*), count(x_amount),"
        f" list(DISTINCT x_account) FILTER (WHERE x_account IS NOT NULL)"
        f"{''.join(f', {sql}' for sql in (*sums, *counts))}"
        f" FROM {relation} GROUP BY x_period, x_currency ORDER BY 1, 2"
    )


def _listed_sql(conversion: Conversion, measure: Measure) -> str:
    """The same sums over amounts of which one cell may hold several."""
    raw = _raw(conversion, measure.column)
    relation = _by_period(conversion, [f"unnest(json_extract_string({raw}, '$[*].amount')) AS m0"])
    relation, sums = exact_sums(relation, ["x_period", "x_currency"], ["m0"])
    return f"SELECT x_period, x_currency, {', '.join(sums)} FROM {relation} GROUP BY ALL"


def _by_period(conversion: Conversion, columns: Sequence[str]) -> str:
    """The file's rows with their period, their currency and the given columns."""
    feed = conversion.feed
    typed = [f"{conversion.typed(feed.column(c))} AS {name(c)}" for c in feed.period_columns]
    currency = f"{_raw(conversion, feed.currency)} AS x_currency"
    inner = f"SELECT {', '.join((*typed, currency, *columns))} FROM {conversion.relation}"
    return f"(SELECT *, {feed.billing_period} AS x_period FROM ({inner}))"


def _raw(conversion: Conversion, column: str | None) -> str:
    raw = None if column is None else conversion.raw(conversion.feed.column(column))
    return raw or "CAST(NULL AS VARCHAR)"


def _totals(
    rows: Sequence[Sequence[Any]], measures: Sequence[Measure], start: int
) -> list[tuple[Group, Total]]:
    """The sums of result rows that begin with period and currency."""
    totals: list[tuple[Group, Total]] = []
    for row in rows:
        for index, measure in enumerate(measures):
            *parts, values, longer, nonzero = row[
                start + index * WIDTH : start + (index + 1) * WIDTH
            ]
            if values or not measure.optional:
                total = Total(measure.name, row[1], exact_value(parts), values, longer, nonzero)
                totals.append(((row[0], row[1]), total))
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
    problem = f"{period!r} is not a month" if period else "the row names no month"
    month = "NULL" if period is None else text(period)
    return first_row_where(
        connection,
        conversion,
        {c: conversion.typed(feed.column(c)) for c in feed.period_columns},
        f"({feed.billing_period}) IS NOT DISTINCT FROM {month}",
        f"{problem} (column {columns}), so it belongs to no billing period",
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
