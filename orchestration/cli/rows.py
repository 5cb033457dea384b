"""Rows of data as commands write them: for a screen, for spreadsheets, for programs.

Belongs here: one value as text. Data is anybody's text: on a screen it is shown, never obeyed.
"""

from __future__ import annotations

import csv
import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

from rich.text import Text

# What terminals obey: control characters but tab and line feed, and marks that turn text around.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class RowFormat(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def write_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]], to: RowFormat) -> None:
    """All rows to stdout, as CSV or as JSON."""
    if to is RowFormat.JSON:
        records = [dict(zip(columns, map(plain, row), strict=True)) for row in rows]
        json.dump(records, sys.stdout, default=str, indent=2, allow_nan=False)
        sys.stdout.write("\n")
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(
            [_decimals(value) if isinstance(value, Decimal) else value for value in row]
        )


def plain(value: Any) -> Any:
    """A value as JSON can hold it: decimals as text without an exponent, what is no number null."""
    if isinstance(value, Decimal):
        return _decimals(value) if value.is_finite() else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def shown(value: Any, style: str = "") -> Text:
    """A value for a table's cell: neither markup nor emoji, and nothing that a terminal obeys."""
    if value is None:
        text = ""
    elif isinstance(value, Decimal):
        text = _decimals(value)
    elif isinstance(value, Mapping | list | tuple):
        text = json.dumps(plain(value), ensure_ascii=False, default=str)
    else:
        text = str(value)
    return Text(harmless(text), style)


def harmless(text: str) -> str:
    """Text in which what a terminal would obey is written out."""
    return _OBEYED.sub(_escaped, text)


def _decimals(value: Decimal) -> str:
    return f"{value:f}"


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
