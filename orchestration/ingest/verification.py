"""Whether the lake is still what was landed: its files, their rows and their sums."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from orchestration.ingest.engine import connect
from orchestration.ingest.errors import IngestError, reason
from orchestration.ingest.locks import working_folder
from orchestration.ingest.manifest import DATA, ControlTotal, Manifest, damage, partitions, read
from orchestration.ingest.registry import FEEDS
from orchestration.ingest.totals import totals_out


@dataclass(frozen=True)
class Verification:
    """Whether one landed partition's Parquet still agrees with its manifest."""

    feed: str
    export: str
    billing_period: str
    problem: str = ""
    """Empty where it agrees; else what differs and what to do."""
    rows: int = 0
    control_totals: tuple[ControlTotal, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it agrees."""
        return not self.problem


def verify(
    lake: Path,
    feed: str | None = None,
    periods: Collection[str] | None = None,
    *,
    export: str | None = None,
) -> list[Verification]:
    """Read landed Parquet again and compare rows and sums with the manifests."""
    found: list[Verification] = []
    with working_folder(lake) as working, connect(working) as db:
        for folder in partitions(lake, feed):
            place = _place(folder)
            wanted = export is None or place.export == export
            if wanted and (periods is None or place.billing_period in periods):
                found += [_verify(db, folder, manifest) for manifest in _read(folder)]
    return found


def damaged(lake: Path) -> tuple[int, list[str]]:
    """How many partitions are landed, and what is wrong with those that are not as written.

    Reads every byte and adds nothing up: seconds where `verify` takes minutes.
    """
    found = [
        manifest if isinstance(manifest, Verification) else _told(folder, damage(folder, manifest))
        for folder in partitions(lake)
        for manifest in _read(folder)
    ]
    return len(found), [verification.problem for verification in found if not verification.ok]


def _place(folder: Path) -> Verification:
    feed, export, period = folder.parts[-3:]
    return Verification(feed, export, period.partition("=")[2])


def _read(folder: Path) -> Iterator[Manifest | Verification]:
    """A partition's manifest, or why it has none; nothing of a folder that holds nothing."""
    try:
        manifest = read(folder)
    except IngestError as error:
        yield replace(_place(folder), problem=str(error))
        return
    if manifest is not None:
        yield manifest
    elif problem := damage(folder, None):
        yield _told(folder, problem)


def _told(folder: Path, problem: str) -> Verification:
    place = _place(folder)
    where = f"{place.feed}/{place.export} {place.billing_period}"
    return replace(place, problem=problem and f"{where}: {problem}. Ingest the month again.")


def _verify(
    db: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest | Verification
) -> Verification:
    if isinstance(manifest, Verification):
        return manifest
    data = folder / DATA
    try:
        out = totals_out(db, FEEDS[manifest.feed], data)
    except duckdb.Error as error:
        return _told(folder, f"{data} cannot be read ({reason(error)})")
    totals = [
        ControlTotal(*key, amount=amount)
        for key, amount in sorted(out.totals.items(), key=lambda item: str(item[0]))
    ]
    if out.rows != manifest.rows:
        problem = f"{data} has {out.rows} rows, but its manifest says {manifest.rows}"
    elif totals != manifest.control_totals:
        said = _brief(manifest.control_totals)
        problem = f"{data} adds up to {_brief(totals)}, but its manifest says {said}"
    else:
        problem = damage(folder, manifest)
    return replace(_told(folder, problem), rows=out.rows, control_totals=tuple(totals))


def _brief(totals: Collection[ControlTotal]) -> str:
    return (
        ", ".join(f"{t.measure} {t.amount:f} {t.currency or ''}".strip() for t in totals) or "none"
    )
