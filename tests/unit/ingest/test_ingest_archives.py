"""Bills in ZIP archives: read like the file in them, or refused with the reason."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.conformance.check import check_file
from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import land
from orchestration.ingest.recognition import recognise
from tests.unit.ingest.conftest import BILLING

Landed = Callable[..., list[dict[str, Any]]]


def archive(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("sample", "feed", "method"),
    [
        ("azure/finops_toolkit_EA_ActualCost_Small.csv", "azure_actual", zipfile.ZIP_DEFLATED),
        ("kubernetes/opencost_allocation_example.json", "kubernetes_opencost", zipfile.ZIP_STORED),
    ],
    ids=["deflated CSV", "stored JSON"],
)
def test_an_archive_lands_like_the_file_in_it(
    sample: str, feed: str, method: int, tmp_path: Path, landed: Landed
) -> None:
    plain, lake = BILLING / sample, tmp_path / "lake"
    bill = archive(
        tmp_path / "bill.zip",
        {"a folder/": b"", "a folder/bill": plain.read_bytes(), "__MACOSX/._bill": b"x"},
        method,
    )
    assert recognise(bill) == feed
    declared = {"currency": "USD"} if feed == "kubernetes_opencost" else {}
    land([bill], feed, "default", lake, declared=declared)
    packed = landed(feed, "* EXCLUDE (x_source_file, x_landing_id, x_export)")
    assert {row["x_source_file"] for row in landed(feed)} == {"bill.zip"}
    land([plain], feed, "default", lake, declared=declared)
    assert packed == landed(feed, "* EXCLUDE (x_source_file, x_landing_id, x_export)")
    assert not list(lake.rglob("*.unpacked"))


def test_an_archive_of_focus_is_checked(tmp_path: Path) -> None:
    plain = BILLING / "focus/aws_export_1.2_handmade.csv"
    found = check_file(archive(tmp_path / "bill.zip", {"bill.csv": plain.read_bytes()}))
    assert (found.file, found.rows) == ("bill.zip", check_file(plain).rows)


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({}, r"of 0 files, and one is read\. Unpack it"),
        ({"a.csv": b"a\n", "b.csv": b"b\n"}, r"of 2 files, and one is read\. Unpack it"),
        ({"[Content_Types].xml": b"", "xl/workbook.xml": b""}, r"is a workbook.* Save it as CSV"),
        ({"a.csv.gz": gzip.compress(b"a\n")}, r"an archive that holds another one\. Unpack it"),
        ({"a.zip": b"PK\x03\x04"}, r"an archive that holds another one\. Unpack it"),
        ({"../../a.csv": b""}, r"is empty \(0 bytes\)"),
    ],
    ids=["nothing", "two bills", "workbook", "gzip", "zip", "a way out"],
)
def test_other_archives_are_refused(members: dict[str, bytes], says: str, tmp_path: Path) -> None:
    bill = archive(tmp_path / "bill.zip", members)
    with pytest.raises(IngestError, match=rf"bill\.zip .*{says}|bill\.zip {says}"):
        recognise(bill)
    assert [path.name for path in tmp_path.iterdir()] == ["bill.zip"]


@pytest.mark.parametrize("kept", [0.2, 0.7, 0.99])
def test_a_cut_archive_is_refused(kept: float, tmp_path: Path) -> None:
    plain = BILLING / "azure/finops_toolkit_EA_ActualCost_Small.csv"
    bill = archive(tmp_path / "bill.zip", {"bill.csv": plain.read_bytes()})
    bill.write_bytes(bill.read_bytes()[: int(bill.stat().st_size * kept)])
    with pytest.raises(IngestError, match=r"bill\.zip is a ZIP archive that cannot be read"):
        recognise(bill)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_of_another_compression_is_refused(method: int, tmp_path: Path) -> None:
    """What LZMA needs to be unpacked, the archive says: gigabytes, if it likes."""
    bill = archive(tmp_path / "bill.zip", {"bill.csv": b"a,b\n"}, method)
    with pytest.raises(IngestError, match=r"cannot be read \(its compression is not Deflate\)"):
        recognise(bill)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    plain = BILLING / "azure/finops_toolkit_EA_ActualCost_Small.csv"
    bill = archive(tmp_path / "bill.zip", {"bill.csv": plain.read_bytes()}, zipfile.ZIP_STORED)
    content = bytearray(bill.read_bytes())
    content[len(content) // 2] ^= 1
    bill.write_bytes(content)
    with pytest.raises(IngestError, match=r"cannot be read \(Bad CRC-32"):
        recognise(bill)
