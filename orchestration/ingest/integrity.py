"""Whether a compressed file is whole, checked before DuckDB reads it.

DuckDB takes the end of a cut gzip stream for the end of the file, so a cut at a row's end would
land part of a bill; and some damaged streams crash it.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pyarrow as pa

from orchestration.ingest.errors import IngestError

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 20


def compression_of(path: Path) -> str:
    """How a file is compressed, by its first bytes: gzip, zstd or none."""
    with path.open("rb") as stream:
        magic = stream.read(4)
    return "gzip" if magic[:2] == GZIP else "zstd" if magic == ZSTD else "none"


def check_whole(path: Path, label: str) -> None:
    """Decompress a file to its end, in bounded memory; an error if it is cut off or damaged."""
    compression = compression_of(path)
    try:
        if compression == "gzip":
            with gzip.open(path) as stream:
                while stream.read(_CHUNK):
                    pass
        elif compression == "zstd":
            with pa.OSFile(str(path)) as file, pa.CompressedInputStream(file, "zstd") as frames:
                while frames.read(_CHUNK):
                    pass
    except (EOFError, OSError, zlib.error, pa.ArrowException) as error:
        raise IngestError(
            f"{label} is a damaged or cut off {compression} file ({error}). Download it again."
        ) from error
