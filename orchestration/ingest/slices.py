"""Plain CSV files in pieces, so that rows can be numbered while several threads read them.

DuckDB numbers rows only on one thread. So a large file is read as a list of several: byte ranges
that begin and end between two rows, each read in order by one thread, with a counter of its own.
"""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import xor
from pathlib import Path
from typing import Any

import numpy as np
from fsspec.spec import AbstractFileSystem

# Below this a second thread is not worth a second reader.
SLICE_BYTES = 1 << 26
# More than the threads of a small machine, so that they end together; every slice that is being
# read holds buffers of its own.
MOST_SLICES = 8
SLICING = f"{SLICE_BYTES}/{MOST_SLICES}"
"""Part of the key of kept facts: they count the rows of each slice."""
_PROTOCOL = "tollgate-slice"
_CHUNK = 1 << 22
_QUOTE = 34
# DuckDB asks for 32 MB at once and copies what it gets twice; pieces that stay in the processor's
# cache make that a sixth cheaper.
_READ = 1 << 18


@dataclass(frozen=True)
class Slice:
    """A byte range of a file, half-open."""

    path: Path
    start: int
    end: int

    @property
    def url(self) -> str:
        """The name under which DuckDB opens it."""
        return f"{_PROTOCOL}://{self.start}-{self.end}{self.path.resolve()}"


def slices(path: Path) -> list[Slice]:
    """A CSV file in up to `MOST_SLICES` ranges of whole rows, without its header line.

    They are a function of its content alone. Where quotes are not balanced as CSV wants them, a
    cut may fall inside a row: the readers of the slices then fail, or find other rows than the
    reader of the file does. None where a quoted value is never closed: DuckDB tells that only to
    who reads in parallel, and else leaves the row out.
    """
    size = path.stat().st_size
    wanted = min(MOST_SLICES, size // SLICE_BYTES)
    bounds = [size * i // wanted for i in range(wanted)] + [size]
    with ThreadPoolExecutor() as counting:
        odd = counting.map(lambda span: _is_odd(path, *span), pairwise(bounds))
        *within, open_at_end = accumulate(odd, xor, initial=False)
    if open_at_end:
        return []
    starts = [_row_after(path, *at) for at in zip(bounds[:-1], within, strict=True)]
    return [Slice(path, a, b) for a, b in pairwise([*starts, size]) if a < b]


def _is_odd(path: Path, start: int, end: int) -> bool:
    """Whether a range of bytes has an odd number of quotes."""
    odd = False
    with path.open("rb") as stream:
        stream.seek(start)
        while chunk := stream.read(min(_CHUNK, end - start)):
            start += len(chunk)
            odd ^= bool(np.count_nonzero(np.frombuffer(chunk, np.uint8) == _QUOTE) & 1)
    return odd


def _row_after(path: Path, offset: int, within: bool) -> int:
    """Where the next row begins, given whether the offset is within quotes; else the file's end."""
    inside = int(within)
    with path.open("rb") as stream:
        stream.seek(offset)
        while chunk := stream.read(_READ):
            found = _row_end(chunk, inside)
            if found is not None:
                return offset + found
            inside ^= chunk.count(b'"') & 1
            offset += len(chunk)
    return offset


def _row_end(chunk: bytes, inside: int) -> int | None:
    """The offset after the first line break outside quotes; None where there is none."""
    start = 0
    while (position := chunk.find(b"\n", start)) >= 0:
        inside ^= chunk.count(b'"', start, position) & 1
        start = position + 1
        if not inside:
            return start
    return None


class SliceFiles(AbstractFileSystem):  # type: ignore[misc]
    """Shows slices to DuckDB as files."""

    protocol = _PROTOCOL
    cachable = False

    def open(self, path: str, mode: str = "rb", **_: Any) -> Any:  # noqa: ARG002 - fsspec's
        """Open a slice for reading."""
        return _Range(*_parsed(path))

    def size(self, path: str) -> int:
        """The slice's length in bytes."""
        _, start, end = _parsed(path)
        return end - start

    def glob(self, path: str, **_: Any) -> list[str]:
        """A slice's name matches itself."""
        return [path]


def _parsed(url: str) -> tuple[str, int, int]:
    span, _, path = url.removeprefix(f"{_PROTOCOL}://").partition("/")
    start, _, end = span.partition("-")
    return f"/{path}", int(start), int(end)


class _Range(io.RawIOBase):
    """Part of a file, as if it were one."""

    def __init__(self, path: str, start: int, end: int) -> None:
        super().__init__()
        self._file = Path(path).open("rb", buffering=0)  # noqa: SIM115 - closed by close()
        self._start, self._end = start, end
        self._file.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell() - self._start

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self._end - self._start}
        self._file.seek(self._start + base[whence] + offset)
        return self.tell()

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._end - self._file.tell())
        return self._file.read(min(left, _READ, size if size >= 0 else left))

    def close(self) -> None:
        self._file.close()
        super().close()
