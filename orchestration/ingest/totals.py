"""Control totals of landed Parquet, and their comparison with the file's own sums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path

import duckdb

from orchestration.ingest.contract import Feed, Measure
from orchestration.ingest.engine import name, text
from orchestration.ingest.errors import IngestError
from orchestration.ingest.facts import PeriodFacts, Total
from orchestration.ingest.manifest import ControlTotal, Rounding

# Half of the contract's last decimal: what rounding may move one value.
_HALF = Decimal("5e-13")
_ZERO = Decimal("0.000000000000")
Key = tuple[str, str | None]


@dataclass(frozen=True)
class Landed:
    """What a landed Parquet file adds up to."""

    rows: int
    totals: dict[Key, Decimal]
    data_through: str | None


def totals_in(parts: Iterable[PeriodFacts]) -> dict[Key, Total]:
    """The exact sums of all files of one partition."""
    sums: dict[Key, Total] = {}
    with localcontext() as context:
        context.prec = 80
        for facts in parts:
            for total in facts.totals:
                key = (total.measure, total.currency)
                before = sums.get(key, Total(*key, Decimal(0), 0))
                sums[key] = Total(
                    *key,
                    before.amount + total.amount,
                    before.values + total.values,
                    before.longer + total.longer,
                )
    return sums


def totals_out(connection: duckdb.DuckDBPyConnection, feed: Feed, data: Path) -> Landed:
    """Read a landed Parquet file again and add it up."""
    currency = name(feed.currency) if feed.currency else "NULL"
    sums = "".join(
        f", sum({amount_sql(measure)}), count({name(measure.column)})" for measure in feed.measures
    )
    groups = connection.execute(
        f"SELECT {currency}, count(*), strftime(max({name(feed.usage)}), '%Y-%m-%d'){sums}"
        f" FROM read_parquet({text(str(data))}) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    totals: dict[Key, Decimal] = {}
    for group in groups:
        for index, measure in enumerate(feed.measures):
            amount, values = group[3 + 2 * index : 5 + 2 * index]
            if measure.optional and not values:
                continue
            if feed.currency is None or group[0] is not None:
                totals[(measure.name, group[0])] = amount or _ZERO
    through = max((group[2] for group in groups if group[2]), default=None)
    return Landed(sum(group[1] for group in groups), totals, through)


def amount_sql(measure: Measure) -> str:
    """SQL of a measure's amount in one landed row."""
    if not measure.json_amounts:
        return name(measure.column)
    amounts = f"json_extract_string({name(measure.column)}, '$[*].amount')"
    return f"list_sum(list_transform({amounts}, lambda a: to_decimal(a)))"


def conserved(
    label: str, rows: int, expected: dict[Key, Total], found: Landed
) -> tuple[list[ControlTotal], list[Rounding]]:
    """The control totals to record; an error if a row or an amount was lost or invented."""
    if rows != found.rows:
        raise _not_conserved(label, f"{rows} rows in, {found.rows} rows out")
    if set(expected) != set(found.totals):
        one_side = sorted(map(str, set(expected) ^ set(found.totals)))
        raise _not_conserved(label, f"sums of {', '.join(one_side)} on one side only")
    totals: list[ControlTotal] = []
    rounding: list[Rounding] = []
    for key in sorted(expected, key=str):
        wanted, amount = expected[key], found.totals[key]
        with localcontext() as context:
            context.prec = 80
            difference = amount - wanted.amount
        if abs(difference) > wanted.longer * _HALF:
            raise _not_conserved(label, f"{key[0]} {key[1] or ''} {wanted.amount} in, {amount} out")
        totals.append(ControlTotal(*key, amount=amount))
        if difference:
            rounding.append(Rounding(*key, difference=difference))
    return totals, rounding


def _not_conserved(label: str, detail: str) -> IngestError:
    return IngestError(
        f"{label}: the landed copy does not add up to the bill ({detail}). The partition was left"
        " as it was. This is a defect of Tollgate: please report it with the file's header line."
    )
