"""Whether a compressed file is whole, checked before DuckDB reads it.

DuckDB takes the end of a cut gzip stream for the end of the file, so a cut at a row's end would
land part of a bill; and some damaged streams crash it.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa

from orchestration.ingest.errors import IngestError

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 20
# Parquet, ZIP and UTF-16, whose NUL bytes are none of their text.
_NOT_IN_BYTES = (b"PAR1", b"PK\x03\x04", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Bills shrink to a twentieth, at most to a hundredth; what unpacks to more than this is made to
# fill a disk or to keep a machine busy. Small files are unpacked anyway: that costs nothing.
MOST_EXPANSION = 400
HARMLESS_BYTES = 1 << 28
# DuckDB's JSON functions recurse and end the process somewhere above; no bill nests ten deep.
MOST_DEPTH = 500
_OPENING = tuple(b"{[")
_NUL = b"\\u0000"
_NO_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))


def compression_of(path: Path) -> str:
    """How a file is compressed, by its first bytes: gzip, zstd or none."""
    with path.open("rb") as stream:
        magic = stream.read(4)
    return "gzip" if magic[:2] == GZIP else "zstd" if magic == ZSTD else "none"


def check_whole(path: Path, label: str) -> None:
    """Read a file to its end, in bounded memory; an error if what is packed is cut, damaged or a
    bomb, or if text holds NUL bytes, which no other engine takes."""
    packed = compression_of(path) != "none"
    chunks = _chunks(path, label)
    text = None
    for chunk in bounded(chunks, path.stat().st_size, label) if packed else chunks:
        text = not chunk.startswith(_NOT_IN_BYTES) if text is None else text
        if text and b"\0" in chunk:
            raise IngestError(
                f"{label} holds NUL bytes, so it is not text. Export it again in UTF-8."
            )
        if not (text or packed):
            return


def bounded(chunks: Iterable[bytes], packed: int, label: str) -> Iterator[bytes]:
    """What `packed` bytes unpack to, chunk by chunk; an error as soon as it is a bomb."""
    most = max(HARMLESS_BYTES, MOST_EXPANSION * packed)
    unpacked = 0
    for chunk in chunks:
        unpacked += len(chunk)
        if unpacked > most:
            raise IngestError(
                f"{label} unpacks to more than {MOST_EXPANSION} times its size, as no bill does."
                " Unpack it yourself if you trust it, and ingest the plain file."
            )
        yield chunk


def check_depth(path: Path, label: str) -> None:
    """Read a JSON file to its end; an error if something in it is nested too deep, or is NUL."""
    depth = inside = 0
    carried = before = b""
    for chunk in _chunks(path, label):
        data = carried + chunk
        # A backslash at the end of the chunk belongs to what follows.
        odd = (len(data) - len(data.rstrip(b"\\"))) % 2
        carried = data[len(data) - odd :]
        data = data[: len(data) - odd].replace(b"\\\\", b"").replace(b'\\"', b"")
        seen = before + data
        if _NUL in seen:
            raise IngestError(
                f"{label} holds NUL characters (\\u0000), as no text of a bill does."
                " Export it again."
            )
        before = seen[1 - len(_NUL) :]
        # Between quotes, every other part is text.
        parts = data.split(b'"')
        brackets = b"".join(parts[inside::2]).translate(None, _NO_BRACKETS)
        inside = (inside + len(parts) - 1) % 2
        steps = np.where(np.isin(np.frombuffer(brackets, np.uint8), _OPENING), 1, -1)
        depths = depth + np.cumsum(steps)
        if len(depths) and depths.max() > MOST_DEPTH:
            raise IngestError(
                f"{label} holds JSON that is nested more than {MOST_DEPTH} deep, as no bill is."
                " Export it again."
            )
        depth = int(depths[-1]) if len(depths) else depth


def mixes_line_ends(path: Path, label: str) -> bool:
    """Whether the lines of a CSV file end in more than one way: in CRLF, in LF, in CR.

    Breaks inside quotes do not count.
    """
    ways: set[bytes] = set()
    inside = 0
    carried = b""
    for chunk in _chunks(path, label):
        data = carried + chunk
        # Whether a carriage return at the end of the chunk is half of a CRLF, the next one says.
        carried = data[-1:] if data.endswith(b"\r") else b""
        parts = data[: len(data) - len(carried)].split(b'"')
        outside = b'"'.join(parts[inside::2])
        inside = (inside + len(parts) - 1) % 2
        ways.update(re.findall(rb"\r\n|\r|\n", outside))
        if len(ways) > 1:
            return True
    return False


def _chunks(path: Path, label: str) -> Iterator[bytes]:
    compression = compression_of(path)
    try:
        with ExitStack() as stack:
            if compression == "zstd":
                packed = stack.enter_context(pa.OSFile(str(path)))
                stream = stack.enter_context(pa.CompressedInputStream(packed, "zstd"))
            elif compression == "gzip":
                stream = stack.enter_context(gzip.open(path))
            else:
                stream = stack.enter_context(path.open("rb"))
            while chunk := stream.read(_CHUNK):
                yield chunk
    except (EOFError, OSError, zlib.error, pa.ArrowException) as error:
        raise IngestError(
            f"{label} is a damaged or cut off {compression} file ({error}). Download it again."
        ) from error
