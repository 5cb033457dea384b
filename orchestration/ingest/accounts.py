"""Control totals by account: the parts that a landed partition's totals are made of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.ingest.contract import Feed
from orchestration.ingest.engine import name, text
from orchestration.ingest.manifest import AccountTotal
from orchestration.ingest.totals import amount_sql


@dataclass(frozen=True)
class Accounts:
    """What a landed Parquet file holds by account."""

    totals: list[AccountTotal]
    uninvoiced_rows: int | None
    """Rows that cost something and name no invoice; None where no row names one."""


def accounts_of(connection: duckdb.DuckDBPyConnection, feed: Feed, data: Path) -> Accounts:
    """Read a landed Parquet file by account; a bill without accounts is one account, None.

    An optional measure that some rows lack is left out: its parts would not be of all rows.
    """
    if feed.currency is None or feed.amount is None:
        return Accounts([], None)
    columns = (feed.account, feed.sub_account, feed.currency)
    payer, *keys = [name(c) if c else "NULL" for c in columns]
    keys = [f"({feed.payer})" if feed.payer else payer, *keys]
    invoice = name(feed.invoice) if feed.invoice else "NULL"
    sums = "".join(f", sum({amount_sql(m)}), count({name(m.column)})" for m in feed.measures)
    rows = connection.execute(
        f"SELECT {', '.join(keys)}, count(*), count({invoice}),"
        f" count(*) FILTER ({invoice} IS NULL AND {name(feed.amount)} <> 0){sums}"
        f" FROM read_parquet({text(str(data))}) GROUP BY ALL ORDER BY 1, 2, 3"
    ).fetchall()
    complete = [
        not measure.optional or all(row[7 + 2 * index] == row[3] for row in rows)
        for index, measure in enumerate(feed.measures)
    ]
    totals = [
        AccountTotal(row[0], row[1], measure.name, row[2], amount or Decimal("0.000000000000"))
        for row in rows
        for index, measure in enumerate(feed.measures)
        for amount in [row[6 + 2 * index]]
        if row[2] is not None and complete[index]
    ]
    invoiced = sum(row[4] for row in rows)
    return Accounts(totals, sum(row[5] for row in rows) if invoiced else None)
