"""Superseded versions of landed partitions: kept by content, bounded, readable as of a date.

`<partition>/_superseded/<landing id>/{data.parquet, manifest.json}`. A version is kept before it is
replaced, so that at no moment it is lost; its manifest stays when its data is pruned.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from orchestration.ingest.errors import IngestError
from orchestration.ingest.manifest import (
    DATA,
    MANIFEST,
    SUPERSEDED,
    Manifest,
    damage,
    landed,
    partition,
    read,
    write,
)

Place = tuple[str, str, str]
"""Feed, export and billing period of a partition."""


@dataclass(frozen=True)
class Version:
    """One version of a partition and the half-open time in which it was the newest received."""

    manifest: Manifest
    """Of the partition as it is now."""
    landing_id: str
    since: str
    until: str | None
    """RFC 3339 in UTC, like all times of a manifest; None while it is current."""

    @property
    def folder(self) -> Path:
        """Where its data is kept, below the partition's folder."""
        return Path() if self.until is None else Path(SUPERSEDED) / self.landing_id


def keep(folder: Path, before: Manifest, working: Path) -> None:
    """Keep the version that is about to be replaced: data first, manifest last, each at once.

    It must be as it was landed: what is damaged is no version of anything.
    """
    place = folder / SUPERSEDED / before.landing_id
    place.mkdir(parents=True, exist_ok=True)
    kept = read(place)
    if kept is None or damage(place, kept):
        _link(folder / DATA, place / DATA, working)
    record = working / f"{before.landing_id}.json"
    write(before, record)
    record.replace(place / MANIFEST)


def prune(folder: Path, current: Manifest, kept: int) -> None:
    """Remove the data of all but the newest `kept` superseded versions; manifests stay."""
    newest = dict.fromkeys(old.landing_id for old in current.previous)
    wanted = {*list(newest)[:kept], current.landing_id}
    for data in (folder / SUPERSEDED).glob(f"*/{DATA}"):
        if data.parent.name not in wanted:
            data.unlink()


def versions(manifest: Manifest) -> Iterator[Version]:
    """All versions of a partition that its history knows, the newest first."""
    until = None
    for version in manifest.as_previous():
        since = version.data_as_of or version.landed_at
        yield Version(manifest, version.landing_id, since, until)
        until = since


def kept_manifests(lake: Path) -> Iterator[Manifest]:
    """The manifests of all versions, each content of a partition once, the current one first."""
    for manifest in landed(lake):
        yield manifest
        folder = partition(lake, manifest.feed, manifest.export, manifest.billing_period)
        for path in sorted((folder / SUPERSEDED).glob(f"*/{MANIFEST}")):
            found = read(path.parent)
            if found is not None and found.landing_id != manifest.landing_id:
                yield found


def as_received(lake: Path, moment_of: Callable[[Place], datetime | None], target: Path) -> int:
    """Put together in `target` the lake as it had been received by a moment; how many partitions.

    `moment_of` gives each partition's moment, or None to leave it out. Files are linked, not
    copied; what `target` held goes. An error names a version whose data was pruned.
    """
    chosen: list[Version] = []
    for manifest in landed(lake):
        moment = moment_of((manifest.feed, manifest.export, manifest.billing_period))
        limit = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
        chosen += islice((v for v in versions(manifest) if v.since <= limit), 1)
    if target.exists():
        shutil.rmtree(target)
    for version in chosen:
        _take(lake, version, target)
    return len(chosen)


def _take(lake: Path, version: Version, target: Path) -> None:
    manifest = version.manifest
    where = (manifest.feed, manifest.export, manifest.billing_period)
    source = partition(lake, *where) / version.folder
    found = read(source)
    if found is None or found.landing_id != version.landing_id or damage(source, found):
        raise IngestError(
            f"{'/'.join(where)}: the version received {version.since} is no longer in the lake as"
            " it was landed, so its month cannot be built as of that date."
            " marts.fct_reported_costs has its sums; for the future raise TOLLGATE_KEPT_VERSIONS."
        )
    history = [
        old
        for old in manifest.as_previous()[1:]
        if (old.data_as_of or old.landed_at) < version.since
    ]
    folder = partition(target, *where)
    folder.mkdir(parents=True, exist_ok=True)
    _link(source / DATA, folder / DATA, folder)
    write(replace(found, data_as_of=version.since, previous=history), folder / MANIFEST)
    for old in history:
        kept = partition(lake, *where) / SUPERSEDED / old.landing_id / MANIFEST
        if kept.exists():
            record = folder / SUPERSEDED / old.landing_id / MANIFEST
            record.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(kept, record)


def _link(source: Path, target: Path, working: Path) -> None:
    """The same content under another name, complete or not at all."""
    unfinished = working / f"{source.parent.name}-{os.getpid()}.link"
    unfinished.unlink(missing_ok=True)
    try:
        os.link(source, unfinished)
    except OSError:  # some file systems have no hard links
        shutil.copyfile(source, unfinished)
    unfinished.replace(target)
