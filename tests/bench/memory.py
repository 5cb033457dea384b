"""Peak memory of a child process and all its children.

It is the peak, over samples, of their proportional set size: what the machine really had to find.
`ru_maxrss` would not do, since it survives exec.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil

_EVERY_S = 0.05


@dataclass(frozen=True)
class Watched:
    """How a child ended, what it wrote, and its peak in bytes."""

    code: int
    output: str
    errors: str
    peak: int


def proportional_bytes(root: psutil.Process) -> int:
    """Memory of a process tree, shared pages counted once; 0 when it is gone."""
    total = 0
    for process in (root, *root.children(recursive=True)):
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total


def watched(command: Sequence[object], environment: Mapping[str, str]) -> Watched:
    """Run a command to its end."""
    child = subprocess.Popen(
        [str(part) for part in command],
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        root = psutil.Process(child.pid)
        while not done.is_set():
            try:
                peak = max(peak, proportional_bytes(root))
            except psutil.NoSuchProcess:
                return
            done.wait(_EVERY_S)

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, errors = child.communicate()
    done.set()
    watcher.join()
    return Watched(child.returncode, output, errors, peak)
