"""One step of the ingest benchmark, in a process: `python -m tests.bench.steps STEP ARGS`.

Prints one JSON object: the step's seconds, without starting Python and importing.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.ingest.landing import land

FEED, EXPORT = "aws_cur_legacy", "bench"


def plain_copy(bill: str, out: str) -> None:
    """What DuckDB itself takes: its own guess of types, its own defaults."""
    duckdb.execute(f"COPY (FROM read_csv('{bill}')) TO '{out}' (FORMAT parquet)")


def landing(lake: str, *bills: str) -> None:
    """Land each bill as a delivery of its own."""
    for bill in bills:
        land([Path(bill)], FEED, EXPORT, Path(lake))


def export_charges(warehouse: str, out: str) -> None:
    """The charges as Parquet: what the plain table is made from."""
    with duckdb.connect(warehouse, read_only=True) as connection:
        connection.execute(f"COPY (FROM focus.fct_focus_charges) TO '{out}' (FORMAT parquet)")


def plain_table(charges: str, database: str) -> None:
    """A table of the same columns and rows, without any rule."""
    Path(database).unlink(missing_ok=True)
    with duckdb.connect(database) as connection:
        # As the project's profile has it.
        connection.execute("SET threads = 2; SET preserve_insertion_order = false")
        connection.execute(f"CREATE TABLE charges AS FROM read_parquet('{charges}')")


_STEPS: tuple[Callable[..., None], ...] = (plain_copy, landing, export_charges, plain_table)


def main() -> int:
    """Run the named step."""
    step = next(step for step in _STEPS if step.__name__ == sys.argv[1])
    started = time.monotonic()
    step(*sys.argv[2:])
    sys.stdout.write(json.dumps({"seconds": time.monotonic() - started}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
