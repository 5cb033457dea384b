"""Servers of other people's that tests start: a free port, and the wait until it answers."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_PATIENCE_SECONDS = 60


@contextmanager
def server(
    command: Callable[[int], Sequence[str | Path]], environment: Mapping[str, str]
) -> Iterator[int]:
    """Run the command for a free port of loopback until it is left; the port, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    started = command(port)
    process = subprocess.Popen(
        started, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(environment)
    )
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 0.5).close()
                break
            except OSError:
                assert process.poll() is None, f"{started[0]} ended at once"
                assert time.monotonic() < deadline, f"{started[0]} did not start"
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)
