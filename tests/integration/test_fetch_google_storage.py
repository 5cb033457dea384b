"""Bills fetched from Cloud Storage: Google's SDK against an emulator of it."""

from __future__ import annotations

import gzip
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import google.api_core.exceptions
import google.auth.exceptions
import pytest
import requests
import urllib3
from gcp_storage_emulator.server import create_server
from gcp_storage_emulator.storage import Storage
from google.cloud.storage import Blob, Client
from typer.testing import CliRunner

from orchestration.cli.app import app
from orchestration.ingest.errors import IngestError
from orchestration.ingest.exports import land_export, read_exports
from orchestration.ingest.manifest import landed
from orchestration.ingest.providers.google_errors import explained
from orchestration.ingest.providers.google_storage import CloudStorage
from orchestration.ingest.stores import Interrupted, read_address
from tests.fetching import fetch

HEADER = "billing_account_id,service_id,sku_id,usage_start_time,cost,currency,invoice_month,credits"

Run = Callable[..., tuple[int, str]]
Put = Callable[..., None]


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket="acme-bills")
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def put(emulator: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Put]:
    """Write an object into the bucket, which is empty again afterwards."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator)
    bucket = Client(project=None).bucket("acme-bills")

    def upload(name: str, content: str | bytes, encoding: str | None = None) -> None:
        blob = bucket.blob(name)
        blob.content_encoding = encoding
        blob.upload_from_string(content)

    yield upload
    for blob in list(bucket.list_blobs()):
        blob.delete()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")

    def ingest(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["ingest", *arguments])
        return result.exit_code, " ".join(result.output.split())

    return ingest


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the objects that are downloaded."""
    found: list[str] = []
    whole = Blob.download_to_file

    def noted(blob: Any, *arguments: Any, **options: Any) -> None:
        found.append(blob.name)
        whole(blob, *arguments, **options)

    monkeypatch.setattr(Blob, "download_to_file", noted)
    return found


def bill(month: str, *costs: str) -> str:
    rows = [
        f'A,S,K,{month}-0{day}T00:00:00Z,{cost},USD,{month.replace("-", "")},"[{{""amount"": -1}}]"'
        for day, cost in enumerate(costs, start=1)
    ]
    return "\n".join([HEADER, *rows]) + "\n"


def test_objects_land_with_the_sums_of_the_file(put: Put, run: Run, read: list[str]) -> None:
    put("exports/a/2026-08/part.csv", bill("2026-08", "1.000000000001", "2.5"))
    put("exports/a/2026-09/part.csv", bill("2026-09", "7"))
    put("exports/a/2026-09/README.txt", "no bill")
    put("exports/ab/2026-09/part.csv", bill("2026-09", "1000"))
    code, output = run("gs://acme-bills/exports/a")
    assert code == 0, output
    assert "2026-08 │ landed │ 2 │ cost USD 3.500000000001" in output
    assert "2026-09 │ landed │ 1 │ cost USD 7.00" in output
    assert sorted(read) == ["exports/a/2026-08/part.csv", "exports/a/2026-09/part.csv"]
    code, output = run("gs://acme-bills/exports/a/")
    assert output.count("unchanged") == 2


def test_only_replaced_objects_are_downloaded_again(
    put: Put, read: list[str], tmp_path: Path
) -> None:
    exports, lake = tmp_path / "exports.toml", tmp_path / "lake"
    exports.write_text('[[export]]\nfeed = "gcp_standard"\npath = "gs://acme-bills/exports"\n')
    (export,) = read_exports(exports)
    put("exports/2026-08/part.csv", bill("2026-08", "1"))
    put("exports/2026-09/part.csv", bill("2026-09", "2"))

    def land() -> tuple[list[str], list[str]]:
        read.clear()
        results = land_export(export, None, lake)
        return [result.status for result in results], sorted(read)

    august, september = "exports/2026-08/part.csv", "exports/2026-09/part.csv"
    assert land() == (["landed", "landed"], [august, september])
    assert land() == (["unchanged", "unchanged"], [])
    # As long as before: the generation tells.
    put(september, bill("2026-09", "3"))
    assert land() == (["unchanged", "restated"], [september])
    cost = next(total for total in list(landed(lake))[-1].control_totals if total.measure == "cost")
    assert cost.amount == 3


def test_one_object_may_be_named(put: Put, run: Run, read: list[str]) -> None:
    put("exports/bill.csv", bill("2026-09", "2"))
    put("exports/bill.csv.old.csv", bill("2026-09", "9"))
    code, output = run("gs://acme-bills/exports/bill.csv")
    assert (code, read) == (0, ["exports/bill.csv"]), output


def test_an_object_that_is_stored_packed_lands_once(put: Put, run: Run, read: list[str]) -> None:
    put("exports/bill.csv", gzip.compress(bill("2026-09", "1.5", "2").encode()), "gzip")
    code, output = run("gs://acme-bills/exports")
    assert code == 0, output
    assert "2026-09 │ landed │ 2 │ cost USD 3.50" in output
    assert "unchanged" in run("gs://acme-bills/exports")[1]
    assert read == ["exports/bill.csv"]


def test_a_damaged_transfer_never_lands(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("exports/bill.csv", bill("2026-09", "2"))
    whole = Storage.get_file

    def damaged(*arguments: Any, **options: Any) -> bytes:
        return bytes(whole(*arguments, **options)).replace(b",2,", b",3,")

    monkeypatch.setattr(Storage, "get_file", damaged)
    address = read_address("gs://acme-bills/exports")
    assert address is not None
    with pytest.raises(Interrupted, match=r"connection to Cloud Storage broke \(DataCorruption\)"):
        fetch(address, tmp_path / "lake")
    assert not list(tmp_path.rglob("bill.csv"))


def test_one_object_is_that_one_however_often_it_is_listed(put: Put) -> None:
    put("exports/one.csv", bill("202509", "1"))
    put("exports/two.csv", bill("202509", "2"))
    address = read_address("gs://acme-bills/exports/one.csv")
    assert address is not None
    store = CloudStorage(address)
    assert [[one.key for one in store.contents()] for _ in range(2)] == [["one.csv"]] * 2


@pytest.mark.parametrize(
    "broken",
    [
        urllib3.exceptions.ProtocolError("Connection broken"),
        requests.exceptions.ChunkedEncodingError("Connection broken"),
        google.auth.exceptions.TransportError("no route"),
        google.api_core.exceptions.RetryError("deadline", None),
        ConnectionError("the content is longer"),
    ],
)
def test_what_breaks_on_its_way_may_be_tried_again(broken: Exception) -> None:
    address = read_address("gs://acme-bills/exports")
    assert address is not None
    with (
        pytest.raises(Interrupted, match="Check the network, and try again"),
        explained(address, "Cloud Storage", missing="", needs=""),
    ):
        raise broken


def test_answers_of_a_token_server_are_not_shown() -> None:
    address = read_address("gs://acme-bills/exports")
    assert address is not None
    answer = google.auth.exceptions.RefreshError("No access token.", {"id_token": "eyJhbGciOi"})
    with (
        pytest.raises(IngestError, match="does not accept the credentials") as shown,
        explained(address, "Cloud Storage", missing="", needs=""),
    ):
        raise answer
    assert "eyJ" not in str(shown.value)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("gs://no-such-bucket/exports", "There is no bucket no-such-bucket: check its name."),
        ("gs://acme-bills/nothing", "gs://acme-bills/nothing holds no bill files"),
        ("gs://acme-bills/exports?region=eu", "there is no option 'region'. It takes none."),
        ("gs://acme-bills/exports?access_token=x", "must not hold a password, key or signature"),
    ],
)
def test_wrong_addresses_say_the_remedy(address: str, said: str, put: Put, run: Run) -> None:
    code, output = run(address)
    assert code == 2
    assert said in output


def test_without_credentials_the_ways_to_sign_in_are_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("GOOGLE_", "STORAGE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    code, output = run("gs://acme-bills/exports")
    assert code == 2
    assert "there are no Google credentials here. Run `gcloud auth application-default" in output
    code, output = run("bigquery://acme/billing/gcp_billing_export_v1_A")
    assert code == 2
    assert "there are no Google credentials here." in output
