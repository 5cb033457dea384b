"""Text files that appear whole or not at all."""

from __future__ import annotations

import secrets
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write UTF-8 text so that a reader finds the old file or the new one; OSError if it cannot."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    # `x` follows no link that somebody has laid here.
    with unfinished.open("x", encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
