"""The lake as a whole: its contracts, and what its manifests say as rows."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from orchestration.ingest.contract import META_COLUMNS, Feed
from orchestration.ingest.engine import connect, name, text
from orchestration.ingest.locks import exclusive, working_folder
from orchestration.ingest.manifest import (
    CONTRACT_EXPORT,
    CONTRACT_PERIOD,
    DATA,
    MANIFEST,
    Manifest,
    landed,
    partition,
    read,
    write,
)
from orchestration.ingest.originals import sha256_of
from orchestration.ingest.registry import FEEDS


def ensure_contracts(lake: Path) -> None:
    """Write an empty partition of exact types for every feed, so that readers' globs match."""
    with exclusive(lake / ".contracts.lock"):
        wanted = [feed for feed in FEEDS.values() if not _has_contract(lake, feed)]
        if not wanted:
            return
        with working_folder(lake) as working, connect(working) as db:
            for feed in wanted:
                _write_contract(db, feed, lake, working)


def _has_contract(lake: Path, feed: Feed) -> bool:
    folder = partition(lake, feed.name, CONTRACT_EXPORT, CONTRACT_PERIOD)
    found = read(folder)
    return (
        found is not None
        and found.contract_version == feed.contract_version
        and (folder / DATA).exists()
    )


def _write_contract(db: duckdb.DuckDBPyConnection, feed: Feed, lake: Path, working: Path) -> None:
    columns = ", ".join(
        f"CAST(NULL AS {feed.sql_type(column)}) AS {name(column.name)}"
        for column in (*feed.columns, *META_COLUMNS)
    )
    data = working / f"{feed.name}.parquet"
    db.execute(f"COPY (SELECT {columns} LIMIT 0) TO {text(str(data))} (FORMAT parquet)")
    manifest = Manifest(
        feed=feed.name,
        export=CONTRACT_EXPORT,
        billing_period=CONTRACT_PERIOD,
        landing_id="",
        rows=0,
        control_totals=[],
        accounts=[],
        source_files=[],
        declared={},
        rounding=[],
        contract_version=feed.contract_version,
        landed_at=None,
        data_as_of=None,
        data_through=None,
        unknown_columns=[],
        data_sha256=sha256_of(data),
    )
    record = working / f"{feed.name}.json"
    write(manifest, record)
    folder = partition(lake, feed.name, CONTRACT_EXPORT, CONTRACT_PERIOD)
    folder.mkdir(parents=True, exist_ok=True)
    data.replace(folder / DATA)
    record.replace(folder / MANIFEST)


def control_totals(lake: Path) -> list[dict[str, Any]]:
    """`raw.control_totals` as rows: partition x measure x currency.

    A partition without measures has one row whose measure is None.
    """
    return [row for manifest in landed(lake) for row in control_total_rows(manifest)]


def control_total_rows(manifest: Manifest) -> list[dict[str, Any]]:
    """One partition's rows of `raw.control_totals`."""
    common = {
        "feed": manifest.feed,
        "export": manifest.export,
        "billing_period": manifest.billing_period,
        "landing_id": manifest.landing_id,
        "row_count": manifest.rows,
        "landed_at": manifest.landed_at,
        "data_through": manifest.data_through,
    }
    none = {"measure": None, "currency": None, "amount": None}
    totals = [asdict(total) for total in manifest.control_totals]
    return [common | total for total in totals or [none]]


def version_rows(manifest: Manifest) -> list[dict[str, Any]]:
    """One partition's rows of `raw.landing_versions`: a row per version, the newest has age 0."""
    return [
        {
            "feed": manifest.feed,
            "export": manifest.export,
            "billing_period": manifest.billing_period,
            "landing_id": version.landing_id,
            "age": age,
            "row_count": version.rows,
            "received_at": version.data_as_of or version.landed_at,
            "uninvoiced_rows": version.uninvoiced_rows,
            "source_files": json.dumps(sorted(version.source_files), separators=(",", ":")),
        }
        for age, version in enumerate(manifest.as_previous())
    ]


def drift_rows(manifest: Manifest) -> list[dict[str, Any]]:
    """One partition's rows of `raw.schema_changes`: a row per version and changed column."""
    return [
        {
            "feed": manifest.feed,
            "export": manifest.export,
            "billing_period": manifest.billing_period,
            "landing_id": version.landing_id,
            "received_at": version.data_as_of or version.landed_at,
            "kind": change.kind,
            "column_name": change.column,
            "fills": change.fills,
            "was": change.was,
        }
        for version in manifest.as_previous()
        for change in version.drift
    ]


def account_total_rows(manifest: Manifest) -> list[dict[str, Any]]:
    """One version's rows of `raw.account_totals`."""
    common = {
        "feed": manifest.feed,
        "export": manifest.export,
        "billing_period": manifest.billing_period,
        "landing_id": manifest.landing_id,
    }
    return [common | asdict(total) for total in manifest.account_totals]
