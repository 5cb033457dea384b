"""A demo that is killed takes its processes with it, and two never share an installation."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli.app import app
from orchestration.runner import dagster_instance
from orchestration.settings import Settings

TOLLGATE = Path(sys.executable).with_name("tollgate")


def processes_of(home: Path) -> Iterator[int]:
    """Processes whose installation is `home` or below it."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if f"TOLLGATE_HOME={home}".encode() in environment:
            yield int(folder.name)


def wait_until(seconds: float, holds: object) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():  # type: ignore[operator]
            return True
        time.sleep(0.2)
    return False


def test_processes_of_a_killed_demo_end_by_themselves(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [TOLLGATE, "demo", "--rows", "20000"],
        env=os.environ | {"TOLLGATE_HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert wait_until(60, lambda: len(list(processes_of(tmp_path))) >= 3)
    finally:
        demo.kill()
        demo.wait()
    # One that is nicer than others may wait long for the processor to notice, beside other tests.
    assert wait_until(180, lambda: not list(processes_of(tmp_path)))


def test_second_demo_in_the_same_home_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    (tmp_path / "demo").mkdir()
    with (tmp_path / "demo" / ".lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = CliRunner().invoke(app, ["demo"])
    assert done.exit_code == 2
    assert "another demo is running" in done.output
    assert not (tmp_path / "demo" / "company").exists()


def test_dagster_storage_that_a_killed_process_left_half_made_is_made_anew(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, engine="duckdb")
    for left in (".dagster.unfinished", "dagster"):
        history = tmp_path / left / "history"
        history.mkdir(parents=True)
        (history / "runs.db").write_bytes(b"cut off")
    with dagster_instance(settings) as instance:
        assert list(instance.get_runs()) == []


def test_dagster_storage_is_made_once_by_processes_that_start_together(tmp_path: Path) -> None:
    opened = (
        "from pathlib import Path\n"
        "from orchestration.runner import dagster_instance\n"
        "from orchestration.settings import Settings\n"
        f"with dagster_instance(Settings(Path({str(tmp_path)!r}), 'duckdb')) as instance:\n"
        "    print(len(instance.get_runs()))"
    )

    def run(_: int) -> str:
        done = subprocess.run(
            [sys.executable, "-c", opened], capture_output=True, text=True, check=False
        )
        return done.stdout.strip() or done.stderr

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(run, range(3))) == ["0", "0", "0"]


def test_shell_without_a_demo_is_refused_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    done = CliRunner().invoke(app, ["demo", "--shell"])
    assert done.exit_code == 2
    assert "run `tollgate demo` first" in done.stderr
