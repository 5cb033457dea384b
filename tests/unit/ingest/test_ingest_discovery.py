"""Which files of a folder make up which month, by folder names and the providers' manifests."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from orchestration.ingest.discovery import Delivery, deliveries, folder_month
from orchestration.ingest.errors import IngestError
from orchestration.ingest.exports import (
    Export,
    exports_of,
    land_export,
    list_periods,
    read_exports,
    write_exports,
)

Cur = Callable[..., Path]


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("2025-09", "2025-09"),
        ("BILLING_PERIOD=2025-12", "2025-12"),
        ("20250901-20251001", "2025-09"),
        ("20251201-20260101", "2025-12"),
        ("20250901-20250930", "2025-09"),
        ("20240201-20240229", "2024-02"),
        ("20250901-20251101", None),
        ("2025-13", None),
        ("20251301-20260101", None),
        ("2025-9", None),
        ("september", None),
    ],
)
def test_month_of_a_folder_name(name: str, month: str | None) -> None:
    assert folder_month(name) == month


def put(path: Path, content: str = "x\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_current_assembly_of_a_legacy_cur(tmp_path: Path) -> None:
    month = tmp_path / "bills" / "cur" / "20250901-20251001"
    put(month / "old-assembly" / "cur-1.csv.gz")
    put(month / "old-assembly" / "cur-Manifest.json", '{"reportKeys": ["nowhere"]}')
    current = put(month / "new-assembly" / "cur-1.csv.gz")
    keys = ["prefix/cur/20250901-20251001/new-assembly/cur-1.csv.gz"]
    put(month / "cur-Manifest.json", json.dumps({"reportKeys": keys}))
    for path in (tmp_path / "bills", month, month / "cur-Manifest.json"):
        found = deliveries(path)
        assert [(d.billing_period, d.files) for d in found] == [("2025-09", (current,))]


def test_latest_execution_of_an_aws_data_export(tmp_path: Path) -> None:
    month = "BILLING_PERIOD=2025-09"
    for run in ("20250902T000000Z-b", "20250909T000000Z-a"):
        put(tmp_path / "focus" / "data" / month / run / "focus-00001.csv.gz")
        names = [f"s3://bucket/exports/focus/data/{month}/{run}/focus-00001.csv.gz"]
        put(
            tmp_path / "focus" / "metadata" / month / run / "focus-Manifest.json",
            json.dumps({"executionId": run, "dataFiles": names}),
        )
    current = tmp_path / "focus" / "data" / month / run / "focus-00001.csv.gz"
    inside = (tmp_path / "focus" / folder / month for folder in ("data", "metadata"))
    for path in (tmp_path, tmp_path / "focus", *inside):
        found = deliveries(path)
        assert [(d.billing_period, d.files) for d in found] == [("2025-09", (current,))]


def test_overwritten_aws_data_export_is_one_delivery_a_month(tmp_path: Path) -> None:
    data, metadata = tmp_path / "data", tmp_path / "metadata"
    for month in ("BILLING_PERIOD=2025-09", "BILLING_PERIOD=2025-10"):
        put(data / month / "cur-00001.snappy.parquet")
        names = [f"s3://bucket/cur/data/{month}/cur-00001.snappy.parquet"]
        put(metadata / month / "cur-Manifest.json", json.dumps({"dataFiles": names}))
    assert [d.billing_period for d in deliveries(tmp_path)] == ["2025-09", "2025-10"]


@pytest.mark.parametrize(
    "month", ["data/BILLING_PERIOD=2024-04", "20240401-20240501", "20240401-20240430"]
)
def test_runs_of_a_month_without_a_manifest_are_not_added_up(tmp_path: Path, month: str) -> None:
    for run in ("2024-05-01T00:00:00Z-aaa", "2024-05-02T00:00:00Z-bbb"):
        put(tmp_path / month / run / "x.csv.gz")
    with pytest.raises(IngestError, match=r"aaa, 2024-05-02\S*bbb and no manifest.*metadata/"):
        deliveries(tmp_path)
    assert len(deliveries(tmp_path / month / run)[0].files) == 1


@pytest.mark.parametrize("place", ["dl", "BILLING_PERIOD=2024-04/k=v"])
def test_executions_are_not_added_up_however_they_were_copied(tmp_path: Path, place: str) -> None:
    for run in ("20240501T000000Z-aaa", "20240502T000000Z-bbb"):
        put(tmp_path / place / run / "x.csv.gz")
    with pytest.raises(IngestError, match="must not be added up"):
        deliveries(tmp_path)


def test_manifests_of_both_ways_of_delivery_are_refused(tmp_path: Path) -> None:
    month = "BILLING_PERIOD=2024-04"
    put(tmp_path / "data" / month / "x.csv.gz")
    for place in (".", "20240501T000000Z-a"):
        put(
            tmp_path / "metadata" / month / place / "x-Manifest.json",
            json.dumps({"dataFiles": [f"s3://b/e/data/{month}/x.csv.gz"]}),
        )
    for path in (tmp_path, tmp_path / "metadata" / month):
        with pytest.raises(IngestError, match="nothing says which is newer"):
            deliveries(path)


def test_parts_of_one_run_may_lie_in_folders(tmp_path: Path) -> None:
    for account in ("1", "2"):
        put(tmp_path / "BILLING_PERIOD=2024-04" / f"account={account}" / "x.parquet")
    assert len(deliveries(tmp_path)[0].files) == 2


def test_data_newer_than_the_latest_manifest_is_not_left_out(tmp_path: Path) -> None:
    month = "BILLING_PERIOD=2024-04"
    for run in ("20240501T000000Z-a", "20240502T000000Z-b"):
        put(tmp_path / "data" / month / run / "x.csv.gz")
    names = [f"s3://b/e/data/{month}/20240501T000000Z-a/x.csv.gz"]
    put(
        tmp_path / "metadata" / month / "20240501T000000Z-a" / "x-Manifest.json",
        json.dumps({"dataFiles": names}),
    )
    with pytest.raises(IngestError, match=r"20240502T000000Z-b is newer than .*metadata/ again"):
        deliveries(tmp_path)


def test_two_bills_of_a_month_do_not_replace_each_other(tmp_path: Path, lake: Path) -> None:
    for name in ("one", "two"):
        put(tmp_path / "bills" / name / "BILLING_PERIOD=2024-04" / "x.csv")
    export = Export("aws_cur2", "acme", tmp_path / "bills")
    with pytest.raises(IngestError, match=r"one\S* and \S*two\S* are both bills of 2024-04"):
        list_periods(export, lake)


def test_manifest_of_another_month_than_its_folder_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "20250901-20251001" / "cur-1.csv.gz")
    content = {
        "reportKeys": ["cur/20250901-20251001/cur-1.csv.gz"],
        "billingPeriod": {"start": "20251001T000000.000Z", "end": "20251101T000000.000Z"},
    }
    put(tmp_path / "20250901-20251001" / "cur-Manifest.json", json.dumps(content))
    with pytest.raises(IngestError, match=r"billing period 2025-10, but .* named after 2025-09"):
        deliveries(tmp_path)


def test_cur_manifest_says_the_month_of_files_in_any_folder(tmp_path: Path) -> None:
    part = put(tmp_path / "copied" / "cur-1.csv.gz")
    content = {
        "reportKeys": ["cur/20250901-20251001/cur-1.csv.gz"],
        "billingPeriod": {"start": "20250901T000000.000Z", "end": "20251001T000000.000Z"},
    }
    put(tmp_path / "copied" / "cur-Manifest.json", json.dumps(content))
    assert deliveries(tmp_path / "copied") == [Delivery("2025-09", (part,))]


def test_latest_run_of_an_azure_export(tmp_path: Path) -> None:
    month = tmp_path / "actual" / "20250901-20250930"
    for run, time in (("run-b", "2025-09-02T00:00:00Z"), ("run-a", "2025-09-09T00:00:00Z")):
        put(month / run / "part_0_0001.csv")
        manifest = {
            "blobs": [{"blobName": f"root/actual/20250901-20250930/{run}/part_0_0001.csv"}],
            "runInfo": {"submittedTime": time},
        }
        put(month / run / "manifest.json", json.dumps(manifest))
    assert deliveries(tmp_path)[0].files == (month / "run-a" / "part_0_0001.csv",)


def test_month_folders_and_loose_files_are_told_apart(tmp_path: Path) -> None:
    inside = put(tmp_path / "data" / "BILLING_PERIOD=2025-09" / "part.parquet")
    loose = put(tmp_path / "other" / "march.csv.gz")
    put(tmp_path / "data" / "BILLING_PERIOD=2025-09" / "README.txt")
    put(tmp_path / ".hidden" / "x.csv")
    assert [(d.billing_period, d.files) for d in deliveries(tmp_path)] == [
        ("2025-09", (inside,)),
        (None, (loose,)),
    ]


def test_paths_without_bills_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="no such file or folder"):
        deliveries(tmp_path / "nowhere")
    with pytest.raises(IngestError, match="holds no bill files"):
        deliveries(tmp_path)


def test_an_archive_beside_other_files_is_part_of_the_bill(tmp_path: Path) -> None:
    """CUR and some vendors' exports may be ZIP."""
    put(tmp_path / "a.csv")
    put(tmp_path / "bill.csv.zip")
    (delivery,) = deliveries(tmp_path)
    assert [file.name for file in delivery.files] == ["a.csv", "bill.csv.zip"]


@pytest.mark.parametrize("content", ["no json", "[]", '{"reportKeys": []}'])
def test_broken_cur_manifest(tmp_path: Path, content: str) -> None:
    put(tmp_path / "cur-Manifest.json", content)
    with pytest.raises(IngestError, match=r"cur-Manifest\.json"):
        deliveries(tmp_path)


@pytest.mark.parametrize("key", ["x" * 300 + ".csv", "x/" * 500 + "a.csv"])
def test_a_key_that_no_file_can_have_is_refused_before_it_is_looked_for(
    tmp_path: Path, key: str
) -> None:
    put(tmp_path / "2025-09" / "cur-Manifest.json", json.dumps({"reportKeys": [key]}))
    with pytest.raises(IngestError, match="longer than any file's name") as refused:
        deliveries(tmp_path)
    assert len(str(refused.value)) < 1_000


def test_exports_file_reads_back_what_was_written(tmp_path: Path) -> None:
    exports = [
        Export("aws_cur2", "acme", tmp_path / "a b", {"line_item_currency_code": "USD"}),
        Export("focus", "saas", tmp_path / 'quote"d\\path'),
    ]
    file = tmp_path / "exports.toml"
    write_exports(file, exports)
    assert read_exports(file) == exports
    assert exports_of(file, "focus") == exports[1:]
    assert read_exports(tmp_path / "none.toml") == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[export]]\nfeed = "focus"', "lacks path"),
        ('[[export]]\nfeed = "x"\npath = "/"', "names feed 'x'"),
        ('[[export]]\nfeed = "focus"\npath = ""', "lacks path"),
        ('[[export]]\nfeed = "focus"\npath = "/"\nnmae = "x"', "has nmae, which is not known"),
        ('[[export]]\nfeed = "focus"\npath = "/"\nset = "x"', "write set as a table"),
        ('[[export]]\nfeed = "focus"\npath = "/"\n' * 2, "number 2 is a second focus export"),
        ('export = ["x"]', r"write each export as \[\[export\]\]"),
        ("[export]\n", r"write each export as \[\[export\]\]"),
        ("[[export", "not valid TOML"),
    ],
)
def test_wrong_exports_file_says_what_is_wrong(tmp_path: Path, text: str, problem: str) -> None:
    file = put(tmp_path / "exports.toml", text)
    with pytest.raises(IngestError, match=problem):
        read_exports(file)


def test_path_of_an_export_is_relative_to_its_file(tmp_path: Path) -> None:
    file = put(tmp_path / "exports.toml", '[[export]]\nfeed = "focus"\npath = "bills"\n')
    assert read_exports(file) == [Export("focus", "default", tmp_path / "bills")]


def test_export_lands_the_asked_months_only(cur: Cur, tmp_path: Path, lake: Path) -> None:
    folder = tmp_path / "export"
    for month in ("2025-09", "2025-10"):
        (folder / month).mkdir(parents=True)
        cur(f"{month}.csv", (month, "1")).rename(folder / month / "bill.csv")
    export = Export("aws_cur2", "acme", folder)
    assert list(list_periods(export, lake)) == ["2025-09", "2025-10"]
    results = land_export(export, {"2025-10", "2025-12"}, lake)
    assert [(r.export, r.billing_period) for r in results] == [("acme", "2025-10")]


def test_loose_files_of_one_month_are_landed_together(cur: Cur, tmp_path: Path, lake: Path) -> None:
    folder = cur("a.csv", ("2025-09", "1"), ("2025-10", "2")).parent
    cur("b.csv", ("2025-10", "3"))
    results = land_export(Export("aws_cur2", "acme", folder), ["2025-10"], lake)
    assert [(r.billing_period, r.rows) for r in results] == [("2025-10", 2)]


def test_month_folder_with_rows_of_another_month_is_refused(
    cur: Cur, tmp_path: Path, lake: Path
) -> None:
    folder = tmp_path / "export" / "2025-09"
    folder.mkdir(parents=True)
    cur("x.csv", ("2025-09", "1"), ("2025-10", "2")).rename(folder / "bill.csv")
    with pytest.raises(IngestError, match=r"bill.csv: 1 of its rows are of billing period 2025-10"):
        land_export(Export("aws_cur2", "acme", folder.parent), None, lake)


LEGACY = {
    "bill/PayerAccountId": "111111111111",
    "bill/BillingPeriodStartDate": "2025-09-01T00:00:00Z",
    "lineItem/UsageStartDate": "2025-09-03T00:00:00Z",
    "lineItem/CurrencyCode": "USD",
    "lineItem/UnblendedCost": "1",
    "resourceTags/user:Team": "a",
}


def report(folder: Path, header: Sequence[str], columns: list[dict[str, str]]) -> Path:
    """A month of one file, with its manifest."""
    put(folder / "cur-1.csv", ",".join(header) + "\n" + ",".join(LEGACY.values()) + "\n")
    manifest = {"reportKeys": ["cur-1.csv"], "columns": columns}
    put(folder / "cur-Manifest.json", json.dumps(manifest))
    return folder


@pytest.mark.parametrize(
    ("left_out", "added", "says"),
    [
        ((), {}, None),
        (("bill/PayerAccountId",), {}, "has besides bill/PayerAccountId,"),
        ((), {"lineItem": "NetUnblendedCost"}, "lacks lineItem/NetUnblendedCost,"),
        (
            ("resourceTags/user:Team",),
            {"resourceTags": "user:Env"},
            "lacks resourceTags/user:Env and has besides resourceTags/user:Team,",
        ),
    ],
)
def test_a_report_has_the_columns_that_its_manifest_names(
    left_out: Sequence[str],
    added: dict[str, str],
    says: str | None,
    tmp_path: Path,
    lake: Path,
) -> None:
    named = [header.split("/") for header in LEGACY if header not in left_out]
    columns = [{"category": category, "name": name} for category, name in [*named, *added.items()]]
    folder = report(tmp_path / "bills" / "2025-09", list(LEGACY), columns)
    export = Export("aws_cur_legacy", "acme", folder)
    if says is None:
        assert land_export(export, None, lake)[0].rows == 1
        return
    with pytest.raises(IngestError) as error:
        land_export(export, None, lake)
    assert str(error.value).startswith(f"cur-1.csv {says} unlike the columns that its manifest")
    assert not list(lake.rglob("data.parquet"))


@pytest.mark.parametrize("category", [{}, {"category": "bill"}])
def test_an_export_names_its_columns_whole(
    category: dict[str, str], tmp_path: Path, lake: Path
) -> None:
    header = [
        "bill_payer_account_id",
        "bill_billing_period_start_date",
        "line_item_usage_start_date",
        "line_item_currency_code",
        "line_item_unblended_cost",
        "resource_tags",
    ]
    columns = [{**category, "name": name, "type": "string"} for name in header]
    folder = report(tmp_path / "bills" / "whatever", header, columns)
    for month in (folder, folder / "cur-Manifest.json"):
        assert land_export(Export("aws_cur2", "acme", month), None, lake)[0].rows == 1
    report(folder, header, columns[1:])
    with pytest.raises(IngestError, match="has besides bill_payer_account_id"):
        land_export(Export("aws_cur2", "acme", folder), None, tmp_path / "other lake")


def test_columns_without_names_are_no_manifest(tmp_path: Path) -> None:
    folder = report(tmp_path / "2025-09", list(LEGACY), [{"category": "bill"}])
    with pytest.raises(IngestError, match="lists columns without names"):
        deliveries(folder)


def test_a_report_for_athena_has_its_status_beside_it(tmp_path: Path) -> None:
    bill = put(tmp_path / "cur" / "cur" / "year=2025" / "month=9" / "cur-00001.snappy.parquet")
    status = "cost_and_usage_data_status"
    put(tmp_path / "cur" / status / f"{status}.parquet")
    assert deliveries(tmp_path / "cur") == [Delivery(None, (bill,))]
