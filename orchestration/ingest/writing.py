"""Write one partition's Parquet file: convert, split by period, diagnose what does not convert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.ingest.conversion import Conversion
from orchestration.ingest.delivery import Delivered, Job, opened
from orchestration.ingest.diagnosis import first_bad_value
from orchestration.ingest.engine import text

_COMPRESSION = "zstd"


@dataclass(frozen=True)
class Target:
    """The partition that is being written, and the landing that writes it."""

    export: str
    period: str
    landing_id: str


def write_partition(job: Job, target: Target, parts: Sequence[Delivered], data: Path) -> None:
    """Convert the rows that all files of a delivery have for one period; file order is kept."""
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
            selects.append(_select(conversion, part, target))
    options = f", KV_METADATA {{landing_id: {text(target.landing_id)}}}"
    _copy(job, " UNION ALL ".join(selects), data, options, conversions)


def _convert_all_periods(job: Job, export: str, part: Delivered, out: Path) -> None:
    """A file of several periods is converted once; each period is then read from that."""
    conversion = opened(job, part.original)
    select = _select(conversion, part, Target(export, "", ""))
    period = job.feed.billing_period
    rows = f"SELECT * REPLACE ({period} AS x_billing_period) FROM ({select})"
    _copy(job, rows, out, "", [conversion])


def _select(conversion: Conversion, part: Delivered, target: Target) -> str:
    return conversion.select(
        row=conversion.source.row_number,
        extras=conversion.extras(frozenset(part.facts.unknown_with_values)),
        meta={
            "x_feed": text(conversion.feed.name),
            "x_export": text(target.export),
            "x_billing_period": text(target.period),
            "x_landing_id": text(target.landing_id),
        },
    )


def _copy(job: Job, rows: str, out: Path, options: str, conversions: Sequence[Conversion]) -> None:
    try:
        job.session.db.execute(
            f"COPY ({rows}) TO {text(str(out))}"
            f" (FORMAT parquet, COMPRESSION {_COMPRESSION}{options})"
        )
    except duckdb.Error as error:
        raise first_bad_value(job.session.db, conversions, error) from error
