"""Bills in Azure Blob Storage, against Microsoft's emulator: fetched once, landed, restated."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from azure.storage.blob import BlobServiceClient, ContentSettings

from orchestration.ingest import listing
from orchestration.ingest.exports import land_export, read_exports, unreadable
from orchestration.ingest.providers import azure_blob
from orchestration.ingest.providers.azure_blob import Blobs
from orchestration.ingest.stores import Remote
from tests.fetching import fetch
from tests.integration.azure_bills import address, bill, ingest, words
from tests.integration.azurite import ACCOUNT, AVAILABLE, KEY, azurite

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="the emulator needs Node.js and npm")

CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"
BLOBS = f"abfss://bills@{ACCOUNT}.dfs.core.windows.net"


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    with azurite() as connection:
        yield connection


@pytest.fixture
def container(emulator: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.setenv(CONNECTION, emulator)
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    service = BlobServiceClient.from_connection_string(emulator)
    yield service.create_container("bills")
    service.delete_container("bills")


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of what is downloaded."""
    keys: list[str] = []

    class Watched(Blobs):
        def download(self, remote: Remote, target: BinaryIO) -> None:
            keys.append(remote.key)
            super().download(remote, target)

    monkeypatch.setattr(listing, "STORES", {"abfss": Watched, "https": Watched})
    return keys


def files(text: str, lake: Path) -> dict[str, bytes]:
    copy = fetch(address(text), lake)
    assert copy is not None
    found = [path for path in copy.rglob("*") if path.is_file()]
    return {path.relative_to(copy).as_posix(): path.read_bytes() for path in found}


def run(container: Any, name: str, submitted: str, content: bytes) -> None:
    """One run of an export, as Cost Management writes it into a month's folder."""
    folder = f"exports/daily/20250901-20250930/{name}"
    container.upload_blob(f"{folder}/part_0_0001.csv", content)
    manifest = {
        "runInfo": {"submittedTime": submitted},
        "blobs": [{"blobName": f"{folder}/part_0_0001.csv"}],
    }
    container.upload_blob(f"{folder}/manifest.json", json.dumps(manifest))


def test_current_run_is_landed_once_and_a_later_one_restates_it(
    container: Any, taken: list[str]
) -> None:
    run(container, "run-b", "2025-09-02T00:00:00Z", bill("1", "2"))
    run(container, "run-a", "2025-09-03T00:00:00Z", bill("10.000000001", "20"))
    first = ingest(f"{BLOBS}/exports/daily")
    assert first.exit_code == 0, first.output
    assert "30.000000001" in first.output
    assert [key for key in taken if key.endswith(".csv")] == [
        "20250901-20250930/run-a/part_0_0001.csv"
    ]
    taken.clear()
    assert "unchanged" in ingest(f"{BLOBS}/exports/daily").output
    assert not taken
    run(container, "run-c", "2025-09-04T00:00:00Z", bill("10.000000001", "20", "5"))
    assert "restated" in ingest(f"{BLOBS}/exports/daily").output
    assert len(taken) == 2


def test_a_replaced_blob_is_restated(container: Any, taken: list[str]) -> None:
    container.upload_blob("2025-09/bill.csv", bill("1", "2"))
    container.upload_blob("2025-10/bill.csv", bill("4", month="2025-10"))
    assert "landed" in ingest(BLOBS).output
    taken.clear()
    container.upload_blob("2025-09/bill.csv", bill("1", "3"), overwrite=True)
    assert "restated" in ingest(BLOBS).output
    assert taken == ["2025-09/bill.csv"]


def test_declared_addresses_are_fetched_by_month(container: Any, tmp_path: Path) -> None:
    for month in ("2025-09", "2025-10"):
        container.upload_blob(f"a b/{month}/bill.csv", bill("1.5", month=month))
    declared = tmp_path / "exports.toml"
    web = f"https://{ACCOUNT}.blob.core.windows.net/bills/a%20b"
    declared.write_text(f'[[export]]\nfeed = "azure_actual"\nname = "acme"\npath = "{web}"\n')
    (export,) = read_exports(declared)
    assert unreadable(export) is None
    landed = land_export(export, ["2025-10", "2025-11"], tmp_path / "lake")
    assert [(r.billing_period, r.status) for r in landed] == [("2025-10", "landed")]


def test_folders_are_neither_blobs_nor_others_that_begin_alike(
    container: Any, tmp_path: Path
) -> None:
    container.upload_blob("exports/a/one.csv", b"1")
    container.upload_blob("exports/ab/two.csv", b"2")
    # A hierarchical namespace lists its folders; one may be named like a bill.
    for folder in ("exports/a", "exports/a/old.csv"):
        container.upload_blob(folder, b"", metadata={"hdi_isfolder": "true"})
    container.upload_blob("exports/a/portal.csv/", b"")
    for end in ("exports/a", "exports/a/", "exports/a/one.csv"):
        assert files(f"{BLOBS}/{end}", tmp_path / "lake") == {"one.csv": b"1"}


def test_one_blob_is_that_one_however_often_it_is_listed(container: Any) -> None:
    container.upload_blob("exports/one.csv", b"1")
    container.upload_blob("exports/two.csv", b"2")
    store = Blobs(address(f"{BLOBS}/exports/one.csv"))
    assert [[one.key for one in store.contents()] for _ in range(2)] == [["one.csv"]] * 2


def test_blobs_arrive_whole_and_as_they_are_stored(container: Any, tmp_path: Path) -> None:
    large = bill(*(f"{number}.25" for number in range(120_000)))
    assert len(large) > 9e6
    container.upload_blob("large.csv", large)
    packed = gzip.compress(bill("1"))
    settings = ContentSettings(content_encoding="gzip", content_type="text/csv")
    container.upload_blob("packed.csv.gz", packed, content_settings=settings)
    container.upload_blob("empty.csv", b"")
    assert files(BLOBS, tmp_path / "lake") == {
        "large.csv": large, "packed.csv.gz": packed, "empty.csv": b"",
    }  # fmt: skip


def test_a_blob_that_is_stored_packed_lands_once(container: Any, taken: list[str]) -> None:
    settings = ContentSettings(content_encoding="gzip", content_type="text/csv")
    packed = gzip.compress(bill("1.5", "2"))
    container.upload_blob("2025-09/bill.csv", packed, content_settings=settings)
    assert "3.50" in ingest(BLOBS).output
    assert "unchanged" in ingest(BLOBS).output
    assert taken == ["2025-09/bill.csv"]


OF_ACCOUNT = f"AccountName={ACCOUNT};AccountKey={KEY}"


@pytest.mark.parametrize(
    ("text", "connection", "problem"),
    [
        (f"{BLOBS}/nothing", None, "holds no bill files"),
        (BLOBS.replace("//bills", "//absent"), None, "There is no such container"),
        (BLOBS.replace(ACCOUNT, "other"), None, "is of acmebills, another account"),
        (BLOBS, f"{OF_ACCOUNT};EndpointSuffix=core.usgovcloudapi.net", "another account"),
        (BLOBS, f"{OF_ACCOUNT};nonsense", "CONNECTION_STRING is malformed"),
        (BLOBS, f"BlobEndpoint=http://127.0.0.1:9/{ACCOUNT};SharedAccessSignature=sv=1&sig={KEY}",
         "cannot be reached (Connection refused)"),
        (BLOBS, "with a wrong key", "AuthorizationFailure (403)"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_a_remedy_and_no_secret(
    container: Any,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    connection: str | None,
    problem: str,
) -> None:
    container.upload_blob("bill.csv", bill("1"))
    monkeypatch.setattr(azure_blob, "STORAGE_OPTIONS", {"retry_total": 0})
    if connection == "with a wrong key":
        connection = os.environ[CONNECTION].replace(KEY, "YW5vdGhlciBrZXk=")
    if connection:
        monkeypatch.setenv(CONNECTION, connection)
    done = ingest(text)
    assert done.exit_code == 2
    assert problem in words(done)
    assert KEY not in done.output
