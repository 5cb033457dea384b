"""AWS bills of any size for the benchmark: a block of the demo company's lines, repeated.

Repetitions differ in line id and resource, so that neither is a short dictionary.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from orchestration.demo import aws_bills, aws_catalogue
from orchestration.demo.aws_commitments import reservations, savings_plan
from orchestration.demo.aws_lines import AwsMonth
from orchestration.demo.aws_rows import AwsRows
from orchestration.demo.company import AWS_HOURS, Month
from orchestration.demo.meters import Book

# Enough lines for realistic dictionaries; more would only make the generator slower.
_BLOCK_ROWS = 250_000
_SEED = 7


def write_month(path: Path, month: Month, rows: int) -> int:
    """Write a legacy CUR of one month as plain CSV with exactly so many rows; returns its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    block = pa.concat_tables(_block(month, min(rows, _BLOCK_ROWS))).combine_chunks()
    left, copy = rows, 0
    with path.open("wb") as sink:
        sink.write(aws_bills.csv_line(_copied(block.slice(0, 0), 0).column_names))
        while left > 0:
            pcsv.write_csv(_copied(block.slice(0, left), copy), sink, aws_bills.CSV_OPTIONS)
            left, copy = left - block.num_rows, copy + 1
    return path.stat().st_size


def _block(month: Month, rows: int) -> Iterator[pa.Table]:
    meters = [
        *aws_catalogue.core(_SEED, 1.0),
        *aws_catalogue.tail(_SEED, max(1, rows // (month.last - month.first))),
    ]
    agreement, reserved = savings_plan(meters), reservations(meters)
    made = AwsRows(meters, agreement, reserved, _SEED)
    book = Book(meters, seed=_SEED, feed=1, hours=AWS_HOURS)
    lines = AwsMonth(book, agreement, reserved, month)
    for batch in lines.batches():
        yield aws_bills.legacy_table(made.lines(batch), month)
    yield aws_bills.legacy_table(made.charges(lines.charges()), month)


def _copied(block: pa.Table, copy: int) -> pa.Table:
    for header in ("identity/LineItemId", "lineItem/ResourceId"):
        position = block.column_names.index(header)
        text = block.column(header).cast(pa.string())
        suffixed = pc.binary_join_element_wise(text, f"{copy:03d}", "")
        block = block.set_column(position, header, suffixed)
    # The official converter refuses files without it.
    nothing = pa.nulls(block.num_rows, pa.string())
    return block.append_column("reservation/TotalReservedUnits", nothing)
