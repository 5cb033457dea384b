"""Frames as rows of a table's types: money as decimals, times in UTC, missing values as null."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd
import pyarrow as pa

# Half of the last of twelve decimals is the most that a value may move on its way in.
_PLACES = Decimal("1e-12")


class RowError(ValueError):
    """A frame does not fit its table; the message names the column and the row."""


def arrow_table(types: Mapping[str, str], frame: pd.DataFrame) -> pa.Table:
    """The frame in the columns and types of a table, `types` as information_schema spells them."""
    wanted, given = set(types), set(map(str, frame.columns))
    if wanted != given:
        missing, unknown = sorted(wanted - given), sorted(given - wanted)
        raise RowError(
            f"columns missing: {', '.join(missing) or 'none'}; not in the table: "
            f"{', '.join(unknown) or 'none'}. Give exactly the table's columns."
        )
    arrays = []
    for name, sql_type in types.items():
        arrow_type, convert = _conversion(sql_type)
        values = [_value(convert, value, name, row) for row, value in enumerate(frame[name])]
        arrays.append(pa.array(values, arrow_type))
    return pa.Table.from_arrays(arrays, names=list(types))


def _value(convert: Callable[[Any], Any], value: Any, column: str, row: int) -> Any:
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    try:
        return convert(value)
    except (TypeError, ValueError, InvalidOperation) as error:
        raise RowError(f"column {column}, row {row}: {value!r} does not fit: {error}") from error


def _conversion(sql_type: str) -> tuple[pa.DataType, Callable[[Any], Any]]:
    kind = sql_type.lower()
    if kind.startswith(("decimal", "numeric")):
        return pa.decimal128(38, 12), _decimal
    if kind.startswith("timestamp"):
        return pa.timestamp("us"), _timestamp
    simple: dict[str, tuple[pa.DataType, Callable[[Any], Any]]] = {
        "double": (pa.float64(), float),
        "double precision": (pa.float64(), float),
        "integer": (pa.int32(), int),
        "bigint": (pa.int64(), int),
        "boolean": (pa.bool_(), bool),
        "date": (pa.date32(), _date),
    }
    return simple.get(kind, (pa.string(), _text))


def _decimal(value: Any) -> Decimal:
    # str() of a float is its shortest exact spelling; estimates come as floats, bills never do.
    return (value if isinstance(value, Decimal) else Decimal(str(value))).quantize(_PLACES)


def _timestamp(value: Any) -> datetime:
    moment = pd.Timestamp(value)
    if moment.tzinfo is not None:
        moment = moment.tz_convert(UTC).tz_localize(None)
    return moment.to_pydatetime(warn=False)


def _date(value: Any) -> date:
    return pd.Timestamp(value).date()


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
