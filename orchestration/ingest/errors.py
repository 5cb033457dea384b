"""The one error that ingest raises for input it cannot land, and how to say DuckDB's reason."""

from __future__ import annotations

import re

_LONGEST = 200


class IngestError(ValueError):
    """Bad input: the message names the file, the row or column where known, and the remedy."""


def reason(error: Exception) -> str:
    """DuckDB's reason in a few words: the line of a CSV, else its first sentence without paths."""
    message = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", message)
    columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    if line and columns:
        return f"line {line[1]}: {columns[2]} columns instead of {columns[1]}"
    if line and "unterminated quote" in message.lower():
        return f"line {line[1]}: a quoted value is never closed"
    if line and "maximum line size" in message.lower():
        return f"line {line[1]}: longer than any line of a bill"
    if line and "invalid unicode" in message.lower():
        return f"line {line[1]}: not text in UTF-8"
    if line:
        return f"line {line[1]}: {message.splitlines()[-1].strip()[:_LONGEST]}"
    first = re.sub(r"\s*(?:in|of)? ?file ['\"][^'\"]*['\"]", "", message.strip().splitlines()[0])
    return first[:_LONGEST]
