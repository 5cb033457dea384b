"""What a refused delivery left in the lake is taken back: its kept files and their facts."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from orchestration.ingest.errors import IngestError
from orchestration.ingest.manifest import read
from orchestration.ingest.originals import ORIGINALS, Original


@contextmanager
def kept_if_accepted(lake: Path) -> Iterator[list[Original]]:
    """A list for the files that a delivery keeps; where it fails, they leave the lake again.

    Files that landed partitions name, now or in their history, stay. A landing of another export
    may be about to name the same content: while one runs nothing is removed, rather than to make a
    refusal wait for it; nor where a manifest cannot be read, which may name anything.
    """
    folder = lake / ORIGINALS
    folder.mkdir(parents=True, exist_ok=True)
    kept: list[Original] = []
    with (folder / ".lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        try:
            yield kept
        except BaseException:
            with suppress(BlockingIOError, IngestError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _withdraw(lake, kept)
            raise


def _withdraw(lake: Path, kept: Sequence[Original]) -> None:
    landed = _landed(lake) if kept else set()
    refused = {original.sha256 for original in kept} - landed
    for original in kept:
        if original.sha256 in refused:
            shutil.rmtree(original.path.parent, ignore_errors=True)
    for facts in (lake / ORIGINALS).glob("*.facts.*"):
        if facts.name.partition(".")[0] in refused:
            facts.unlink(missing_ok=True)


def _landed(lake: Path) -> set[str]:
    """The content of every delivery that was accepted, by its sha256."""
    manifests = [read(folder) for folder in lake.glob("*/*/billing_period=*")]
    named: set[str] = set()
    for manifest in filter(None, manifests):
        named.update(file.sha256 for file in manifest.source_files)
        named.update(digest for version in manifest.previous for digest in version.source_files)
    return named
