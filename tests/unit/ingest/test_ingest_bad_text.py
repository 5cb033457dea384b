"""Files whose text can be read in two ways: refused, since the readers of a bill would differ."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.ingest import integrity
from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import land

Cur = Callable[..., Path]
FOCUS = {"BilledCost": 1, "BillingAccountId": "a", "BillingCurrency": "EUR"}
FOCUS |= {"BillingPeriodStart": "2025-09-01", "ChargePeriodStart": "2025-09-03"}
FOCUS |= {"ChargeCategory": "Usage"}


def _refused(path: Path, feed: str, lake: Path) -> str:
    with pytest.raises(IngestError) as error:
        land([path], feed, "x", lake)
    assert not list(lake.glob(f"{feed}/**/*.parquet"))
    return str(error.value)


@pytest.mark.parametrize("windows", ["first", "last", "all but the last"])
@pytest.mark.parametrize("packed", [False, True])
def test_lines_that_end_in_two_ways_are_named(
    windows: str, packed: bool, cur: Cur, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "_CHUNK", 7)
    path = cur("bill.csv", *[("2025-09", "1")] * 3)
    first, *lines, last = path.read_bytes().splitlines()
    ends = {"first": (1, 0, 0), "last": (0, 0, 1), "all but the last": (1, 1, 0)}[windows]
    text = [(first, ends[0]), *((line, ends[1]) for line in lines), (last, ends[2])]
    content = b"".join(line + (b"\r\n" if end else b"\n") for line, end in text)
    path.write_bytes(gzip.compress(content) if packed else content)
    assert "bill.csv: some of its lines end as on Windows" in _refused(path, "aws_cur2", lake)


def test_other_damage_is_not_blamed_on_breaks_inside_a_value(cur: Cur, lake: Path) -> None:
    path = cur("bill.csv", ("2025-09", "1"))
    path.write_bytes(path.read_bytes() + b'1,2025-09-01,2025-09-03,USD,"a\r\nb",1\n"never')
    assert "a quoted value is never closed" in _refused(path, "aws_cur2", lake)


@pytest.mark.parametrize("shape", ["lines", "list"])
def test_a_cost_that_a_row_gives_twice_is_refused(shape: str, tmp_path: Path, lake: Path) -> None:
    twice = json.dumps(FOCUS)[:-1] + ', "BilledCost": 99}'
    rows = [json.dumps(FOCUS), twice]
    path = tmp_path / "bill.json"
    path.write_text("\n".join(rows) if shape == "lines" else f"[{', '.join(rows)}]")
    assert "bill.json, row 2: the key 'BilledCost' is there twice" in _refused(path, "focus", lake)


def test_a_month_that_a_nested_record_gives_twice_is_refused(tmp_path: Path, lake: Path) -> None:
    row: dict[str, Any] = {"billing_account_id": "a", "sku": {"id": "s"}, "cost": 1}
    row |= {"usage_start_time": "2025-09-01", "currency": "EUR", "credits": []}
    path = tmp_path / "bill.json"
    path.write_text(json.dumps(row)[:-1] + ', "invoice": {"month": "202509", "month": "202510"}}')
    assert "row 1: the key 'invoice_month' is there twice" in _refused(path, "gcp_standard", lake)


def test_a_tag_that_a_row_gives_twice_is_no_reason_to_refuse_it(tmp_path: Path, lake: Path) -> None:
    path = tmp_path / "bill.json"
    path.write_text(json.dumps(FOCUS)[:-1] + ', "Tags": {"env": "a", "env": "b"}}')
    assert land([path], "focus", "x", lake)[0].rows == 1
