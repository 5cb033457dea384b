"""Run every command of a README, as a reader would: each `sh` block in order, in one shell.

`make dev` never ends by itself: it is started, asked for its page, and stopped.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

DEV_URL = "http://127.0.0.1:3000/server_info"
# Two processes load the definitions first; a busy shared runner takes minutes for that.
DEV_TIMEOUT_S = 300


def blocks(text: str) -> list[str]:
    """The contents of the fenced `sh` blocks; clone and cd lines are the reader's own."""
    fenced = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    skipped = ("git clone", "cd ")
    return [
        "".join(line for line in block.splitlines(keepends=True) if not line.startswith(skipped))
        for block in fenced
    ]


def run_dev() -> None:
    """Start the UI, wait until it answers, stop it with all its children."""
    process = subprocess.Popen(["make", "dev"], start_new_session=True)
    try:
        deadline = time.monotonic() + DEV_TIMEOUT_S
        while True:
            try:
                urllib.request.urlopen(DEV_URL, timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit("make dev: the UI did not answer")
                time.sleep(1)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)


def main(readme: Path) -> None:
    """Run the blocks; the first command that fails ends it with its own exit code."""
    found = blocks(readme.read_text())
    if not found:
        sys.exit(f"{readme} holds no sh block")
    for block in found:
        commands = [line for line in block.splitlines() if line != "make dev"]
        sys.stdout.write(f"$ {block.strip()}\n")
        sys.stdout.flush()
        script = "set -euo pipefail\n" + "\n".join(commands)
        subprocess.run(["bash", "-c", script], check=True)
        if len(commands) != len(block.splitlines()):
            run_dev()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
