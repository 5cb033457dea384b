"""What `tollgate build` leaves and says where nothing has landed and nobody looks at a terminal."""

import os
import subprocess
from pathlib import Path

from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from tests.e2e.conftest import TOLLGATE


def test_piped_build_of_an_empty_home_says_each_step_and_leaves_empty_marts(tmp_path: Path) -> None:
    done = subprocess.run(
        [TOLLGATE, "build"],
        env=os.environ | {"TOLLGATE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Not by line: what a library writes beside it may stand on the same one. Every step, though the
    # last one ends with the job, and with it Dagster's copying of the stream.
    steps = done.stderr.count(": done")
    assert "published__marts: done" in done.stderr
    assert steps > 5
    assert f"{steps} steps in " in done.stderr.splitlines()[-1], done.stderr
    _, rows = Warehouse(Settings(tmp_path)).read(
        "select count(*) from marts.fct_findings", finished=True
    )
    assert rows == [(0,)]
