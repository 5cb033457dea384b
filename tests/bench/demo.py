"""`make bench`: the demo on an installed checkout, its time by step and the memory of all of it.

Memory is the peak, over samples taken every 50 ms, of the proportional set size of the process and
all its children: what the machine really had to find.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

EVERY_S = 0.05


def proportional_bytes(root: psutil.Process) -> int:
    """Memory of a process tree, shared pages counted once; 0 when it is gone."""
    total = 0
    for process in (root, *root.children(recursive=True)):
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total


def main() -> int:
    """Run the demo in a fresh home and print a table; 1 if the demo fails."""
    with tempfile.TemporaryDirectory(prefix="tollgate-bench-") as home:
        environment = os.environ | {"TOLLGATE_HOME": home}
        tollgate = Path(sys.executable).with_name("tollgate")
        started = time.monotonic()
        demo = subprocess.Popen(
            [tollgate, "demo", *sys.argv[1:]], env=environment, stdout=subprocess.DEVNULL
        )
        peak = 0
        done = threading.Event()

        def watch() -> None:
            nonlocal peak
            root = psutil.Process(demo.pid)
            while not done.is_set():
                try:
                    peak = max(peak, proportional_bytes(root))
                except psutil.NoSuchProcess:
                    return
                done.wait(EVERY_S)

        watcher = threading.Thread(target=watch)
        watcher.start()
        code = demo.wait()
        wall = time.monotonic() - started
        done.set()
        watcher.join()
        if code != 0:
            sys.stderr.write(f"tollgate demo ended with {code}\n")
            return 1
        report = json.loads((Path(home) / "demo" / "report.json").read_text())
    for step in report["steps"]:
        sys.stdout.write(f"{step['step']:<40} {step['seconds']:>7.1f} s {step['share']:>6.0%}\n")
    sys.stdout.write(f"{'the whole command':<40} {wall:>7.1f} s\n")
    sys.stdout.write(f"{'peak memory':<40} {peak / 2**20:>7.0f} MiB\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
