"""Files made to break the landing: one clear error, bounded memory, nothing half-written."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.ingest.discovery import deliveries
from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import land
from orchestration.ingest.providers import manifests

HEADERS = (
    "line_item_usage_start_date,bill_payer_account_id,bill_billing_period_start_date,"
    "line_item_currency_code,line_item_unblended_cost,line_item_line_item_description,"
    "resource_tags_user_team"
)
ROW = "2026-09-01T00:00:00Z,1,2026-09-01T00:00:00Z,USD,1.5,{0},{1}"
# DuckDB's limit in the landing, and as much again for Python, Arrow and DuckDB's own buffers.
MOST_MIB = 900
# VmHWM is of this process alone: a new program starts it anew, unlike ru_maxrss.
CHILD = """
import sys
from pathlib import Path
from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import land
try:
    land([Path(sys.argv[1])], "aws_cur2", "x", Path(sys.argv[2]), memory="400MB")
except IngestError as error:
    print(error)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)
"""


def _csv(*rows: str, headers: str = HEADERS) -> bytes:
    return ("\n".join([headers, *rows]) + "\n").encode()


def _refused(path: Path, lake: Path) -> str:
    """Land in a process of its own: one error, little memory, nothing left behind."""
    command = [sys.executable, "-c", CHILD, str(path), str(lake)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    *lines, peak = done.stdout.splitlines()
    assert len(lines) == 1
    assert int(peak) < MOST_MIB
    assert not list(lake.glob("aws_cur2/**/*.parquet"))
    assert not list(lake.glob("_staging/*/*"))
    return lines[0]


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def test_gzip_bomb(tmp_path: Path, lake: Path) -> None:
    bomb = tmp_path / "bill.csv.gz"
    member = gzip.compress(_csv(ROW.format("a", "b")) + b" " * (1 << 26), 9)
    bomb.write_bytes(member * 64)
    assert "400 times its size" in _refused(bomb, lake)


def test_zip_bomb(tmp_path: Path, lake: Path) -> None:
    bomb = tmp_path / "bill.csv.zip"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bill.csv", "w") as member,
    ):
        member.write(_csv(ROW.format("a", "b")))
        for _ in range(512):
            member.write(b" " * (1 << 20))
    assert "400 times its size" in _refused(bomb, lake)


def test_zstd_bomb(tmp_path: Path, lake: Path) -> None:
    bomb = tmp_path / "bill.csv.zst"
    bomb.write_bytes(pa.compress(b" " * (1 << 29), "zstd", asbytes=True) * 8)
    assert "400 times its size" in _refused(bomb, lake)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(
            b"PK\x03\x04" + os.urandom(2000), "a ZIP archive that cannot be read", id="zip"
        ),
        pytest.param(_csv(ROW.format("a", "b")).decode().encode("cp037"), "UTF-8", id="EBCDIC"),
        pytest.param(
            _csv(*[ROW.format("a", "b")] * 2000) + b"2026-09-01,1,2026-09-01,USD,1,\xe9t\xe9,a\n",
            "damaged",
            id="latin-1",
        ),
        pytest.param(_csv(ROW.format("x" * 10_000_000, "b")), "line 2: longer", id="10 MB field"),
        pytest.param(_csv(ROW.format('"open', "b"), ROW.format("a", "b")), "damaged", id="quote"),
        pytest.param(b"\0" * 100_000, "NUL", id="NUL"),
        pytest.param(
            (",".join(f"c{i}" for i in range(2_000_000)) + "\n").encode(),
            "first line",
            id="columns",
        ),
        pytest.param(
            _csv(ROW.format("a", "b") + ",2", headers=HEADERS + ",line_item_unblended_cost"),
            "could each be line_item_unblended_cost",
            id="duplicate header",
        ),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested", id="deep JSON"),
        pytest.param(b'{"a":' * 1_000 + b"1" + b"}" * 1_000, "nested", id="deep JSON, 1000"),
    ],
)
def test_hostile_text(content: bytes, says: str, tmp_path: Path, lake: Path) -> None:
    bill = tmp_path / "bill.csv"
    bill.write_bytes(content)
    assert says in _refused(bill, lake)


def test_formulas_and_deep_json_in_tags_are_only_text(tmp_path: Path, lake: Path) -> None:
    deep = '{""a"":' * 100_000 + "1" + "}" * 100_000
    bill = tmp_path / "bill.csv"
    bill.write_bytes(
        _csv(
            ROW.format("a", "=cmd()|' /C calc'!A0") + "," + f'"{deep}"',
            headers=HEADERS + ",cost_category",
        )
    )
    land([bill], "aws_cur2", "x", lake)
    tags, total = duckdb.sql(
        "SELECT any_value(resource_tags), sum(line_item_unblended_cost)"
        f" FROM '{lake}/aws_cur2/x/*/data.parquet'"
    ).fetchone() or ("", 0)
    assert json.loads(tags) == {"user:team": "=cmd()|' /C calc'!A0"}
    assert total == 1.5


def test_parquet_that_lies_about_itself(tmp_path: Path, lake: Path) -> None:
    bill = tmp_path / "bill.parquet"
    names = HEADERS.split(",")
    values = ROW.format("a", "b").split(",")
    pq.write_table(pa.table({n: [v] * 1000 for n, v in zip(names, values, strict=True)}), bill)
    whole = bill.read_bytes()
    footer = int.from_bytes(whole[-8:-4], "little")
    for lie in (
        whole[:-8] + (1 << 31).to_bytes(4, "little") + b"PAR1",
        whole[:-8] + (footer // 2).to_bytes(4, "little") + b"PAR1",
        whole[:100] + whole[-footer - 8 :],
        b"PAR1" + b"\xff" * 100 + b"PAR1",
    ):
        bill.write_bytes(lie)
        assert "damaged" in _refused(bill, lake)


@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_only_regular_files_are_read(kind: str, tmp_path: Path, lake: Path) -> None:
    path = Path("/dev/zero") if kind == "device" else tmp_path / "bill.csv"
    if kind == "fifo":
        os.mkfifo(path)
    assert "regular file" in _refused(path, lake)
    with pytest.raises(IngestError, match="neither a file nor a folder"):
        deliveries(path)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (["../secret.csv"], "leaves the report's folder"),
        (["/etc/passwd"], "no such file near it"),
        (["link.csv"], "link out of the report's folder"),
        (["a.csv"] * (manifests.MOST_FILES + 1), "no report has more than"),
    ],
)
def test_path_tricks_in_manifests(keys: list[str], says: str, tmp_path: Path) -> None:
    folder = tmp_path / "outer" / "cur" / "20260901-20261001"
    folder.mkdir(parents=True)
    (tmp_path / "secret.csv").write_bytes(_csv(ROW.format("a", "b")))
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "x-Manifest.json").write_text(json.dumps({"reportKeys": keys}))
    with pytest.raises(IngestError, match=says):
        deliveries(folder)
