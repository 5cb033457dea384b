"""`tollgate query`: the marts, read-only, from the copy that no build ever locks."""

from __future__ import annotations

import csv
import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from orchestration.cli.console import fail, out
from orchestration.moments import MomentError, read_moment
from orchestration.settings import load_settings

# Enough for a screen; BI tools and `--format csv` get everything.
SCREEN_ROWS = 200
# Beyond this a table is unreadable: rows are written one value per line, without the nulls.
SCREEN_COLUMNS = 14


class QueryFormat(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT, for example from marts.fct_daily_costs.")],
    format: Annotated[QueryFormat, typer.Option(help="table, csv or json.")] = QueryFormat.TABLE,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="The marts of `tollgate build --as-of DATE`."),
    ] = None,
) -> None:
    """Run SQL on the marts, read-only."""
    from orchestration.as_of import settings_as_of  # noqa: PLC0415
    from orchestration.warehouse import Warehouse, WarehouseError  # noqa: PLC0415 (fast --help)

    settings = load_settings()
    try:
        if as_of is not None:
            settings = settings_as_of(settings, read_moment(as_of, settings.now()))
        columns, rows = Warehouse(settings).read(sql, finished=True)
    except (WarehouseError, MomentError) as error:
        fail(str(error))
    if format is QueryFormat.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    elif format is QueryFormat.JSON:
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        json.dump(records, sys.stdout, default=str, indent=2)
        sys.stdout.write("\n")
    else:
        _screen(columns, rows)


def _screen(columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    if len(columns) > SCREEN_COLUMNS:
        for number, row in enumerate(rows[:SCREEN_ROWS], start=1):
            out.print(f"[bold]row {number}[/]")
            for column, value in zip(columns, row, strict=True):
                if value is not None:
                    out.print(f"  {escape(column)}: {escape(str(value))}", highlight=False)
        return
    table = Table(*[escape(column) for column in columns])
    for row in rows[:SCREEN_ROWS]:
        table.add_row(*["" if value is None else escape(str(value)) for value in row])
    out.print(table)
    if len(rows) > SCREEN_ROWS:
        out.print(f"{len(rows):,} rows, {SCREEN_ROWS} shown; --format csv writes them all")
