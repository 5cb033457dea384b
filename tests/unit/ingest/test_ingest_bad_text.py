"""Files whose text can be read in two ways: refused, since the readers of a bill would differ."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
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


@pytest.mark.parametrize(
    "ends",
    [
        (b"\r\n", b"\n", b"\n"),
        (b"\n", b"\n", b"\r\n"),
        (b"\r\n", b"\r\n", b"\n"),
        (b"\r\n", b"\r", b"\r"),
        (b"\n", b"\r", b"\n"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_lines_that_end_in_two_ways_are_named(
    ends: tuple[bytes, ...], packed: bool, cur: Cur, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "_CHUNK", 7)
    path = cur("bill.csv", *[("2025-09", "1")] * 3)
    header, *rows, last = path.read_bytes().splitlines()
    content = header + ends[0] + b"".join(row + ends[1] for row in rows) + last + ends[2]
    path.write_bytes(gzip.compress(content) if packed else content)
    assert "bill.csv: its lines end in more than one way" in _refused(path, "aws_cur2", lake)


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


GOOGLE = {"billing_account_id": "a", "sku": {"id": "s"}, "cost": 1, "currency": "EUR"}
GOOGLE |= {"usage_start_time": "2025-09-01"}


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ('"invoice": {"month": "202509", "month": "202510"}',
         "row 1: the key 'invoice_month' is there twice"),
        ('"invoice": {"month": "202509"}, "invoice": {"month": "202510"}',
         "row 1: the key 'invoice_month' is there twice"),
        ('"invoice": {"month": "202509"}, "credits": [{"amount": -0.1, "amount": -0.5}]',
         "is not a list in which each entry has one amount"),
    ],
    ids=["month", "record of the month", "credit"],
)  # fmt: skip
def test_what_a_nested_record_gives_twice_is_refused(
    rest: str, said: str, tmp_path: Path, lake: Path
) -> None:
    path = tmp_path / "bill.json"
    path.write_text(f"{json.dumps(GOOGLE)[:-1]}, {rest}}}")
    assert said in _refused(path, "gcp_standard", lake)


def test_a_tag_that_a_row_gives_twice_is_no_reason_to_refuse_it(tmp_path: Path, lake: Path) -> None:
    path = tmp_path / "bill.json"
    path.write_text(json.dumps(FOCUS)[:-1] + ', "Tags": {"env": "a", "env": "b"}}')
    assert land([path], "focus", "x", lake)[0].rows == 1


@pytest.mark.parametrize("second", ["BilledCost", "billedcost"])
def test_a_parquet_column_that_is_there_twice_is_refused(
    second: str, tmp_path: Path, lake: Path
) -> None:
    names, values = [*FOCUS, "Tags", second], [*FOCUS.values(), [("env", "a")], 99]
    kinds = {"Tags": pa.map_(pa.string(), pa.string())}
    columns = [pa.array([v], kinds.get(n)) for n, v in zip(names, values, strict=True)]
    path = tmp_path / "bill.parquet"
    pq.write_table(pa.Table.from_arrays(columns, names), path)
    message = _refused(path, "focus", lake)
    assert f"headers 'BilledCost' and '{second}' could each be billed_cost" in message


def _zipped(content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("inside.csv", content)
    return archive.getvalue()


@pytest.mark.parametrize("packed", [bytes, gzip.compress, _zipped])
def test_nul_bytes_are_refused_wherever_they_are(
    packed: Callable[[bytes], bytes], cur: Cur, lake: Path
) -> None:
    path = cur("bill.csv", *[("2025-09", "1")] * 3000)
    path.write_bytes(packed(path.read_bytes().removesuffix(b"Usage,1\n") + b"Us\0age,1\n"))
    assert "bill.csv holds NUL bytes" in _refused(path, "aws_cur2", lake)


@pytest.mark.parametrize("chunk", [3, 1 << 20])
def test_nul_characters_of_json_are_refused(
    chunk: int, tmp_path: Path, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bill.json"
    path.write_text(json.dumps(FOCUS | {"ServiceName": "a\\u0000"}))
    assert land([path], "focus", "x", lake)[0].rows == 1
    monkeypatch.setattr(integrity, "_CHUNK", chunk)
    path.write_text(json.dumps(FOCUS | {"ServiceName": "a\0"}))
    with pytest.raises(IngestError, match=r"bill.json holds NUL characters"):
        land([path], "focus", "y", lake)


def test_text_in_another_encoding_far_into_a_file_is_named(cur: Cur, lake: Path) -> None:
    path = cur("bill.csv", *[("2025-09", "1")] * 3000)
    path.write_bytes(path.read_bytes() + "1,2025-09-01,2025-09-03,USD,Gebühr,1\n".encode("latin-1"))
    assert "line 3002: not text in UTF-8" in _refused(path, "aws_cur2", lake)


def test_amounts_too_large_to_add_up_are_refused_in_words(tmp_path: Path) -> None:
    bill = tmp_path / "b.json"
    bill.write_text(json.dumps([FOCUS | {"BilledCost": "9e25"}] * 2))
    assert "b.json: its amounts add up to more" in _refused(bill, "focus", tmp_path / "lake")
