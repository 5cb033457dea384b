"""Properties that hold for any amounts: sums are conserved, exact and independent of the engine."""

from __future__ import annotations

import csv
import tempfile
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.ingest.engine import connect
from orchestration.ingest.exact import exact_sums, exact_value
from orchestration.ingest.landing import land
from orchestration.ingest.verification import verify

HEADER = ["BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodStart"]
HEADER += ["ChargeCategory", "ChargePeriodStart"]
from_few_to_many_digits = st.integers(min_value=-(10**24), max_value=10**24)


@st.composite
def number_texts(draw: st.DrawFn) -> str:
    """Numbers as bills write them: plain, with many decimals, in scientific notation."""
    digits = draw(from_few_to_many_digits)
    scale = draw(st.integers(min_value=0, max_value=28))
    value = Decimal(digits).scaleb(-scale)
    if draw(st.booleans()):  # few digits in scientific notation, as bills mostly have them
        return f"{draw(st.integers(-99999, 99999))}E{draw(st.integers(-14, 9))}"
    style = draw(st.sampled_from(["f", "E", "e", "+f"]))
    if style == "+f" and value >= 0:
        return f"+{value:f}"
    return f"{value:E}" if style == "E" else f"{value:e}" if style == "e" else f"{value:f}"


def rounded(text: str) -> Decimal:
    with localcontext() as context:
        context.prec = 80
        return Decimal(text).quantize(Decimal("1e-12"), ROUND_HALF_UP)


@given(st.lists(number_texts(), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_exact_sum_of_texts_is_pythons_exact_sum(texts: list[str]) -> None:
    values = ", ".join(f"('{text}')" for text in texts)
    relation, sums = exact_sums(f"(VALUES {values}) AS t(m)", [], ["m"])
    with tempfile.TemporaryDirectory() as spill, connect(Path(spill)) as db:
        row = db.execute(f"SELECT {', '.join(sums)} FROM {relation}").fetchone()
    assert row is not None
    with localcontext() as context:
        context.prec = 80
        assert exact_value(row[:2]) == sum((Decimal(text) for text in texts), start=Decimal(0))
        longer = [t for t in texts if Decimal(t) != Decimal(t).quantize(Decimal("1e-12"))]
    assert row[2:] == (len(texts), len(longer), sum(1 for text in texts if Decimal(text)))


@given(st.lists(number_texts(), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_text_becomes_the_decimal_that_python_rounds_to(texts: list[str]) -> None:
    values = ", ".join(f"('{text}')" for text in texts)
    with tempfile.TemporaryDirectory() as spill, connect(Path(spill)) as db:
        rows = db.execute(f"SELECT to_decimal(t) FROM (VALUES {values}) AS v(t)").fetchall()
    assert [row[0] for row in rows] == [rounded(text) for text in texts]


def test_short_scientific_numbers_that_need_rounding_are_rounded() -> None:
    texts = [".1234E-9", ".1235E-9", "1.234E-9", "-1.23e-09", "5.0E-14", "9999E-9", "1E9", "5E-13"]
    values = ", ".join(f"('{text}')" for text in texts)
    with tempfile.TemporaryDirectory() as spill, connect(Path(spill)) as db:
        rows = db.execute(f"SELECT to_decimal(t) FROM (VALUES {values}) AS v(t)").fetchall()
    assert [row[0] for row in rows] == [rounded(text) for text in texts]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["2025-09", "2025-10"]), st.sampled_from(["USD", "EUR"]), number_texts()
        ),
        min_size=1,
        max_size=40,
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_landing_conserves_rows_and_sums(charges: list[tuple[str, str, str]]) -> None:
    expected: dict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    with localcontext() as context:
        context.prec = 80
        for month, currency, cost in charges:
            expected[month, currency] += rounded(cost)
    with tempfile.TemporaryDirectory() as folder:
        bill = Path(folder) / "bill.csv"
        with bill.open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(HEADER)
            for month, currency, cost in charges:
                writer.writerow([cost, "1", currency, f"{month}-01", "Usage", f"{month}-02"])
        lake = Path(folder) / "lake"
        results = land([bill], "focus", "default", lake)
        found = {
            (result.billing_period, total.currency): total.amount
            for result in results
            for total in result.control_totals
        }
        assert found == expected
        assert sum(result.rows for result in results) == len(charges)
        assert all(check.ok for check in verify(lake))
