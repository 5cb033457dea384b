"""Bills in S3, against an emulator of it: fetched once, landed, restated, explained."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import boto3
import dagster as dg
import pytest
import requests
from typer.testing import CliRunner, Result

from orchestration.cli.app import app
from orchestration.defs.ingest.assets import raw_assets
from orchestration.ingest.errors import IngestError
from orchestration.ingest.exports import land_export, read_exports, unreadable
from orchestration.ingest.providers.aws_s3 import S3
from orchestration.ingest.stores import Address, Interrupted, Remote, read_address
from orchestration.resources import Tollgate
from tests.fetching import fetch

BUCKET, REGION = "acme-bills", "eu-west-1"
HEADER = (
    "bill_payer_account_id,bill_billing_period_start_date,line_item_usage_start_date,"
    "line_item_currency_code,line_item_line_item_type,line_item_unblended_cost\n"
)


def cur(*costs: str, month: str = "2025-09") -> bytes:
    rows = [f"111111111111,{month}-01,{month}-03,USD,Usage,{cost}\n" for cost in costs]
    return (HEADER + "".join(rows)).encode()


def address(text: str) -> Address:
    found = read_address(text)
    assert found is not None
    return found


class Bucket:
    def __init__(self, client: Any) -> None:
        self.client = client
        client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )

    def put(self, key: str, body: bytes, **headers: str) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=body, **headers)

    def execute(self, run: str, body: bytes, month: str = "2025-09") -> None:
        """One execution of a Data Export that keeps all of them."""
        key = f"cur/data/BILLING_PERIOD={month}/{run}/cur-00001.csv"
        self.put(key, body)
        self.put(
            f"cur/metadata/BILLING_PERIOD={month}/{run}/cur-Manifest.json",
            json.dumps({"dataFiles": [f"s3://{BUCKET}/{key}"]}).encode(),
        )


@pytest.fixture
def bucket(moto_address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bucket:
    requests.post(f"{moto_address}/moto-api/reset", timeout=10)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    return Bucket(boto3.client("s3", region_name=REGION))


def ingest(*arguments: str) -> Result:
    done = CliRunner().invoke(app, ["ingest", *arguments])
    assert "very-secret" not in done.output
    return done


def test_current_execution_is_landed_and_a_later_one_restates_it(bucket: Bucket) -> None:
    bucket.execute("20250902T000000Z-a", cur("1", "2"))
    bucket.execute("20250903T000000Z-b", cur("10.000000001", "20"))
    first = ingest(f"s3://{BUCKET}/cur", "--export", "acme")
    assert first.exit_code == 0, first.output
    assert "landed" in first.output
    assert "30.000000001" in first.output
    assert "unchanged" in ingest(f"s3://{BUCKET}/cur", "--export", "acme").output
    bucket.execute("20250904T000000Z-c", cur("10.000000001", "20", "5"))
    assert "restated" in ingest(f"s3://{BUCKET}/cur", "--export", "acme").output


def test_declared_addresses_are_fetched_by_month(bucket: Bucket, tmp_path: Path) -> None:
    for month in ("2025-09", "2025-10"):
        bucket.put(f"cur/{month}/cur.csv", cur("1.5", month=month))
    declared = tmp_path / "exports.toml"
    declared.write_text(
        f'[[export]]\nfeed = "aws_cur2"\nname = "acme"\npath = "s3://{BUCKET}/cur"\n'
    )
    (export,) = read_exports(declared)
    assert unreadable(export) is None
    lake = tmp_path / "lake"
    october = land_export(export, ["2025-10", "2025-11"], lake)
    assert [(r.billing_period, r.status) for r in october] == [("2025-10", "landed")]
    every = land_export(export, None, lake)
    assert [(r.billing_period, r.status) for r in every] == [
        ("2025-09", "landed"),
        ("2025-10", "unchanged"),
    ]


def test_the_raw_asset_fetches_its_month_and_says_from_where_and_over_what_damage(
    bucket: Bucket, tmp_path: Path
) -> None:
    for month in ("2025-09", "2025-10"):
        bucket.put(f"cur/{month}/cur.csv", cur("1.5", month=month))
    home = tmp_path / "home"
    home.mkdir()
    (home / "exports.toml").write_text(
        f'[[export]]\nfeed = "aws_cur2"\nname = "acme"\npath = "s3://{BUCKET}/cur"\n'
    )
    raw = next(one for one in raw_assets() if one.key.path == ["raw", "aws_cur2"])

    def materialize() -> Mapping[str, Any]:
        made = dg.materialize(
            [raw], partition_key="2025-10", resources={"tollgate": Tollgate(home=str(home))}
        )
        (event,) = made.get_asset_materialization_events()
        return event.materialization.metadata

    metadata = materialize()
    assert metadata["dagster/row_count"].value == 1
    assert f"s3://{BUCKET}/cur" in str(metadata["read_from"].value)
    assert metadata["damage"].value == "What was landed before is whole."
    data = home / "lake/aws_cur2/acme/billing_period=2025-10/data.parquet"
    data.write_bytes(b"PAR1")
    assert f"{data} is not the file" in str(materialize()["damage"].value)
    assert [path.name for path in home.rglob("_fetched/*/files/*")] == ["2025-10"]


def test_the_raw_asset_tries_again_what_broke_on_its_way(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("cur/2025-10/cur.csv", cur("1.5", month="2025-10"))
    home = tmp_path / "home"
    home.mkdir()
    (home / "exports.toml").write_text(
        f'[[export]]\nfeed = "aws_cur2"\npath = "s3://{BUCKET}/cur"\n'
    )
    broken = iter([True] * 3)
    whole = S3.download

    def download(self: S3, remote: Remote, target: BinaryIO) -> None:
        if next(broken, False):
            raise Interrupted("the connection broke")
        whole(self, remote, target)

    monkeypatch.setattr(S3, "download", download)
    monkeypatch.setattr("orchestration.defs.ingest.assets._RETRY_SECONDS", 0)
    raw = next(one for one in raw_assets() if one.key.path == ["raw", "aws_cur2"])
    resources = {"tollgate": Tollgate(home=str(home))}
    with dg.DagsterInstance.ephemeral() as instance:
        made = dg.materialize(
            [raw], partition_key="2025-10", resources=resources, instance=instance
        )
    assert made.success
    assert [event.event_type_value for event in made.all_events].count("STEP_UP_FOR_RETRY") == 1


def test_a_folder_is_not_another_that_begins_alike(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put("cur/a/one.csv", cur("1"))
    bucket.put("cur/ab/two.csv", cur("2"))
    bucket.put("cur/a/", b"")
    for text in (f"s3://{BUCKET}/cur/a", f"s3://{BUCKET}/cur/a/", f"s3://{BUCKET}/cur/a/one.csv"):
        copy = fetch(address(text), tmp_path / "lake")
        assert copy is not None
        assert [file.name for file in copy.rglob("*.csv")] == ["one.csv"]


def test_one_object_is_that_one_however_often_it_is_listed(bucket: Bucket) -> None:
    bucket.put("cur/one.csv", cur("1"))
    bucket.put("cur/two.csv", cur("2"))
    store = S3(address(f"s3://{BUCKET}/cur/one.csv"))
    assert [[one.key for one in store.contents()] for _ in range(2)] == [["one.csv"]] * 2


def test_a_leading_slash_of_a_report_prefix_is_part_of_its_keys(
    bucket: Bucket, tmp_path: Path
) -> None:
    bucket.put("/report/20250901-20251001/cur.csv", cur("1"))
    for text in (f"s3://{BUCKET}", f"s3://{BUCKET}//report"):
        copy = fetch(address(text), tmp_path / "lake")
        assert copy is not None
        assert len(list(copy.rglob("cur.csv"))) == 1


def test_large_objects_arrive_whole(bucket: Bucket, tmp_path: Path) -> None:
    body = cur(*(f"{number}.25" for number in range(100_000)))
    bucket.put("cur/large.csv", body)
    copy = fetch(address(f"s3://{BUCKET}/cur"), tmp_path / "lake")
    assert copy is not None
    assert (copy / "large.csv").read_bytes() == body


def test_an_object_that_is_stored_packed_lands_once(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("cur/bill.csv", gzip.compress(cur("1.5", "2")), ContentEncoding="gzip")
    assert "3.50" in ingest(f"s3://{BUCKET}/cur").output
    monkeypatch.delattr(S3, "download")
    assert "unchanged" in ingest(f"s3://{BUCKET}/cur").output


@pytest.mark.parametrize(
    ("text", "setting", "problem"),
    [
        (f"s3://{BUCKET}/nothing", {}, "holds no bill files"),
        ("s3://of-nobody/cur", {}, "There is no bucket of-nobody"),
        (f"s3://{BUCKET}/cur?profile=absent", {}, "Check the address and the AWS profile"),
        (f"s3://{BUCKET}/cur?region=x", {}, "no option 'region'. Known: profile"),
        (f"s3://{BUCKET}/cur", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "Check the network"),
        (f"s3://{BUCKET}/cur", {"AWS_ACCESS_KEY_ID": ""}, "no AWS credentials here"),
    ],
)
def test_what_cannot_be_read_is_said_with_a_remedy(
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    setting: dict[str, str],
    problem: str,
) -> None:
    bucket.put("cur/one.csv", cur("1"))
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
        if not value:
            monkeypatch.delenv(name)
            monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    done = ingest(text)
    assert done.exit_code == 2
    assert problem in " ".join(done.output.split())


def test_doctor_names_an_export_that_cannot_be_read(bucket: Bucket, tmp_path: Path) -> None:
    declared = tmp_path / "home" / "exports.toml"
    declared.parent.mkdir()
    declared.write_text(
        f'[[export]]\nfeed = "aws_cur2"\nname = "acme"\npath = "s3://{BUCKET}/gone"\n'
    )
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert f"aws_cur2/acme: s3://{BUCKET}/gone holds no bill files" in " ".join(
        done.output.replace("│", " ").split()
    )


def test_an_address_that_is_refused_leaves_nothing(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(IngestError):
        fetch(address(f"s3://{BUCKET}/nothing"), tmp_path / "lake")
    assert not list((tmp_path / "lake").rglob("*.csv"))
