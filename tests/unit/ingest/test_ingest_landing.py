"""What landing promises: atomic replacement, no-op on the same content, nothing lost or doubled."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.ingest.contract import META_COLUMNS
from orchestration.ingest.errors import IngestError
from orchestration.ingest.exports import land_export, landed_partitions
from orchestration.ingest.lake import control_totals, ensure_contracts
from orchestration.ingest.landing import land
from orchestration.ingest.manifest import damage, partition, read
from orchestration.ingest.registry import FEEDS
from orchestration.ingest.samples import read_samples
from orchestration.ingest.verification import verify

Cur = Callable[..., Path]
Landed = Callable[..., list[dict[str, Any]]]
Tree = Callable[[], dict[str, bytes]]


def shape_of(folder: Path) -> str:
    data = folder / "data.parquet"
    return f"DESCRIBE SELECT * FROM read_parquet('{data}', hive_partitioning = false)"


def test_bill_of_several_months_lands_one_partition_each(cur: Cur, lake: Path) -> None:
    bill = cur("bill.csv", ("2025-09", "1.5"), ("2025-10", "2"), ("2025-09", "-0.25"))
    results = land([bill], "aws_cur2", "default", lake)
    assert [(r.billing_period, r.rows, r.control_totals[0].amount) for r in results] == [
        ("2025-09", 2, Decimal("1.25")),
        ("2025-10", 1, Decimal("2")),
    ]


def test_row_numbers_and_file_names_lead_back_to_the_bill(
    cur: Cur, lake: Path, landed: Landed
) -> None:
    one = cur("one.csv", *[(f"2025-{9 + i % 2:02}", str(i)) for i in range(6)])
    two = cur("two.csv", ("2025-09", "100"))
    land([one, two], "aws_cur2", "default", lake)
    rows = landed("aws_cur2", "x_source_file, x_source_row_number, line_item_unblended_cost")
    found = {(r["x_source_file"], int(r["x_source_row_number"])) for r in rows}
    assert found == {("one.csv", i) for i in range(1, 7)} | {("two.csv", 1)}
    assert all(
        r["line_item_unblended_cost"] == r["x_source_row_number"] - 1
        for r in rows
        if r["x_source_file"] == "one.csv"
    )


def test_row_numbers_hold_in_a_file_that_is_read_in_parallel(
    cur: Cur, lake: Path, landed: Landed
) -> None:
    land([cur("big.csv", *[("2025-09", str(i)) for i in range(60_000)])], "aws_cur2", "a", lake)
    wrong = [
        row
        for row in landed("aws_cur2", "x_source_row_number AS n, line_item_unblended_cost AS c")
        if row["n"] != row["c"] + 1
    ]
    assert wrong == []


def test_same_content_again_touches_nothing(cur: Cur, lake: Path, tree: Tree) -> None:
    bill = cur("bill.csv", ("2025-09", "1"))
    land([bill], "aws_cur2", "default", lake)
    before = tree()
    stamps = {path: path.stat().st_mtime_ns for path in lake.rglob("*.parquet")}
    renamed = bill.with_name("again.csv")
    renamed.write_bytes(bill.read_bytes())
    assert land([renamed], "aws_cur2", "default", lake)[0].status == "unchanged"
    assert tree() == before
    assert stamps == {path: path.stat().st_mtime_ns for path in lake.rglob("*.parquet")}


def test_restated_month_replaces_withdrawn_charges(cur: Cur, lake: Path, landed: Landed) -> None:
    land([cur("v1.csv", ("2025-09", "1"), ("2025-09", "2"))], "aws_cur2", "default", lake)
    result = land([cur("v2.csv", ("2025-09", "2"))], "aws_cur2", "default", lake)[0]
    assert (result.status, result.previous_rows, result.previous_totals[0].amount) == (
        "restated",
        2,
        Decimal(3),
    )
    assert [row["line_item_unblended_cost"] for row in landed("aws_cur2")] == [Decimal(2)]
    manifest = read(result.path)
    assert manifest is not None
    assert [(old.rows, old.control_totals[0].amount) for old in manifest.previous] == [
        (2, Decimal(3))
    ]


def test_late_rows_do_not_replace_a_month_that_was_not_named(
    cur: Cur, lake: Path, tree: Tree
) -> None:
    april = cur("april.csv", *[("2025-04", str(i)) for i in range(6)])
    land([april], "aws_cur2", "default", lake)
    before = tree()
    late = cur("may.csv", ("2025-05", "1"), ("2025-04", "9"))
    problem = r"may.csv: aws_cur2/default 2025-04 holds 6 rows .* by 1, .*--billing-period 2025-04"
    with pytest.raises(IngestError, match=problem):
        land([late], "aws_cur2", "default", lake)
    assert tree() == before
    assert [r.rows for r in land([april, late], "aws_cur2", "default", lake)] == [7, 1]
    confirmed = land([late], "aws_cur2", "default", lake, billing_period="2025-04")
    assert [(r.status, r.rows) for r in confirmed] == [("restated", 1)]


def test_spellings_of_one_currency_are_one_currency(
    write_csv: Cur, lake: Path, landed: Landed
) -> None:
    header = ["bill_payer_account_id", "bill_billing_period_start_date"]
    header += ["line_item_usage_start_date", "line_item_currency_code", "line_item_unblended_cost"]
    spellings = ("USD", " USD", "usd", "Usd\t", "\u00a0USD ")
    rows = [["1", "2025-09-01", "2025-09-03", spelling, "1.5"] for spelling in spellings]
    result = land([write_csv("b.csv", header, rows)], "aws_cur2", "default", lake)[0]
    totals = [(total.currency, total.amount) for total in result.control_totals]
    assert totals == [("USD", Decimal("7.5"))]
    assert {row["line_item_currency_code"] for row in landed("aws_cur2")} == {"USD"}
    assert verify(lake)[0].ok


def test_declared_currency_is_landed_in_capitals(cur: Cur, lake: Path) -> None:
    bill = cur("b.csv", ("2025-09", "1"))
    bill.write_text(bill.read_text().replace("USD", ""))
    declared = {"line_item_currency_code": "eur"}
    result = land([bill], "aws_cur2", "default", lake, declared=declared)[0]
    assert result.control_totals[0].currency == "EUR"


def test_going_back_to_an_older_delivery_is_a_restatement(cur: Cur, lake: Path) -> None:
    first, second = cur("v1.csv", ("2025-09", "1")), cur("v2.csv", ("2025-09", "2"))
    for bill in (first, second, first):
        result = land([bill], "aws_cur2", "default", lake)[0]
    assert (result.status, result.control_totals[0].amount) == ("restated", Decimal(1))
    manifest = read(result.path)
    assert manifest is not None
    assert len(manifest.previous) == 2


def test_months_whose_files_did_not_change_are_not_written_again(cur: Cur, lake: Path) -> None:
    september, october = cur("s.csv", ("2025-09", "1")), cur("o.csv", ("2025-10", "1"))
    land([september, october], "aws_cur2", "default", lake)
    november = cur("n.csv", ("2025-11", "1"))
    results = land([september, october, november], "aws_cur2", "default", lake)
    assert [r.status for r in results] == ["unchanged", "unchanged", "landed"]


def test_data_of_an_interrupted_landing_is_replaced_although_the_manifest_is_there(
    cur: Cur, lake: Path
) -> None:
    old, new = cur("old.csv", ("2025-09", "1")), cur("new.csv", ("2025-09", "2"))
    folder = land([old], "aws_cur2", "default", lake)[0].path
    manifest_of_old = (folder / "manifest.json").read_bytes()
    land([new], "aws_cur2", "default", lake)
    # As if the process had died after the data's rename and before the manifest's.
    (folder / "manifest.json").write_bytes(manifest_of_old)
    assert not verify(lake)[0].ok
    result = land([old], "aws_cur2", "default", lake)[0]
    assert result.status == "landed"
    manifest = read(folder)
    assert manifest is not None and not damage(folder, manifest)
    assert verify(lake)[0].ok


def test_a_disk_that_is_full_at_the_end_is_said_and_what_was_landed_stays(
    cur: Cur, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = land([cur("old.csv", ("2025-09", "1"))], "aws_cur2", "default", lake)[0].path
    before = read(folder)

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("orchestration.ingest.manifest.flush", full)
        with pytest.raises(IngestError, match=f"disk of {lake} is full .+Free some space"):
            land([cur("new.csv", ("2025-09", "2"))], "aws_cur2", "default", lake)
    assert read(folder) == before
    assert verify(lake)[0].ok


def test_verify_finds_data_that_was_changed_behind_the_manifest(cur: Cur, lake: Path) -> None:
    folder = land([cur("bill.csv", ("2025-09", "1"))], "aws_cur2", "default", lake)[0].path
    with duckdb.connect() as db:
        db.execute(
            f"COPY (SELECT * REPLACE (line_item_unblended_cost + 1 AS line_item_unblended_cost)"
            f" FROM '{folder}/data.parquet') TO '{folder}/data.parquet.new' (FORMAT parquet)"
        )
    (folder / "data.parquet.new").replace(folder / "data.parquet")
    check = verify(lake, "aws_cur2", ["2025-09"])[0]
    assert not check.ok
    assert "2.000000000000" in check.problem


def test_originals_are_kept_unchanged_under_their_hash(cur: Cur, lake: Path) -> None:
    bill = cur("bill.csv", ("2025-09", "1"))
    land([bill], "aws_cur2", "default", lake)
    digest = hashlib.sha256(bill.read_bytes()).hexdigest()
    assert (lake / "_originals" / digest / "bill.csv").read_bytes() == bill.read_bytes()


def test_other_payers_bill_does_not_replace_this_one(cur: Cur, lake: Path, tree: Tree) -> None:
    land([cur("a.csv", ("2025-09", "1", "1" * 12))], "aws_cur2", "default", lake)
    before = tree()
    other = cur("b.csv", ("2025-09", "1", "2" * 12))
    with pytest.raises(IngestError, match=r"account 222.*holds account 111.*--export"):
        land([other], "aws_cur2", "default", lake)
    assert tree() == before
    land([other], "aws_cur2", "second-payer", lake)
    assert len(landed_partitions(lake)) == 2


def test_same_file_twice_is_refused(cur: Cur, lake: Path) -> None:
    one, two = cur("a.csv", ("2025-09", "1")), cur("b.csv", ("2025-09", "1"))
    with pytest.raises(IngestError, match="twice"):
        land([one, two], "aws_cur2", "default", lake)


def test_only_the_asked_month_is_landed(cur: Cur, lake: Path) -> None:
    bill = cur("bill.csv", ("2025-09", "1"), ("2025-10", "2"))
    results = land([bill], "aws_cur2", "default", lake, billing_period="2025-10")
    assert [(r.billing_period, r.rows) for r in results] == [("2025-10", 1)]
    with pytest.raises(IngestError, match="1 of its rows are of billing period 2025-10"):
        land([bill], "aws_cur2", "default", lake, billing_period="2025-09", exact=True)


def test_declared_value_fills_a_column_that_the_file_lacks(
    write_csv: Cur, lake: Path, landed: Landed
) -> None:
    header = ["bill_payer_account_id", "line_item_usage_start_date", "line_item_unblended_cost"]
    bill = write_csv("b.csv", [*header, "line_item_currency_code"], [["1", "2025-09-02", "3", ""]])
    declared = {"line_item_currency_code": "EUR", "bill_billing_period_start_date": "2025-09-01"}
    result = land([bill], "aws_cur2", "default", lake, declared=declared)[0]
    assert result.control_totals[0].currency == "EUR"
    manifest = read(result.path)
    assert manifest is not None
    assert manifest.declared == declared
    assert landed("aws_cur2")[0]["line_item_currency_code"] == "EUR"


def test_unknown_columns_keep_their_values(write_csv: Cur, lake: Path, landed: Landed) -> None:
    header = ["metric_date", "metric", "quantity", "remark", "never filled"]
    rows = [["2025-09-01", "orders", "3", 'say "hi"\n', ""], ["2025-09-01", "orders", "4", "", ""]]
    result = land([write_csv("d.csv", header, rows)], "business_drivers", "default", lake)[0]
    assert [row["x_extras"] for row in landed("business_drivers")] == [
        '{"remark":"say \\"hi\\"\\n"}',
        None,
    ]
    manifest = read(result.path)
    assert manifest is not None
    assert manifest.unknown_columns == ["remark"]


def test_rounding_beyond_twelve_decimals_is_recorded(cur: Cur, lake: Path) -> None:
    result = land([cur("b.csv", ("2025-09", "0.1234567890125"))], "aws_cur2", "default", lake)[0]
    assert result.control_totals[0].amount == Decimal("0.123456789013")
    manifest = read(result.path)
    assert manifest is not None
    assert [entry.difference for entry in manifest.rounding] == [Decimal("5e-13")]


def test_manifest_tells_where_the_rows_came_from(cur: Cur, lake: Path) -> None:
    bills = [cur("a.csv", ("2025-09", "1")), cur("b.csv", ("2025-09", "2"), ("2025-09", "3"))]
    folder = land(bills, "aws_cur2", "default", lake)[0].path
    content = json.loads((folder / "manifest.json").read_text())
    assert [(f["name"], f["rows"], f["bytes"]) for f in content["source_files"]] == [
        ("a.csv", 1, bills[0].stat().st_size),
        ("b.csv", 2, bills[1].stat().st_size),
    ]
    assert content["control_totals"] == [
        {"measure": "unblended_cost", "currency": "USD", "amount": "6.000000000000"}
    ]
    assert content["accounts"] == ["111111111111"]
    assert content["data_through"] == "2025-09-03"


def test_control_totals_have_one_row_for_a_partition_without_measures(
    write_csv: Cur, lake: Path
) -> None:
    header = ["snapshot_date", "provider", "account_id", "resource_id", "resource_type"]
    rows = [["2025-09-01", "AWS", "1", "vol-1", "ebs_volume"]]
    land([write_csv("i.csv", header, rows)], "resource_inventory", "default", lake)
    assert [(row["measure"], row["row_count"]) for row in control_totals(lake)] == [(None, 1)]


def test_contracts_have_every_column_with_its_type(lake: Path) -> None:
    ensure_contracts(lake)
    stamps = {path: path.stat().st_mtime_ns for path in lake.rglob("*.parquet")}
    for feed in FEEDS.values():
        folder = partition(lake, feed.name, "_contract", "none")
        with duckdb.connect() as db:
            described = db.execute(shape_of(folder)).fetchall()
        expected = [(c.name, feed.sql_type(c)) for c in (*feed.columns, *META_COLUMNS)]
        assert [(row[0], row[1]) for row in described] == expected
    ensure_contracts(lake)
    assert stamps == {path: path.stat().st_mtime_ns for path in lake.rglob("*.parquet")}
    assert control_totals(lake) == []


@pytest.mark.parametrize("feed", sorted({sample.feed for sample in read_samples()}))
def test_landed_partition_has_exactly_the_columns_of_the_contract(feed: str, lake: Path) -> None:
    sample = next(sample for sample in read_samples() if sample.feed == feed)
    folder = land_export(sample, None, lake)[0].path
    ensure_contracts(lake)
    contract = partition(lake, feed, "_contract", "none")
    with duckdb.connect() as db:
        shapes = [db.execute(shape_of(path)).fetchall() for path in (folder, contract)]
    assert shapes[0] == shapes[1]


def test_compressed_bill_lands_like_the_plain_one(cur: Cur, lake: Path) -> None:
    plain = cur("b.csv", ("2025-09", "1.25"), ("2025-09", "2"))
    gzipped = plain.with_name("b.csv.gz")
    gzipped.write_bytes(gzip.compress(plain.read_bytes()))
    zipped = plain.with_name("b.csv.zst")
    with duckdb.connect() as db:
        db.execute(f"COPY (FROM read_csv('{plain}', all_varchar = true)) TO '{zipped}'")
    totals = [
        land([bill], "aws_cur2", name, lake)[0].control_totals
        for name, bill in (("plain", plain), ("gzip", gzipped), ("zstd", zipped))
    ]
    assert totals[0] == totals[1] == totals[2]


def test_abandoned_working_folders_are_removed(cur: Cur, lake: Path) -> None:
    staging = lake / "_staging"
    (staging / "dead").mkdir(parents=True)
    (staging / "dead" / "2025-09.parquet").write_text("half")
    (staging / "dead.lock").write_text("")
    land([cur("bill.csv", ("2025-09", "1"))], "aws_cur2", "default", lake)
    assert list(staging.iterdir()) == []
