"""The real samples' process, from the company's side: started first, asked for its result last.

Imports nothing of what it starts: importing Dagster and dbt takes seconds, and both processes do
it at the same time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestration.settings import PROJECT_ROOT, Settings

RESULT, LOG = "samples.json", "samples.log"


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
    """Start the samples in an installation of their own; they end with the block at the latest."""
    home = settings.home / "demo" / "samples"
    home.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"TOLLGATE_HOME": str(home), "TOLLGATE_ENGINE": settings.engine}
    with (home / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "orchestration.demo.samples"],
            env=environment,
            cwd=PROJECT_ROOT,
            stdout=log,
            stderr=log,
        )
    try:
        yield SamplesRun(process, home)
    finally:
        process.terminate()
        process.wait()
