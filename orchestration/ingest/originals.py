"""The delivered files, kept unchanged under the hash of their content."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Container
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from orchestration.ingest.errors import IngestError
from orchestration.ingest.integrity import check_whole

ORIGINALS = "_originals"
# Copies of exports in a cloud (`fetching`): Tollgate alone writes them, and only by renaming.
FETCHED = "_fetched"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Original:
    """One delivered file in the lake."""

    path: Path
    name: str
    sha256: str
    bytes: int


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's content, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def kept_before(lake: Path) -> set[tuple[str, int]]:
    """Names and sizes in bytes of the files that the lake has: what may be among them already.

    Ask once for a delivery: it looks into the folder of each file.
    """
    return {(kept.name, kept.stat().st_size) for kept in (lake / ORIGINALS).glob("*/*")}


def keep(path: Path, lake: Path, working: Path, before: Container[tuple[str, int]]) -> Original:
    """Copy a file to `lake/_originals/<sha256>/<name>` unless it is there; land from the copy.

    `before` are the names and sizes of `kept_before`.

    Landing reads the copy, so a file that changes while it is read cannot mix two versions; of a
    file that was fetched it is a link. The copy is not yet safe from a power cut: `flush` it before
    anything names it.
    """
    if not path.is_file():
        problem = "is not a regular file" if path.exists() else "no such file"
        raise IngestError(f"{path}: {problem}. Check the path.")
    fetched = path.is_relative_to(lake / FETCHED)
    take = _link_whole if fetched else _copy_whole
    state = path.stat()
    copy = working / f"{uuid.uuid4().hex}.original"
    with ThreadPoolExecutor(max_workers=1) as aside:
        # A file that may be there already is neither read through nor copied before it is known.
        alike = (path.name, state.st_size) in before
        copied = None if alike else aside.submit(take, path, copy)
        digest = sha256_of(path)
        stored = lake / ORIGINALS / digest / path.name
        if not stored.exists() or sha256_of(stored) != digest:
            (copied or aside.submit(take, path, copy)).result()
            if _version(path.stat(), linked=fetched) != _version(state, linked=fetched):
                raise IngestError(
                    f"{path} changed while it was read. Try again when it is complete."
                )
            stored.parent.mkdir(parents=True, exist_ok=True)
            copy.replace(stored)
    return Original(stored, path.name, digest, state.st_size)


def _version(state: os.stat_result, *, linked: bool) -> tuple[int, ...]:
    """What differs if a file was written to, or another was put in its place.

    Programs that copy files set their size and time of change alike; the other two they cannot set.
    A link is itself a change of the last.
    """
    found = (state.st_size, state.st_mtime_ns, state.st_ino)
    return found if linked else (*found, state.st_ctime_ns)


def _copy_whole(path: Path, copy: Path) -> None:
    check_whole(path, path.name)
    shutil.copyfile(path, copy)


def _link_whole(path: Path, copy: Path) -> None:
    check_whole(path, path.name)
    try:
        os.link(path, copy)
    except OSError:  # a file system without links
        shutil.copyfile(path, copy)


def flush(path: Path) -> None:
    """Make a written file survive a power cut before it is renamed into place."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
