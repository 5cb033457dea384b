"""Write one partition's Parquet file: convert, split by period, diagnose what does not convert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.ingest.conversion import Conversion
from orchestration.ingest.delivery import Delivered, Job, opened
from orchestration.ingest.diagnosis import first_bad_value
from orchestration.ingest.engine import name, text

# Zstandard's usual level 3 takes a fifth longer to write, for files that are 6 % smaller.
_COMPRESSION = "COMPRESSION zstd, COMPRESSION_LEVEL 1"


@dataclass(frozen=True)
class Target:
    """The partition that is being written, and the landing that writes it."""

    export: str
    period: str
    landing_id: str


def write_partition(job: Job, target: Target, parts: Sequence[Delivered], data: Path) -> None:
    """Convert the rows that all files of a delivery have for one period."""
    selects: list[str] = []
    conversions: list[Conversion] = []
    for part in parts:
        if len(part.facts.periods) > 1:
            converted = job.working / f"{part.original.sha256}.parquet"
            if not converted.exists():
                _convert_all_periods(job, target.export, part, converted)
            selects.append(
                f"SELECT * REPLACE ({text(target.landing_id)} AS x_landing_id)"
                f" FROM read_parquet({text(str(converted))})"
                f" WHERE x_billing_period = {text(target.period)}"
            )
        else:
            conversion = opened(job, part.original)
            conversions.append(conversion)
            selects.append(_select(job, conversion, part, target))
    _copy(job, " UNION ALL ".join(selects), data, conversions)


def _convert_all_periods(job: Job, export: str, part: Delivered, out: Path) -> None:
    """A file of several periods is converted once; each period is then read from that."""
    conversion = opened(job, part.original)
    select = _select(job, conversion, part, Target(export, "", ""))
    period = job.feed.billing_period
    rows = f"SELECT * REPLACE ({period} AS x_billing_period) FROM ({select})"
    _copy(job, rows, out, [conversion])


def _select(job: Job, conversion: Conversion, part: Delivered, target: Target) -> str:
    source = conversion.source
    if source.kind != "csv":
        return _shaped(conversion, conversion.relation, source.row_number, part, target)
    # One thread per slice, with a counter of its own: DuckDB would number rows on one thread. Not
    # a UNION of the slices: whatever is copied from one is read one slice after the other.
    rows_of = part.facts.slices
    pieces = source.slices if len(rows_of) > 1 else (str(source.path),)
    counters, first = [], 1
    for number, (piece, rows) in enumerate(zip(pieces, rows_of, strict=True)):
        counter = f"rows_{part.original.sha256}_{number}"
        job.session.db.execute(f"CREATE OR REPLACE TEMP SEQUENCE {name(counter)} START {first}")
        counters.append(f"WHEN {text(piece)} THEN nextval({text(counter)})")
        first += rows
    row = f"CASE x_slice {' '.join(counters)} END"
    numbered = f"(SELECT *, {row} AS x_row FROM {conversion.sliced(pieces)})"
    return _shaped(conversion, numbered, "x_row", part, target)


def _shaped(
    conversion: Conversion, relation: str, row: str, part: Delivered, target: Target
) -> str:
    return conversion.select(
        relation,
        row=row,
        extras=conversion.extras(frozenset(part.facts.unknown_with_values)),
        meta={
            "x_feed": text(conversion.feed.name),
            "x_export": text(target.export),
            "x_billing_period": text(target.period),
            "x_landing_id": text(target.landing_id),
        },
    )


def _copy(job: Job, rows: str, out: Path, conversions: Sequence[Conversion]) -> None:
    try:
        job.session.db.execute(
            f"COPY ({rows}) TO {text(str(out))} (FORMAT parquet, {_COMPRESSION})"
        )
    except duckdb.Error as error:
        raise first_bad_value(job.session.db, conversions, error) from error
