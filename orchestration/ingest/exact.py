"""SQL that adds up numbers exactly from their text, with whole-number arithmetic.

It shares nothing with the conversion to decimals, so that the one can check the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

# How a sum is counted: whole units, 1e-12ths, and what the contract's twelve decimals cut off.
_UNITS = (Decimal(1), Decimal("1e-12"), Decimal("1e-28"))
WIDTH = 6
"""Result columns per amount: the three parts of the sum; how many values there are, how many of
them are longer than twelve decimals, and how many are not zero."""


def exact_sums(relation: str, keep: Sequence[str], amounts: Sequence[str]) -> tuple[str, list[str]]:
    """A relation with the amounts split into whole numbers, and the aggregates over it.

    `keep` are other columns of the relation that are passed on; `amounts` hold numbers as text.
    """
    if not amounts:
        return relation, []
    kept = [*keep]
    split, parts, sums = [*kept], [*kept], []
    for a in amounts:
        split += [
            f"exact_sign({a}) AS {a}_s",
            f"exact_exponent({a}) AS {a}_e",
            f"exact_whole({a}) AS {a}_w",
            f"exact_fraction({a}) AS {a}_f",
        ]
        parts += [
            f"{a}_s",
            f"exact_units({a}_w, {a}_f, {a}_e) AS {a}_u",
            f"exact_decimals({a}_w, {a}_f, {a}_e) AS {a}_d",
        ]
        sums += [
            f"sum({a}_s * {a}_u)",
            f"sum({a}_s * exact_kept({a}_d))",
            f"sum({a}_s * exact_cut({a}_d))",
            f"count({a}_d)",
            f"count(*) FILTER (WHERE exact_cut({a}_d) <> 0)",
            f"count(*) FILTER (WHERE {a}_u <> 0 OR rtrim({a}_d, '0') <> '')",
        ]
    inner = f"(SELECT {', '.join(split)} FROM {relation})"
    return f"(SELECT {', '.join(parts)} FROM {inner})", sums


def exact_value(parts: Sequence[int | None]) -> Decimal:
    """The sum that three whole numbers stand for."""
    with localcontext() as context:
        context.prec = 80
        pairs = zip(parts, _UNITS, strict=True)
        return sum((int(part or 0) * unit for part, unit in pairs), start=Decimal(0))
