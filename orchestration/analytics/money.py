"""The border between money (Decimal) and mathematics (float)."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

#: All stored amounts have twelve decimals, as the warehouse's numeric(38,12).
UNIT = Decimal("0.000000000001")

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def to_money(value: float | Decimal | int) -> Decimal:
    """An amount with twelve decimals; a float goes through its shortest text."""
    amount = value if isinstance(value, Decimal) else Decimal(str(value))
    with localcontext() as context:
        context.prec = 60
        return amount.quantize(UNIT, rounding=ROUND_HALF_EVEN)


def display(amount: Decimal, currency: str, *, sign: bool = False) -> str:
    """An amount for people: two decimals, thousands separated, with its currency."""
    text = f"{abs(amount):,.2f}"
    mark = "-" if amount < 0 else ("+" if sign else "")
    symbol = SYMBOLS.get(currency)
    return f"{mark}{symbol}{text}" if symbol else f"{mark}{text} {currency}"
