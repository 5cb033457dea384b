"""Exact amounts and stable identifiers, vectorised.

Money and quantities are integers until they are written: amounts in units of 1e-10, so that
sums in `truth.json` are exact and no float decides a cent.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

SCALE = 10
ONE: int = 10**SCALE
"""One unit of currency in the integers used here."""


def units(text: str) -> int:
    """The integer of a decimal text; refuses more digits than `SCALE`."""
    value = Decimal(text).scaleb(SCALE)
    if value != value.to_integral_value():
        raise ValueError(f"{text} has more than {SCALE} decimals; shorten the price")
    return int(value)


def text(value: int) -> str:
    """A plain decimal text of an integer amount, without trailing zeros."""
    plain = format(Decimal(value).scaleb(-SCALE), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def decimals(values: Ints, scale: int = SCALE) -> pa.Array:
    """Arrow decimals of integers with `scale` digits after the point, without copying per row."""
    words = np.empty((len(values), 2), dtype=np.int64)
    words[:, 0] = values
    words[:, 1] = values >> 63
    return pa.Array.from_buffers(pa.decimal128(38, scale), len(values), [None, pa.py_buffer(words)])


def texts(values: Ints, scale: int = SCALE) -> pa.Array:
    """Decimal texts; small ones come out in scientific notation, as in real bills."""
    long = pc.cast(decimals(values, scale), pa.string())
    trimmed = pc.utf8_rtrim(pc.utf8_rtrim(long, characters="0"), characters=".")
    scientific = pc.match_substring(long, "E")
    out = pc.if_else(scientific, long, trimmed)
    return pc.if_else(pa.array(values == 0), pa.scalar("0"), out)


def plain_texts(values: Ints, scale: int = SCALE) -> pa.Array:
    """Decimal texts without an exponent, for formats that never write one."""
    sign = pc.if_else(pa.array(values < 0), "-", "")
    size = np.abs(values)
    whole = pc.cast(pa.array(size // 10**scale), pa.string())
    part = pc.utf8_lpad(pc.cast(pa.array(size % 10**scale), pa.string()), scale, "0")
    joined = pc.binary_join_element_wise(sign, whole, ".", part, "")
    return pc.utf8_rtrim(pc.utf8_rtrim(joined, characters="0"), characters=".")


def masked(column: pa.ChunkedArray | pa.Array) -> tuple[Ints, pa.Array]:
    """Integers of a nullable column (zero where null) and which of them are values."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return whole.fill_null(0).to_numpy(zero_copy_only=False), pc.is_valid(whole)


def column_texts(column: pa.ChunkedArray) -> pa.Array:
    """`texts` of a nullable integer column."""
    values, valid = masked(column)
    return pc.if_else(valid, texts(values), pa.scalar(None, pa.string()))


def column_floats(column: pa.ChunkedArray) -> pa.Array:
    """The nearest doubles of a nullable integer column, for exports that keep money so."""
    values, valid = masked(column)
    return pc.if_else(valid, pa.array(values / float(ONE)), pa.scalar(None, pa.float64()))


_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", dtype=np.uint8)


def mix(*parts: Ints | int) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of integer columns (splitmix64), equal on every run."""
    state = np.uint64(0x9E3779B97F4A7C15)
    out: npt.NDArray[np.uint64] = np.zeros(1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            out = out + np.asarray(part, dtype=np.int64).astype(np.uint64) + state
            out = (out ^ (out >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            out = (out ^ (out >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            out = out ^ (out >> np.uint64(31))
    return out


def line_ids(hashes: npt.NDArray[np.uint64]) -> pa.Array:
    """Line item ids of thirteen base-32 letters from 64-bit hashes."""
    shifts = np.arange(0, 65, 5, dtype=np.uint64)
    letters = _ALPHABET[((hashes[:, None] >> shifts) & np.uint64(31)).astype(np.int64)]
    width = letters.shape[1]
    offsets = np.arange(0, (len(hashes) + 1) * width, width, dtype=np.int32)
    data = np.ascontiguousarray(letters)
    return pa.Array.from_buffers(
        pa.string(), len(hashes), [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    )


def hex_id(*parts: object, length: int = 17) -> str:
    """A stable hexadecimal id of a name."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:length]


def guid(*parts: object) -> str:
    """A stable id in the shape of a GUID."""
    h = hex_id(*parts, length=32)
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-9{h[17:20]}-{h[20:]}"
