"""What the demo does in other processes: the real samples, and the company's bills.

Imports nothing of what it starts: importing Dagster and dbt takes seconds, and all processes do
their part of it at the same time.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from orchestration.demo.generator import DemoCompany

RESULT, LOG = "samples.json", "samples.log"
WATCH_SECONDS = 0.5
# How much nicer the samples are; more could starve them on a busy machine.
BEHIND = 10


def end_with(parent: int) -> None:
    """End this process soon after its parent has, however that ended.

    What is killed ends no children; they would go on writing beside the next demo.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


class SamplesFailedError(RuntimeError):
    """The samples' own process failed; the message is what it last said."""


class SamplesRun:
    """The samples' process, while it runs beside the company's."""

    def __init__(self, process: subprocess.Popen[bytes], home: Path) -> None:
        self._process = process
        self._home = home

    def result(self) -> list[dict[str, Any]]:
        """Wait, and give what `SampleTotal.as_dict` gave."""
        if self._process.wait() != 0:
            said = (self._home / LOG).read_text().strip().splitlines()
            raise SamplesFailedError(f"the real samples failed: {said[-1] if said else 'silently'}")
        totals: list[dict[str, Any]] = json.loads((self._home / RESULT).read_text())
        return totals


@contextmanager
def running_samples(settings: Settings) -> Iterator[SamplesRun]:
    """Start the samples in an installation of their own; they end with the block at the latest.

    Always on DuckDB: the company may have PostgreSQL's database, which is one for all homes.
    """
    home = settings.home / "demo" / "samples"
    home.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"TOLLGATE_HOME": str(home), "TOLLGATE_ENGINE": "duckdb"}
    with (home / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "orchestration.demo.samples", str(os.getpid())],
            env=environment,
            cwd=PROJECT_ROOT,
            stdout=log,
            stderr=log,
        )
    # From its first import on: the company's bills are what the reader waits for.
    os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + BEHIND)
    try:
        yield SamplesRun(process, home)
    finally:
        process.terminate()
        process.wait()


class BillsFailedError(RuntimeError):
    """The process that writes the company's bills ended without them."""


class BillsRun:
    """The company's bills, while another process writes them."""

    def __init__(self, told: Connection) -> None:
        self._told = told

    def result(self, say: Callable[[str], None]) -> DemoCompany:
        """Wait, and pass on what is being written."""
        while True:
            try:
                heard = self._told.recv()
            except EOFError as error:
                raise BillsFailedError(
                    "the company's bills were not written: see the error above; free disk space "
                    "or choose fewer --rows if it is that"
                ) from error
            if not isinstance(heard, str):
                company: DemoCompany = heard
                return company
            say(heard)


@contextmanager
def writing_bills(out: Path, rows: int, seed: int) -> Iterator[BillsRun]:
    """Begin to write the company's bills below `out`; ended with the block at the latest."""
    fresh = multiprocessing.get_context("spawn")
    told, tell = fresh.Pipe(duplex=False)
    process = fresh.Process(target=_write_bills, args=(tell, out, rows, seed), daemon=True)
    process.start()
    # The writer's end is the process's alone: when it ends, reading ends.
    tell.close()
    try:
        yield BillsRun(told)
    finally:
        process.terminate()
        process.join()


def _write_bills(tell: Connection, out: Path, rows: int, seed: int) -> None:
    from orchestration.demo.generator import generate  # noqa: PLC0415

    def progress(what: str, done: int, total: int) -> None:
        tell.send(f"{what} {done}/{total}")

    tell.send(generate(out, rows=rows, seed=seed, progress=progress))
