"""Files as they arrive: how much has come is told, and an ended transfer takes no more."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING

from orchestration.ingest.errors import IngestError

if TYPE_CHECKING:
    from typing_extensions import Buffer

# Between two words about what has arrived, in bytes.
_STEP = 1 << 26
# About files that are whole, at most: Dagster stores every word.
_WORDS = 100


class Transfer:
    """Several files that are fetched at once; its methods may be called from any thread."""

    def __init__(self, name: str, files: int, say: Callable[[str], None]) -> None:
        self._name, self._files, self._say = name, files, say
        self._ended, self._lock = Event(), Lock()
        self._done = self._bytes = self._told = 0

    def file(self, path: Path) -> io.BufferedWriter:
        """A new file for what arrives; writing to it fails once the transfer was ended.

        So does flushing it, by which who waits for what to write can ask.
        """
        return _Buffered(_Arriving(path, self._arrive))

    def done(self) -> None:
        """One more file is whole."""
        with self._lock:
            self._done += 1
            if self._done == self._files or self._done % (self._files // _WORDS + 1) == 0:
                self._tell()

    def end(self) -> None:
        """Let nothing more arrive: a download of hours must not outlast who asked for it."""
        self._ended.set()

    def _arrive(self, count: int) -> None:
        if self._ended.is_set():
            raise IngestError(f"{self._name}: the transfer was ended.")
        with self._lock:
            self._bytes += count
            if self._bytes - self._told >= _STEP:
                self._tell()

    def _tell(self) -> None:
        self._told = self._bytes
        arrived = f"{self._bytes / 1e6:,.1f} MB"
        self._say(f"{self._name}: {self._done} of {self._files} files, {arrived} so far")


class _Buffered(io.BufferedWriter):
    def flush(self) -> None:
        self.raw.write(b"")
        super().flush()


class _Arriving(io.FileIO):
    def __init__(self, path: Path, arrive: Callable[[int], None]) -> None:
        super().__init__(path, "w")
        self._arrive = arrive

    def write(self, data: Buffer) -> int:
        self._arrive(memoryview(data).nbytes)
        return super().write(data)
