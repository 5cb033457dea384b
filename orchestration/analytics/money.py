"""The border between money (Decimal) and mathematics (float)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext

#: All stored amounts have twelve decimals, as the warehouse's numeric(38,12).
UNIT = Decimal("0.000000000001")

#: Currencies without a minor unit (ISO 4217).
WHOLE = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
    "XAF", "XOF", "XPF",
)  # fmt: skip
#: About how many units are a dollar, to the nearest power of ten, where that is not one: enough to
#: know what nobody would miss, which no rate of the day changes.
_MAGNITUDE = {
    10: "AED BOB BRL BWP CNY CZK DKK GTQ HKD HNL ILS MAD MDL MOP MXN MYR NOK PEN PLN QAR RON SAR "
    "SEK TTD ZAR ZMW",
    100: "AFN BDT BTN DJF DOP DZD EGP ETB HUF INR ISK JMD JPY KES KGS LKR MKD MZN NIO NPR PHP PKR "
    "RSD RUB THB TRY TWD UAH UYU VUV XPF YER",
    1_000: "AMD ARS BIF CLP CRC IQD KMF KRW KZT MMK MWK NGN RWF TZS XAF XOF",
    10_000: "COP GNF IDR KHR LAK MGA MNT PYG SLL UGX UZS VND",
    100_000: "IRR LBP",
}
_A_DOLLAR = {name: units for units, names in _MAGNITUDE.items() for name in names.split()}
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def to_money(value: float | Decimal | int) -> Decimal:
    """An amount with twelve decimals; a float goes through its shortest text."""
    amount = value if isinstance(value, Decimal) else Decimal(str(value))
    with localcontext() as context:
        context.prec = 60
        return amount.quantize(UNIT, rounding=ROUND_HALF_EVEN)


def about_a_dollar(currency: str) -> int:
    """Some units of a currency that are worth about a dollar (within a factor of three or so); 1
    of one that is not known, as a vendor's own credits.
    """
    return _A_DOLLAR.get(currency, 1)


def display(amount: Decimal, currency: str, *, sign: bool = False) -> str:
    """An amount for people: its currency's decimals, thousands separated, with the currency."""
    text = f"{abs(amount):,.{0 if currency in WHOLE else 2}f}"
    mark = "-" if amount < 0 else ("+" if sign else "")
    symbol = SYMBOLS.get(currency)
    return f"{mark}{symbol}{text}" if symbol else f"{mark}{text} {currency}"


def apportion(parts: Sequence[Decimal], total: Decimal, unit: Decimal = UNIT) -> list[Decimal]:
    """Round `parts` to whole units so that they sum to `total`, by largest remainder.

    The parts must sum to `total` but for its own rounding; else ValueError.
    """
    with localcontext() as context:
        context.prec = 60
        down = [part.quantize(unit, rounding=ROUND_FLOOR) for part in parts]
        short = (total - sum(down, Decimal(0))) / unit
        if short != int(short) or not 0 <= short <= len(down):
            raise ValueError(f"{len(down)} parts do not sum to {total}: split the same amount")
        order = sorted(range(len(down)), key=lambda i: (down[i] - parts[i], i))
        for place in order[: int(short)]:
            down[place] += unit
        return down
