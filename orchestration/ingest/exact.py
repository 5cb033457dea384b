"""SQL that adds up numbers exactly from their text, with whole-number arithmetic.

It shares nothing with the conversion to decimals, so that the one can check the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

# How a sum is counted: in 1e-12ths, and in 1e-28ths what the contract's twelve decimals cut off.
_UNITS = (Decimal("1e-12"), Decimal("1e-28"))
WIDTH = 5
"""Result columns per amount: the two parts of the sum; how many values there are, how many of
them are longer than twelve decimals, and how many are not zero."""


def exact_sums(relation: str, keep: Sequence[str], amounts: Sequence[str]) -> tuple[str, list[str]]:
    """A relation with the amounts split into whole numbers, and the aggregates over it.

    `keep` are other columns of the relation that are passed on; `amounts` hold numbers as text.
    """
    sums: list[str] = []
    for a in amounts:
        sums += [
            f"sum({a}_k)",
            f"sum({a}_c)",
            f"count({a}_k)",
            f"count(*) FILTER (WHERE {a}_c <> 0)",
            f"count(*) FILTER (WHERE {a}_k <> 0 OR {a}_c <> 0)",
        ]
    steps: tuple[tuple[str, ...], ...] = (
        ("exact_mantissa({a}) AS {a}_m", "exact_exponent({a}) AS {a}_e"),
        ("exact_digits({a}_m) AS {a}_d", "exact_scale({a}_m, {a}_e) AS {a}_s"),
        ("exact_kept({a}_d, {a}_s) AS {a}_k", "exact_cut({a}_d, {a}_s) AS {a}_c"),
    )
    # One after the other, since macros write their argument out wherever they use it.
    for step in steps if amounts else ():
        columns = [*keep, *(sql.format(a=a) for a in amounts for sql in step)]
        relation = f"(SELECT {', '.join(columns)} FROM {relation})"
    return relation, sums


def exact_value(parts: Sequence[int | None]) -> Decimal:
    """The sum that two whole numbers stand for."""
    with localcontext() as context:
        context.prec = 80
        pairs = zip(parts, _UNITS, strict=True)
        return sum((int(part or 0) * unit for part, unit in pairs), start=Decimal(0))
