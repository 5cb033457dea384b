"""Ratios and products of amounts: the exact digits on DuckDB, whatever their size."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import duckdb
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from orchestration.settings import PROJECT_ROOT

MACROS = PROJECT_ROOT / "dbt_project" / "macros" / "cross_db"
LAST_DIGIT = Decimal("1e-12")
#: What `numeric(38, 12)` has room for.
LARGEST = Decimal("99999999999999999999999999.999999999999")


def macros() -> Any:
    names = ("money", "exact_ratio", "exact_product")
    text = "\n".join((MACROS / f"{name}.sql").read_text() for name in names)
    return Environment(autoescape=False).from_string(text).module  # noqa: S701 (SQL, not HTML)


RATIO = macros().duckdb__exact_ratio("n", "d")
PRODUCT = macros().duckdb__exact_product("n", "d")


def asked(expression: str, n: Decimal, d: Decimal) -> Decimal | None:
    with duckdb.connect() as db:
        values = f"select cast('{n}' as decimal(38, 12)) as n, cast('{d}' as decimal(38, 12)) as d"
        found = db.execute(f"select {expression} from ({values})").fetchone()
    assert found is not None
    result: Decimal | None = found[0]
    return result


def amounts(places: int) -> st.SearchStrategy[Decimal]:
    """Of every size up to so many digits before the point, with up to twelve after it."""
    digits = st.integers(0, places + 12).flatmap(lambda n: st.integers(-(10**n), 10**n))
    return digits.map(lambda whole: whole * LAST_DIGIT)


@settings(max_examples=150, deadline=None)
@given(amounts(26), amounts(20))
@example(Decimal(5_000_000_000_000_000), Decimal(3))
@example(Decimal("99999999999999.999999999999"), Decimal("0.000000000003"))
@example(Decimal(1000), Decimal(1))
@example(Decimal(-1), Decimal(3))
def test_ratio_is_cut_after_twelve_decimals_at_any_size(n: Decimal, d: Decimal) -> None:
    with localcontext(prec=90):
        if d == 0:
            assert asked(RATIO, n, d) is None
        elif abs(n / d) < LARGEST:
            assert asked(RATIO, n, d) == (n / d).quantize(LAST_DIGIT, ROUND_DOWN)


@settings(max_examples=150, deadline=None)
@given(amounts(20), amounts(20))
@example(Decimal(5_000_000_000_000_000), Decimal(1))
@example(Decimal("0.5"), Decimal("5000000000000001"))
@example(Decimal("-5000000000000000.123456789012"), Decimal("3.987654321098"))
def test_product_is_rounded_to_twelve_decimals_at_any_size(n: Decimal, d: Decimal) -> None:
    with localcontext(prec=90):
        if abs(n * d) < LARGEST:
            assert asked(PRODUCT, n, d) == (n * d).quantize(LAST_DIGIT, ROUND_HALF_UP)
