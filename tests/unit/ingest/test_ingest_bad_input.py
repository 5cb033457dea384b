"""Bad input ends in one clear error, and what was landed before stays as it was."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.ingest.discovery import deliveries
from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import land
from orchestration.ingest.recognition import recognise

LEGACY = "aws/cur_legacy_focus_converters_anonymous.csv"
Edit = Callable[[list[list[str]], dict[str, int]], Any]


@pytest.fixture
def legacy(billing: Path) -> bytes:
    return (billing / LEGACY).read_bytes()


@pytest.fixture
def refused(
    billing: Path, lake: Path, tmp_path: Path, tree: Callable[[], dict[str, bytes]]
) -> Callable[..., str]:
    """Land the real bill, then a bad one over it: the error's text; the old partition is whole."""

    def land_over(name: str, content: bytes, feed: str = "aws_cur_legacy", **options: Any) -> str:
        land([billing / LEGACY], "aws_cur_legacy", "default", lake)
        before = tree()
        bad = tmp_path / name
        bad.write_bytes(content)
        with pytest.raises(IngestError) as caught:
            land([bad], feed, "default", lake, **options)
        assert tree() == before
        assert list((lake / "_staging").iterdir()) == []
        message = str(caught.value)
        assert "\n" not in message
        assert "_originals" not in message
        return message

    return land_over


def edited(content: bytes, edit: Edit) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode())))
    edit(rows, {header: index for index, header in enumerate(rows[0])})
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def cell(row: int, header: str, value: str) -> Edit:
    return lambda rows, columns: rows[row].__setitem__(columns[header], value)


def test_csv_cut_in_a_row(refused: Callable[..., str], legacy: bytes) -> None:
    message = refused("cut.csv", legacy[: len(legacy) // 2])
    assert "cut.csv is damaged or cut off (line 643: 74 columns instead of 94)" in message


@pytest.mark.parametrize("last", ["Tags", "RegionId", "EffectiveCost"])
def test_rows_that_all_lack_a_cost_are_not_read_under_the_next_header(
    write_csv: Callable[..., Path], lake: Path, last: str
) -> None:
    header = ["BillingAccountId", "BillingPeriodStart", "ChargePeriodStart", "ChargeCategory"]
    header += ["BillingCurrency", "BilledCost", "ListCost", last]
    row = ["1", "2025-09-01", "2025-09-02", "Usage", "USD", "10", "20"]
    path = write_csv("narrow.csv", header, [row] * 5)
    with pytest.raises(IngestError, match=r"narrow.csv: every row has 7 fields, .* names 8, .*"):
        land([path], "focus", "default", lake)
    assert not list(lake.glob("focus/*/billing_period=*"))


def test_comma_at_the_end_of_the_header_is_no_column(
    write_csv: Callable[..., Path], lake: Path
) -> None:
    path = write_csv("d.csv", ["metric_date", "metric", "quantity", ""], [["2025-09-01", "a", 1]])
    path.write_text(path.read_text() + "2025-09-01,b,2\n2025-09-01,c,3\n")
    result = land([path], "business_drivers", "default", lake)[0]
    assert (result.rows, result.control_totals[0].amount) == (3, Decimal(6))


def test_csv_cut_in_a_quoted_value(refused: Callable[..., str], legacy: bytes) -> None:
    message = refused("cut.csv", legacy[: legacy.rindex(b'"Amazon Web') + 8])
    assert "a quoted value is never closed" in message


@pytest.mark.parametrize("kept", [100, 0.5, -50, -4])
def test_gzip_cut_off_anywhere(refused: Callable[..., str], legacy: bytes, kept: float) -> None:
    packed = gzip.compress(legacy)
    end = int(kept * len(packed)) if isinstance(kept, float) else kept
    message = refused("cut.csv.gz", packed[:end])
    assert "cut.csv.gz is a damaged or cut off gzip file" in message
    assert "Download it again" in message


def test_gzip_cut_off_at_the_end_of_a_row(refused: Callable[..., str], legacy: bytes) -> None:
    lines = legacy.splitlines(keepends=True)
    whole = gzip.compress(b"".join(lines[:600]), mtime=0)
    assert "cut off" in refused("cut.csv.gz", whole[:-8])


def test_zstd_cut_off(refused: Callable[..., str], billing: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed.csv.zst"
    with duckdb.connect() as db:
        db.execute(f"COPY (FROM read_csv('{billing / LEGACY}', all_varchar = true)) TO '{packed}'")
    content = packed.read_bytes()
    assert "cut off zstd file" in refused("cut.csv.zst", content[: len(content) // 2])


def test_renamed_cost_column(refused: Callable[..., str], legacy: bytes) -> None:
    message = refused("m.csv", legacy.replace(b"lineItem/UnblendedCost", b"lineItem/Costs", 1))
    assert "m.csv: no column for line_item_unblended_cost" in message
    assert "lineItem/Costs" in message
    assert "--set line_item_unblended_cost=" in message


def test_file_of_no_known_bill(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,phone\nx,1\n")
    with pytest.raises(
        IngestError, match=r"list.csv: these headers .*name, phone.*aws_cur2.*focus"
    ):
        recognise(path)


def test_cost_that_is_not_a_number(refused: Callable[..., str], legacy: bytes) -> None:
    message = refused("n.csv", edited(legacy, cell(700, "lineItem/UnblendedCost", "n/a")))
    assert "n.csv, row 700, column 'lineItem/UnblendedCost': 'n/a' is not a number" in message


def test_printed_none_is_no_value_where_a_number_may_be_missing(
    refused: Callable[..., str], legacy: bytes, lake: Path, tmp_path: Path
) -> None:
    """A tag of that text stays one, and a cost is never taken for missing."""
    message = refused("n.csv", edited(legacy, cell(700, "lineItem/UnblendedCost", "None")))
    assert "n.csv, row 700, column 'lineItem/UnblendedCost': 'None' is not a number" in message

    def edit(rows: list[list[str]], columns: dict[str, int]) -> None:
        rows[0].append("savingsPlan/SavingsPlanRate")
        for row in rows[1:]:
            row.append("None")
        rows[1][columns["lineItem/LineItemDescription"]] = "None"

    bill = tmp_path / "printed.csv"
    bill.write_bytes(edited(legacy, edit))
    landing = land([bill], "aws_cur_legacy", "default", lake)[0]
    seen = duckdb.sql(
        "select count(savings_plan_savings_plan_rate), count(*) filter ("
        f"line_item_line_item_description = 'None') from '{landing.path}/*.parquet'"
    ).fetchone()
    assert seen == (0, 1)


@pytest.mark.parametrize(
    "value", ["1e30", "1e400", "nan", "inf", "0x1F", "1,5", "1_5", "1e-99999999999"]
)
def test_number_that_the_contract_cannot_hold(
    refused: Callable[..., str], legacy: bytes, value: str
) -> None:
    message = refused("n.csv", edited(legacy, cell(9, "lineItem/UnblendedCost", value)))
    assert f"row 9, column 'lineItem/UnblendedCost': {value!r} is not a number" in message


@pytest.mark.parametrize("column", ["UsageAmount", "UnblendedCost", "UnblendedRate"])
def test_digits_parted_by_underscores_are_no_number(
    refused: Callable[..., str], legacy: bytes, column: str
) -> None:
    message = refused("n.csv", edited(legacy, cell(9, f"lineItem/{column}", "1_000")))
    assert f"row 9, column 'lineItem/{column}': '1_000' is not a number" in message


@pytest.mark.parametrize("value", ["../x", "US", "credits"])
def test_cost_in_no_currency_of_the_world(
    refused: Callable[..., str], legacy: bytes, value: str
) -> None:
    message = refused("c.csv", edited(legacy, cell(9, "lineItem/CurrencyCode", value)))
    assert f"c.csv, row 9: column 'lineItem/CurrencyCode': {value.upper()!r} is not a" in message


@pytest.mark.parametrize("year", ["0000", "0001", "9999"])
def test_month_of_no_time_is_refused(refused: Callable[..., str], legacy: bytes, year: str) -> None:
    edit = cell(9, "bill/BillingPeriodStartDate", f"{year}-01-01T00:00:00Z")
    assert "c.csv, row 9" in refused("c.csv", edited(legacy, edit))


def test_first_of_several_bad_rows_is_named(refused: Callable[..., str], legacy: bytes) -> None:
    def edit(rows: list[list[str]], columns: dict[str, int]) -> None:
        rows[900][columns["lineItem/UnblendedCost"]] = "x"
        rows[300][columns["lineItem/UsageAmount"]] = "y"

    assert "row 300, column 'lineItem/UsageAmount'" in refused("n.csv", edited(legacy, edit))


def test_empty_cost(refused: Callable[..., str], legacy: bytes) -> None:
    message = refused("n.csv", edited(legacy, cell(700, "lineItem/UnblendedCost", "")))
    assert "n.csv, row 700: column 'lineItem/UnblendedCost' is empty" in message


def test_cost_without_currency(refused: Callable[..., str], legacy: bytes) -> None:
    def edit(rows: list[list[str]], columns: dict[str, int]) -> None:
        for row, cost in ((800, "0.5"), (801, "-0.5")):
            rows[row][columns["lineItem/UnblendedCost"]] = cost
            rows[row][columns["lineItem/CurrencyCode"]] = ""

    message = refused("n.csv", edited(legacy, edit))
    assert "n.csv, row 800: column 'lineItem/CurrencyCode' is empty" in message


def test_month_that_does_not_exist(refused: Callable[..., str], legacy: bytes) -> None:
    column = "bill/BillingPeriodStartDate"
    message = refused("n.csv", edited(legacy, cell(7, column, "2023-13-01T00:00:00Z")))
    assert f"row 7, column '{column}': '2023-13-01T00:00:00Z'" in message


def test_invoice_month_that_does_not_exist(refused: Callable[..., str], billing: Path) -> None:
    content = (billing / "gcp/detailed_export_synth_finops_agent.csv").read_bytes()
    bad = edited(content, cell(20, "invoice_month", "202613"))
    message = refused("g.csv", bad, feed="gcp_detailed")
    assert (
        "g.csv, row 20: '2026-13' is not a month of 2000 to 2099 (column 'invoice_month')"
        in message
    )


def test_row_without_a_month(refused: Callable[..., str], legacy: bytes) -> None:
    message = refused("n.csv", edited(legacy, cell(7, "bill/BillingPeriodStartDate", "")))
    assert "row 7: the row names no month" in message


@pytest.mark.parametrize("month", ["2025-13", "2025-00", "2025-1", "202501", "September"])
def test_asked_month_that_does_not_exist(
    refused: Callable[..., str], legacy: bytes, month: str
) -> None:
    assert f"{month!r} is not a month" in refused("b.csv", legacy, billing_period=month)


def test_file_of_another_provider(refused: Callable[..., str], billing: Path) -> None:
    azure = (billing / "azure/finops_toolkit_EA_ActualCost_Small.csv").read_bytes()
    message = refused("azure.csv", azure, feed="aws_cur2")
    assert "azure.csv is not a file of aws_cur2" in message
    assert "azure_actual" in message


def test_amortised_export_is_refused_as_actual_and_the_other_way(
    refused: Callable[..., str], billing: Path
) -> None:
    actual = (billing / "azure/finops_toolkit_EA_ActualCost_Small.csv").read_bytes()
    amortised = (billing / "azure/finops_toolkit_EA_AmortizedCost_Small.csv").read_bytes()
    assert "only azure_amortized has" in refused("x.csv", amortised, feed="azure_actual")
    assert "only azure_actual has" in refused("y.csv", actual, feed="azure_amortized")


def test_empty_file(refused: Callable[..., str]) -> None:
    assert "empty.csv is empty" in refused("empty.csv", b"")


def test_headers_without_rows(refused: Callable[..., str], legacy: bytes) -> None:
    assert "headers but no rows" in refused("h.csv", legacy.split(b"\n")[0] + b"\n")


def test_parquet_cut_in_half(refused: Callable[..., str], billing: Path, tmp_path: Path) -> None:
    path = tmp_path / "whole.parquet"
    with duckdb.connect() as db:
        db.execute(f"COPY (FROM '{billing / 'aws/cur2_sbroenne_sample.csv'}') TO '{path}'")
    content = path.read_bytes()
    message = refused("half.parquet", content[: len(content) // 2], feed="aws_cur2")
    assert "half.parquet is a damaged or cut off Parquet file" in message


def test_json_cut_in_half(refused: Callable[..., str], billing: Path) -> None:
    content = (billing / "gcp/test_9_3_export.json").read_bytes()
    message = refused("half.json", content[: len(content) // 2], feed="gcp_standard")
    assert "half.json is not valid JSON, or is cut off" in message


def test_an_answer_of_opencost_that_is_no_list(refused: Callable[..., str]) -> None:
    """/allocation/summary answers with sets inside an object."""
    message = refused("summary.json", b'{"code": 200, "data": {"sets": [{"allocations": {}}]}}')
    assert "summary.json holds no JSON objects" in message
    assert "what /allocation answers is read" in message


def test_text_in_another_encoding(refused: Callable[..., str], legacy: bytes) -> None:
    big_endian = codecs.BOM_UTF16_BE + legacy.decode().encode("utf-16-be")
    assert "UTF-8" in refused("u.csv", big_endian)
    assert "UTF-8" in refused("l.csv", legacy.replace(b"Canada", b"Can\xe4da"))


def test_declared_value_where_the_file_has_its_own(
    refused: Callable[..., str], legacy: bytes
) -> None:
    message = refused("b.csv", legacy, declared={"line_item_currency_code": "EUR"})
    assert "'lineItem/CurrencyCode' has values of its own in 1281 rows" in message


def test_declared_value_that_is_no_date(refused: Callable[..., str], billing: Path) -> None:
    declared = {"line_item_currency_code": "USD", "bill_billing_period_start_date": "2025-13-01"}
    content = (billing / "aws/cur2_sbroenne_sample.csv").read_bytes()
    message = refused("b.csv", content, feed="aws_cur2", declared=declared)
    assert "'2025-13-01' is not a point in time that exists" in message
    assert "--set bill_billing_period_start_date=" in message


def test_one_bad_file_of_a_delivery_publishes_none_of_it(
    cur: Callable[..., Path], lake: Path
) -> None:
    good, bad = cur("good.csv", ("2025-09", "1")), cur("bad.csv", ("2025-10", "1"))
    bad.write_text(bad.read_text().replace("2025-10-03", "2025-10-33"))
    with pytest.raises(IngestError, match=r"bad.csv, row 1"):
        land([good, bad], "aws_cur2", "default", lake)
    assert list(lake.glob("aws_cur2/*/billing_period=*")) == []


def test_manifest_that_names_a_missing_file(tmp_path: Path) -> None:
    folder = tmp_path / "20250901-20251001"
    folder.mkdir()
    (folder / "cur-Manifest.json").write_text(json.dumps({"reportKeys": ["p/cur/x/cur-1.csv.gz"]}))
    with pytest.raises(IngestError, match=r"cur-Manifest.json names p/cur/x/cur-1.csv.gz, but"):
        deliveries(folder)


@pytest.mark.parametrize("key", ["{outside}", "../../../../{name}", "a/../../{name}"])
def test_manifest_cannot_name_files_outside_its_folder(tmp_path: Path, key: str) -> None:
    outside = tmp_path / "secrets" / "private.csv"
    folder = tmp_path / "data" / "bills" / "cur" / "20250901-20251001"
    for path in (outside.parent, folder):
        path.mkdir(parents=True)
    outside.write_text("a,b\n1,2\n")
    named = key.format(outside=outside, name="secrets/private.csv")
    (folder / "cur-Manifest.json").write_text(json.dumps({"reportKeys": [named]}))
    with pytest.raises(IngestError, match=r"cur-Manifest.json names .*private.csv"):
        deliveries(folder)


def test_manifest_keys_may_begin_at_the_buckets_root(tmp_path: Path) -> None:
    part = tmp_path / "20250901-20251001" / "run" / "cur-1.csv"
    part.parent.mkdir(parents=True)
    part.write_text("a\n")
    keys = ["/p/cur/20250901-20251001/run/cur-1.csv"]
    (part.parents[1] / "cur-Manifest.json").write_text(json.dumps({"reportKeys": keys}))
    assert deliveries(part.parents[1])[0].files == (part,)


def test_unknown_feed_and_unknown_declared_column(
    legacy: bytes, refused: Callable[..., str]
) -> None:
    assert "There is no feed 'aws'" in refused("b.csv", legacy, feed="aws")
    assert "--set foo" in refused("b.csv", legacy, declared={"foo": "1"})


@pytest.mark.parametrize("export", ["_contract", "a/b", "", "..", "a b"])
def test_export_name_that_would_leave_its_folder(billing: Path, lake: Path, export: str) -> None:
    with pytest.raises(IngestError, match="cannot name an export"):
        land([billing / LEGACY], "aws_cur_legacy", export, lake)


@pytest.mark.parametrize("kind", ["csv", "json"])
@pytest.mark.parametrize(
    "credits",
    [
        '{"amount":"-1","type":"DISCOUNT"}',
        "[{'amount': -1, 'name': \"Bob's\"}]",
        '[{"amount":"-1"},{"amount":"one"}]',
        "-1",
    ],
)
def test_credits_that_cannot_be_read_are_not_left_out(
    credits: str, kind: str, write_csv: Callable[..., Path], lake: Path
) -> None:
    header = ("billing_account_id", "sku_id", "usage_start_time", "cost", "currency",
              "invoice_month", "credits")  # fmt: skip
    row = ("a", "s", "2025-09-01", "5", "EUR", "202509")
    rows = [(*row, "[]"), (*row, '[{"amount":-1,"name":"x"}]'), (*row, credits)]
    bill = write_csv("bill.csv", header, rows)
    if kind == "json":
        bill = bill.with_suffix(".json")
        bill.write_text(json.dumps([dict(zip(header, row, strict=True)) for row in rows]))
    with pytest.raises(IngestError) as error:
        land([bill], "gcp_standard", "default", lake)
    assert f"bill.{kind}, row 3, column 'credits': {credits!r} is not a list" in str(error.value)
