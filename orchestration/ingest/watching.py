"""Whether the exports hold something new, without reading a bill: names, sizes and versions."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from orchestration.ingest.discovery import is_bill
from orchestration.ingest.errors import IngestError
from orchestration.ingest.exports import Export
from orchestration.ingest.listing import listing, months_said, opened
from orchestration.ingest.providers.manifests import is_manifest
from orchestration.ingest.stores import Address

#: For files that no folder's name puts into a month.
NO_MONTH = ""


def fingerprints(export: Export) -> Mapping[str, str]:
    """A text for each month that an export has files of: another one when they change.

    Raises `IngestError` where its path or address cannot be read.
    """
    held: defaultdict[str, list[str]] = defaultdict(list)
    for name, version in sorted(_versions(export.path)):
        months = months_said(name.split("/"))
        held[months[0] if months else NO_MONTH].append(f"{name}\0{version}")
    return {
        month: hashlib.sha256("\n".join(files).encode()).hexdigest()
        for month, files in held.items()
    }


def _versions(path: Path | Address) -> Iterator[tuple[str, str]]:
    """Each file's path, below what holds them all, and its version."""
    if isinstance(path, Address):
        for name, remote in listing(opened(path), path).items():
            yield f"{path.path}/{name}", remote.version
        return
    if not path.exists():
        raise IngestError(f"{path}: no such file or folder. Check the path.")
    for file in [path] if path.is_file() else path.rglob("*"):
        if file.is_file() and (is_bill(file.name) or is_manifest(file.name)):
            state = file.stat()
            yield file.as_posix(), f"{state.st_size} {state.st_mtime_ns}"
