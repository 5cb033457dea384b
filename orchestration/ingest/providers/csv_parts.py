"""A CSV file that comes in parts, joined to one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from orchestration.ingest.errors import IngestError

_MARK = b"\xef\xbb\xbf"
# Longer header lines are refused by landing.
_LONGEST_HEADER = 1 << 16


def join(parts: Iterable[Iterable[bytes]], file: BinaryIO, origin: str) -> bool:
    """Write parts, each with the same header and as chunks of bytes, as one file with one header.

    Whether there is anything but the header. Parts that do not repeat the header of the first are
    refused: their columns may be others.
    """
    header, newline, last, anything = None, b"", b"", False
    for part in parts:
        chunks = iter(part)
        start = _with_header(chunks)
        if not start:
            continue
        line, end, rows = start.partition(b"\n")
        found = line.removeprefix(_MARK).removesuffix(b"\r")
        if header is None:
            header, newline = found, b"\r\n" if line.endswith(b"\r") else b"\n"
            file.write(line + end)
            last = line + end
        elif found != header:
            raise IngestError(
                f"{origin}: the parts of the report differ in their headers, so that they cannot be"
                " joined. Set up an export instead."
            )
        elif not last.endswith(b"\n"):
            file.write(newline)
            last = newline
        for chunk in chain((rows,), chunks):
            file.write(chunk)
            last = chunk or last
            anything = anything or bool(chunk.strip())
    return anything


def _with_header(chunks: Iterator[bytes]) -> bytes:
    start = b""
    while b"\n" not in start and len(start) <= _LONGEST_HEADER and (chunk := next(chunks, b"")):
        start += chunk
    return start
