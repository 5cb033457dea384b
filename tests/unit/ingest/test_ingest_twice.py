"""A bill that is landed already is refused under another name, in whatever bytes it comes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import land


def test_a_bill_under_a_second_name_would_count_twice(cur: Callable[..., Path], lake: Path) -> None:
    bill = cur("bill.csv", ("2025-09", "1"))
    land([bill], "aws_cur2", "acme", lake)
    with pytest.raises(IngestError, match=r"bill.csv is landed as aws_cur2/acme 2025-09 already"):
        land([bill], "aws_cur2", "default", lake)
    with pytest.raises(IngestError, match="would count twice"):
        land([cur("more.csv", ("2025-09", "2")), bill], "aws_cur2", "default", lake)
    assert land([bill], "aws_cur2", "acme", lake)[0].status == "unchanged"
    shutil.rmtree(lake / "aws_cur2" / "acme" / "billing_period=2025-09")
    assert land([bill], "aws_cur2", "default", lake)[0].status == "landed"


def test_a_bill_in_other_bytes_under_a_second_name_would_count_twice(
    cur: Callable[..., Path], lake: Path
) -> None:
    lines = [("2025-09", f"{n}.{n:02}") for n in range(1, 13)]
    land([cur("bill.csv", *lines)], "aws_cur2", "acme", lake)
    packed = cur("packed.csv", *reversed(lines))
    with pytest.raises(IngestError, match=r"packed.csv: the same bill is landed as aws_cur2/acme"):
        land([packed], "aws_cur2", "default", lake)
    parts = [cur("one.csv", *lines[:5]), cur("two.csv", *lines[5:])]
    with pytest.raises(IngestError, match=r"from bill.csv: as many rows of the same accounts"):
        land(parts, "aws_cur2", "default", lake)
    other = cur("other.csv", *lines[:-1], ("2025-09", "12.13"))
    assert land([other], "aws_cur2", "default", lake)[0].status == "landed"


def test_two_bills_of_one_round_price_are_two_bills(cur: Callable[..., Path], lake: Path) -> None:
    land([cur("one.csv", ("2025-09", "99"))], "aws_cur2", "one", lake)
    again = cur("two.csv", ("2025-09", "99.0"))
    assert land([again], "aws_cur2", "two", lake)[0].status == "landed"
