"""How a delivery's headers differ from the last one's, and whether a rule misses a column.

Headers folded into one JSON column (a tag per column) are data, not schema: they are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from orchestration.ingest.contract import Feed
from orchestration.ingest.conversion import Conversion
from orchestration.ingest.engine import text
from orchestration.ingest.errors import IngestError
from orchestration.ingest.headers import squash
from orchestration.ingest.manifest import Drift, Manifest, landed


def headers_of(conversions: Sequence[Conversion]) -> dict[str, str]:
    """Contract column -> the header that fills it; of several files, the last one's."""
    return {
        column: conversion.source.headers[position]
        for conversion in conversions
        for column, position in conversion.plan.columns.items()
    }


def baseline(lake: Path, before: Manifest | None, feed: str, export: str, period: str) -> (
    Manifest | None
):  # fmt: skip
    """What a delivery is compared with: the partition's last version, else the month before."""
    if before is not None:
        return before
    earlier = (
        manifest
        for manifest in landed(lake, feed)
        if manifest.export == export and manifest.billing_period < period
    )
    return max(earlier, key=lambda manifest: manifest.billing_period, default=None)


def drift(last: Manifest | None, headers: Mapping[str, str], unknown: Sequence[str]) -> list[Drift]:
    """What is new, gone or renamed; `unknown` are the headers whose values go to `x_extras`.

    Without a baseline only these are new: the contract knows all others.
    """
    before = last.headers if last else {}
    extras = set(last.unknown_columns) if last else set()
    changes = [Drift("new", header, None) for header in unknown if header not in extras]
    changes += [Drift("gone", header, None) for header in sorted(extras - set(unknown))]
    if not before:
        return changes
    for column, header in headers.items():
        was = before.get(column)
        if was is None:
            changes.append(Drift("new", header, column))
        elif was != header:
            changes.append(Drift("renamed", header, column, was))
    changes += [
        Drift("gone", header, column) for column, header in before.items() if column not in headers
    ]
    return changes


_SHOWN = 12


def refuse_unnamed(label: str, headers: Sequence[str], named: Sequence[str]) -> None:
    """An error where a file's headers are not the columns that its own manifest names.

    Reports differ from month to month, but a manifest and its files are written together: where
    they differ, one of them is of another delivery. Parquet spells `lineItem/UnblendedCost`
    `line_item_unblended_cost`, and an export's column may repeat its category.
    """
    if not named:
        return
    there = {squash(header) for header in headers}
    said = {name: {squash(name), squash(name[name.find("/") + 1 :])} for name in named}
    lacking = [name for name, spelled in said.items() if not spelled & there]
    known = set().union(*said.values())
    others = [header for header in headers if squash(header) not in known]
    differences = (("lacks", lacking), ("has besides", others))
    found = " and ".join(f"{verb} {_shown(columns)}" for verb, columns in differences if columns)
    if found:
        raise IngestError(
            f"{label} {found}, unlike the columns that its manifest names: one of them is of"
            " another delivery. Download the month again, files and manifest together."
        )


def _shown(columns: Sequence[str]) -> str:
    more = f" and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else ""
    return ", ".join(columns[:_SHOWN]) + more


def refuse_missing(
    connection: duckdb.DuckDBPyConnection,
    feed: Feed,
    conversions: Sequence[Conversion],
    data: Path,
    period: str,
) -> None:
    """An error where the converted rows are of a kind whose conforming needs an absent column."""
    for need in feed.needs:
        column = feed.column(need.column)
        lacking = [c for c in conversions if need.even_empty or c.raw(column) is None]
        if not lacking:
            continue
        files = ", ".join(text(conversion.source.name) for conversion in lacking)
        rows = f"read_parquet({text(str(data))})"
        found = connection.execute(
            f"SELECT x_source_file, count(*) FROM {rows}"
            f" WHERE ({need.rows}) AND x_source_file IN ({files})"
            f" AND NOT (SELECT coalesce({need.unless}, false) FROM {rows})"
            " GROUP BY 1 ORDER BY 1 LIMIT 1"
        ).fetchone()
        if found:
            raise IngestError(
                f"{found[0]}: no {'value' if need.even_empty else 'column'} for {need.column}"
                f" ({feed.name} {period}), but {found[1]} of its rows need it: {need.why}."
                " Export the file with that column."
            )
