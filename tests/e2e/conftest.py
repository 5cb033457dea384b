"""One small demo, run once as a newcomer runs it; the tests look at what it left."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TOLLGATE = Path(sys.executable).with_name("tollgate")
SMALL = "20000"


@dataclass(frozen=True)
class Demo:
    """A finished demo: its home, what it printed (and on stderr), and its report."""

    home: Path
    printed: str
    remarks: str
    report: dict[str, Any]

    def tollgate(
        self, *arguments: str, env: Mapping[str, str] | None = None, given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the demo's home, with `given` piped in."""
        environment = os.environ | {"TOLLGATE_HOME": str(self.home)} | dict(env or {})
        return subprocess.run(
            [TOLLGATE, *arguments],
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    home = tmp_path_factory.mktemp("demo") / "home"
    done = subprocess.run(
        [TOLLGATE, "demo", "--rows", SMALL],
        env=os.environ | {"TOLLGATE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads((home / "demo" / "report.json").read_text())
    return Demo(home, done.stdout, done.stderr, report)
