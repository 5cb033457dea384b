"""The files of the demo company: identical bytes, the size asked for, deliveries and exports."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import duckdb
import pytest

from orchestration.demo.generator import DemoCompany, generate


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> DemoCompany:
    return generate(tmp_path_factory.mktemp("acme"), rows=20_000)


def _tree(root: Path) -> dict[str, str]:
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.name != "exports.toml"
    }


def test_same_rows_and_seed_give_identical_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    generate(first, rows=20_000)
    generate(again, rows=20_000)
    generate(other, rows=20_000, seed=8)
    assert _tree(first) == _tree(again)
    assert _tree(first) != _tree(other)


@pytest.mark.parametrize("rows", [20_000, 35_000, 120_000])
def test_the_bills_have_the_rows_that_were_asked_for(rows: int, tmp_path: Path) -> None:
    assert abs(generate(tmp_path, rows=rows).rows / rows - 1) <= 0.10


def test_restated_months_keep_their_first_delivery_beside_the_current_one(
    acme: DemoCompany,
) -> None:
    first = {(d.feed, d.period) for d in acme.first_deliveries}
    assert first == {
        ("aws_cur_legacy", "2026-02"),
        ("aws_cur2", "2026-08"),
        ("azure_actual", "2026-09"),
        ("azure_amortized", "2026-09"),
    }
    folder = acme.bills / "aws" / "legacy" / "20260201-20260301"
    named = json.loads((folder / "acme-cur-Manifest.json").read_text())["assemblyId"]
    assemblies = {p.name for p in folder.iterdir() if p.is_dir()}
    assert named in assemblies and len(assemblies) == 2
    assert all(named not in str(f) for d in acme.first_deliveries for f in d.files)


def test_a_restatement_withdraws_charges_and_brings_late_ones(
    acme: DemoCompany,
) -> None:
    early = next(d for d in acme.first_deliveries if d.feed == "aws_cur2").files[0]
    now = acme.bills / "aws" / "cur2" / "BILLING_PERIOD=2026-08" / "*.parquet"
    for one, other in ((early, now), (now, early)):
        only = duckdb.sql(
            f"select count(*) from '{one}' a anti join '{other}' b using (identity_line_item_id) "
            "where a.line_item_line_item_type = 'Usage'"
        ).fetchall()[0][0]
        assert only > 0


def test_exports_file_names_every_feed_with_existing_folders(acme: DemoCompany) -> None:
    entries = tomllib.loads(acme.exports.read_text())["export"]
    assert len(entries) == 9
    for entry in entries:
        assert Path(entry["path"]).is_absolute() and any(Path(entry["path"]).iterdir())
        periods = (
            2 if entry["feed"] == "resource_inventory" else 7 if "aws" in entry["feed"] else 14
        )
        assert len(list(Path(entry["path"]).iterdir())) == periods


def test_progress_tells_each_step_once_up_to_the_announced_number(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    generate(tmp_path, rows=20_000, progress=lambda _, done, total: steps.append((done, total)))
    assert [done for done, _ in steps] == list(range(1, steps[0][1] + 1))


def test_two_million_rows_need_no_more_than_600_megabytes(tmp_path: Path) -> None:
    # VmHWM, not ru_maxrss: the latter survives exec and would tell the peak of the test runner.
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from orchestration.demo.generator import generate\n"
        "acme = generate(Path(sys.argv[1]), rows=2_000_000)\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(acme.rows, status.split('VmHWM:')[1].split()[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    rows, kilobytes = map(int, done.stdout.split())
    assert abs(rows / 2_000_000 - 1) < 0.1
    assert kilobytes < 600 * 1024
