"""Several ingests of the same partition at once: one after the other wins, none tears it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb

from orchestration.ingest.lake import ensure_contracts
from orchestration.ingest.manifest import landed
from orchestration.ingest.verification import verify

LAND = """
import sys
from pathlib import Path
from orchestration.ingest.lake import ensure_contracts
from orchestration.ingest.landing import land

ensure_contracts(Path(sys.argv[2]))
land([Path(sys.argv[1])], "business_drivers", sys.argv[3], Path(sys.argv[2]))
"""


def write_drivers(path: Path, quantity: int) -> Path:
    rows = [f"2025-09-{1 + i % 30:02},orders,{quantity}" for i in range(3_000)]
    path.write_text("\n".join(["metric_date,metric,quantity", *rows]) + "\n")
    return path


def land_at_once(lake: Path, *jobs: tuple[Path, str]) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", LAND, bill, lake, export]) for bill, export in jobs
    ]
    assert [process.wait() for process in processes] == [0] * len(jobs)


def test_two_versions_of_a_month_at_once(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    bills = [write_drivers(tmp_path / f"{n}.csv", n) for n in (1, 2, 3)]
    land_at_once(lake, *[(bill, "default") for bill in bills])
    manifests = list(landed(lake))
    assert [m.rows for m in manifests] == [3_000]
    # Each saw the one before it: whoever came last has the other two as its history.
    assert len({old.landing_id for old in manifests[0].previous}) == 2
    assert all(check.ok for check in verify(lake))
    with duckdb.connect() as db:
        data = lake / "business_drivers/default/billing_period=2025-09/data.parquet"
        assert len(db.execute(f"SELECT DISTINCT quantity FROM '{data}'").fetchall()) == 1


def test_same_file_into_several_exports_at_once(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    bill = write_drivers(tmp_path / "d.csv", 1)
    land_at_once(lake, (bill, "a"), (bill, "b"), (bill, "c"))
    assert [m.export for m in landed(lake)] == ["a", "b", "c"]
    assert all(check.ok for check in verify(lake))
    assert len(list(lake.glob("_originals/*/d.csv"))) == 1
    ensure_contracts(lake)
