"""`make bench`: the demo on an installed checkout, its time by step and the memory of all of it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.memory import watched


def main() -> int:
    """Run the demo in a fresh home and print a table; 1 if the demo fails."""
    with tempfile.TemporaryDirectory(prefix="tollgate-bench-") as home:
        tollgate = Path(sys.executable).with_name("tollgate")
        started = time.monotonic()
        demo = watched([tollgate, "demo", *sys.argv[1:]], os.environ | {"TOLLGATE_HOME": home})
        wall = time.monotonic() - started
        if demo.code != 0:
            sys.stderr.write(f"{demo.errors[-2000:]}\ntollgate demo ended with {demo.code}\n")
            return 1
        report = json.loads((Path(home) / "demo" / "report.json").read_text())
    for step in report["steps"]:
        sys.stdout.write(f"{step['step']:<40} {step['seconds']:>7.1f} s {step['share']:>6.0%}\n")
    sys.stdout.write(f"{'the whole command':<40} {wall:>7.1f} s\n")
    sys.stdout.write(f"{'peak memory':<40} {demo.peak / 2**20:>7.0f} MiB\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
