"""`tollgate query`: the marts, read-only, from the copy that no build ever locks."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from orchestration.cli.console import err, fail, out
from orchestration.cli.rows import RowFormat, shown, write_rows
from orchestration.moments import MomentError, read_moment
from orchestration.settings import load_settings

# Enough for a screen; BI tools and `--format csv` get everything.
SCREEN_ROWS = 200
# Beyond this a table is unreadable: rows are written one value per line, without the nulls.
SCREEN_COLUMNS = 14


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT, for example from marts.fct_daily_costs.")],
    format: Annotated[RowFormat, typer.Option(help="table, csv or json.")] = RowFormat.TABLE,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="The marts of `tollgate build --as-of DATE`."),
    ] = None,
) -> None:
    """Run SQL on the marts, read-only."""
    from orchestration.warehouse import Warehouse, WarehouseError  # noqa: PLC0415 (fast --help)

    settings = load_settings()
    try:
        if as_of is not None:
            settings = settings.as_of(read_moment(as_of, settings.now()))
        warehouse = Warehouse(settings)
        unfinished = warehouse.unfinished()
        if unfinished:
            err.print(unfinished, highlight=False)
        columns, rows = warehouse.read(sql, finished=True)
    except (WarehouseError, MomentError) as error:
        fail(str(error))
    if format is RowFormat.TABLE:
        _screen(columns, rows)
    else:
        write_rows(columns, rows, format)


def _screen(columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    if len(columns) > SCREEN_COLUMNS:
        for number, row in enumerate(rows[:SCREEN_ROWS], start=1):
            out.print(Text(f"row {number}", "bold"))
            for column, value in zip(columns, row, strict=True):
                if value is not None:
                    out.print(Text("  ").append(shown(column)).append(": ").append(shown(value)))
        return
    table = Table()
    for column in columns:
        # An amount that is cut is another amount.
        table.add_column(shown(column), overflow="fold")
    for row in rows[:SCREEN_ROWS]:
        table.add_row(*map(shown, row))
    out.print(table)
    if len(rows) > SCREEN_ROWS:
        out.print(f"{len(rows):,} rows, {SCREEN_ROWS} shown; --format csv writes them all")
