"""What `tollgate build` says where nobody looks at a terminal."""

import os
import subprocess
from pathlib import Path

from tests.e2e.conftest import TOLLGATE

BILL = Path(__file__).parents[1] / "fixtures/billing/aws/cur_legacy_focus_converters_anonymous.csv"


def test_piped_build_says_each_step_as_it_is_done(tmp_path: Path) -> None:
    environment = os.environ | {"TOLLGATE_HOME": str(tmp_path)}
    for command in (["ingest", str(BILL)], ["build"]):
        done = subprocess.run(
            [TOLLGATE, *command], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    # Not by line: what a library writes beside it may stand on the same one.
    steps = done.stderr.count(": done")
    assert steps > 5
    assert f"{steps} steps in " in done.stderr.splitlines()[-1], done.stderr
