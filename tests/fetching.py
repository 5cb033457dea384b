"""Fetching as the tests do it: from a store in memory, and without landing what was fetched."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from orchestration.ingest.errors import IngestError
from orchestration.ingest.fetching import fetched
from orchestration.ingest.landing import Progress
from orchestration.ingest.stores import Address, Remote, read_address


@dataclass
class Shelf:
    """A store in memory that remembers what was downloaded."""

    files: dict[str, bytes] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    is_window: bool = False
    before: Callable[[str], None] = lambda _: None
    """Called before each download: where it raises, the download fails."""

    def contents(self) -> Iterator[Remote]:
        yield from [Remote(key, str(hash(text)), len(text)) for key, text in self.files.items()]

    def download(self, remote: Remote, target: BinaryIO) -> None:
        self.before(remote.key)
        if remote.key not in self.files:
            raise IngestError(f"{remote.key} is gone")
        self.taken.append(remote.key)
        target.write(self.files[remote.key])


def address(text: str = "shelf://acme/export") -> Address:
    found = read_address(text)
    assert found is not None
    return found


def copied(copy: Path | None) -> dict[str, bytes]:
    assert copy is not None
    files = [path for path in copy.rglob("*") if path.is_file()]
    return {path.relative_to(copy).as_posix(): path.read_bytes() for path in files}


def fetch(
    address: Address,
    lake: Path,
    months: Collection[str] | None = None,
    progress: Progress | None = None,
) -> Path | None:
    """The copy that would be ingested, after others may change it again."""
    with fetched(address, lake, months, progress) as copy:
        return copy
