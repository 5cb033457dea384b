"""Two builds of one installation take turns, and say whom they wait for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration import runner
from orchestration.ingest.errors import IngestError
from orchestration.runner import JobFailedError, alone, plainly, run_job
from orchestration.settings import Settings

HOLD = """
import sys, time
from pathlib import Path
from orchestration.runner import alone
from orchestration.settings import Settings
with alone(Settings(Path(sys.argv[1])), None):
    print("held", flush=True)
    time.sleep(1)
    Path(sys.argv[1], "done").touch()
"""
OPEN = """
import duckdb, sys
with duckdb.connect(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_second_build_waits_for_the_first_and_names_its_process(tmp_path: Path) -> None:
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert first.stdout
    assert first.stdout.readline().strip() == "held"
    said: list[str] = []
    with alone(Settings(tmp_path), said.append):
        assert (tmp_path / "done").exists(), "the first had not ended"
    first.wait(10)
    assert said == [f"process {first.pid} is building in {tmp_path}: waiting until it has ended"]


def test_build_that_isalone_does_not_wait_even_after_one_was_killed(tmp_path: Path) -> None:
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert first.stdout
    assert first.stdout.readline().strip() == "held"
    first.kill()
    first.wait(10)
    said: list[str] = []
    before = time.monotonic()
    with alone(Settings(tmp_path), said.append):
        pass
    assert said == []
    assert time.monotonic() - before < 1


def test_warehouse_that_somebody_has_open_is_one_line_with_the_process(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    other = subprocess.Popen(
        [sys.executable, "-c", OPEN, str(file)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout
    assert other.stdout.readline().strip() == "held"
    with pytest.raises(duckdb.IOException) as caught:
        duckdb.connect(str(file))
    other.communicate("")
    said = plainly(f"dbt failed\n{caught.value}\nmore")
    assert said.startswith(f"the warehouse is held by process {other.pid} (")
    assert said.endswith("wait until it has ended, or close it there, and build again")
    assert "\n" not in said
    assert plainly("another error") == "another error"


@dg.asset
def budgets() -> None:
    """An asset."""


@dg.asset
def bills() -> None:
    try:
        raise OSError("what the cloud's SDK says")
    except OSError as error:
        raise IngestError("s3://acme: no such bucket. Check its name.") from error


@dg.asset
def endless() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)


def test_who_interrupts_a_build_is_told_so_and_no_class_of_dagsters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dg.Definitions(assets=[endless], jobs=[dg.define_asset_job("everything")])
    monkeypatch.setattr(runner, "assemble", lambda settings: made)
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    with pytest.raises(JobFailedError, match=r"\nendless: interrupted\. Build again"):
        run_job(Settings(tmp_path), "everything")


def test_a_failed_build_says_tollgates_own_words_and_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dg.Definitions(assets=[bills], jobs=[dg.define_asset_job("everything")])
    monkeypatch.setattr(runner, "assemble", lambda settings: made)
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    with pytest.raises(JobFailedError) as failed:
        run_job(Settings(tmp_path), "everything")
    said = "job everything failed\nbills: s3://acme: no such bucket. Check its name."
    assert str(failed.value) == said


@dg.asset_check(asset=budgets, description="No budget\nis over.")
def hold() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=False,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"dagster_dbt/failed_row_count": 2},
    )


def test_what_checks_warn_of_reaches_whoever_builds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was in Dagster's UI alone, though the README had builds warn of budgets."""
    job = dg.define_asset_job("everything")
    made = dg.Definitions(assets=[budgets], asset_checks=[hold], jobs=[job])
    monkeypatch.setattr(runner, "assemble", lambda settings: made)
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    said = run_job(Settings(tmp_path), "everything")
    assert said == ["budgets hold (rows: 2): No budget is over."]
