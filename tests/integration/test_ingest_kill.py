"""Killing an ingest at any point: the old or the new partition stays, the same command finishes.

The process is really killed, with SIGKILL: before every rename it makes, after the last one, and
at moments of the clock.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.ingest.landing import land
from orchestration.ingest.manifest import landed
from orchestration.ingest.verification import verify

MONTHS = ("2025-09", "2025-10", "2025-11")
# Original, facts, then of each month data and manifest, superseded and new.
RENAMES = 2 + 4 * len(MONTHS)

LAND = """
import sys
from pathlib import Path
from orchestration.ingest.landing import land

land([Path(sys.argv[1])], "aws_cur2", "default", Path(sys.argv[2]))
"""

# The same, but the process kills itself at its n-th rename, before or after it happens.
LAND_AND_DIE = (
    """
import os, signal, sys
from pathlib import Path

original, count = Path.replace, 0

def replace(self, target):
    global count
    count += 1
    if count == int(sys.argv[3]) and sys.argv[4] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    original(self, target)
    if count == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

Path.replace = replace
"""
    + LAND
)


def write_bill(path: Path, version: int, rows: int = 300) -> Path:
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            [
                "bill_payer_account_id",
                "bill_billing_period_start_date",
                "line_item_usage_start_date",
                "line_item_currency_code",
                "line_item_unblended_cost",
            ]
        )
        for i in range(rows):
            month = MONTHS[i % len(MONTHS)]
            writer.writerow(["1", f"{month}-01", f"{month}-02", "USD", f"{version}.{i:03}"])
    return path


def contents(lake: Path) -> dict[str, list[tuple[Any, ...]]]:
    return read(lake.glob("aws_cur2/default/billing_period=*/data.parquet"))


def kept(lake: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The superseded version of each month."""
    return read(lake.glob("aws_cur2/default/billing_period=*/_superseded/*/data.parquet"))


def read(files: Iterable[Path]) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    with duckdb.connect() as db:
        for data in sorted(files):
            query = f"FROM read_parquet('{data}', hive_partitioning = false)"
            month = next(part for part in data.parts if part.startswith("billing_period="))
            found[month] = db.execute(query).fetchall()
    return found


def history(lake: Path) -> list[tuple[Any, ...]]:
    return [
        (m.billing_period, m.landing_id, m.rows, [old.landing_id for old in m.previous])
        for m in landed(lake)
    ]


class Bills:
    """An old and a new delivery, the lake before, and the lake after an undisturbed landing."""

    def __init__(self, folder: Path) -> None:
        old = write_bill(folder / "old.csv", 1)
        self.new = write_bill(folder / "new.csv", 2)
        self.before = folder / "before"
        land([old], "aws_cur2", "default", self.before)
        self.after = folder / "after"
        shutil.copytree(self.before, self.after)
        land([self.new], "aws_cur2", "default", self.after)

    def check(self, lake: Path) -> None:
        """What must hold after a kill, and after the same command was run again."""
        old, new = contents(self.before), contents(self.after)
        for period, rows in contents(lake).items():
            assert rows in (old[period], new[period]), f"{period} is torn"
            assert rows == old[period] or kept(lake)[period] == old[period], f"{period} is lost"
        assert land([self.new], "aws_cur2", "default", lake)
        assert contents(lake) == new
        assert history(lake) == history(self.after)
        assert kept(lake) == old
        assert all(check.ok for check in verify(lake))
        assert list((lake / "_staging").iterdir()) == []
        for original in lake.glob("_originals/*/*.csv"):
            digest = hashlib.sha256(original.read_bytes()).hexdigest()
            assert original.parent.name == digest


@pytest.fixture(scope="module")
def bills(tmp_path_factory: pytest.TempPathFactory) -> Bills:
    return Bills(tmp_path_factory.mktemp("bills"))


@pytest.mark.parametrize(
    ("rename", "when"), [*((n, "before") for n in range(1, RENAMES + 1)), (RENAMES, "after")]
)
def test_killed_at_a_rename(rename: int, when: str, bills: Bills, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(bills.before, lake)
    command = [sys.executable, "-c", LAND_AND_DIE, str(bills.new), str(lake), str(rename), when]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    bills.check(lake)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.7, 0.9])
def test_killed_by_the_clock_while_it_works(share: float, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    old = write_bill(tmp_path / "old.csv", 1)
    new = write_bill(tmp_path / "new.csv", 2, rows=30_000)
    land([old], "aws_cur2", "default", lake)
    whole = tmp_path / "whole"
    shutil.copytree(lake, whole)
    started = time.monotonic()
    land([new], "aws_cur2", "default", whole)
    takes = time.monotonic() - started

    process = subprocess.Popen([sys.executable, "-c", LAND, new, lake])
    # The clock begins when the process begins to work: its working folder appears.
    while not list(lake.glob("_staging/*.lock")) and process.poll() is None:
        time.sleep(0.001)
    time.sleep(share * takes)
    process.kill()
    process.wait()

    before, after = contents(lake), contents(whole)
    assert set(before) == set(after)
    assert land([new], "aws_cur2", "default", lake)
    assert contents(lake) == after
    assert history(lake) == history(whole)
    assert list((lake / "_staging").iterdir()) == []
