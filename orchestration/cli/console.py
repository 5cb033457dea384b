"""How commands talk: results on stdout, progress and errors on stderr, one exit-code convention."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from orchestration.cli.rows import harmless

# 0 done, 1 a denial or a finding, 2 could not do what was asked.
CANNOT = 2

# In a pipe or a log there is no terminal to ask; tables need more than Rich's 80 columns.
LOG_WIDTH = 140


out = Console(width=None if sys.stdout.isatty() else LOG_WIDTH, emoji=False)
err = Console(stderr=True, emoji=False)


class _Unbroken(io.FileIO):
    """A file whose reader may leave: what is written after that goes nowhere."""

    def write(self, data: Any) -> int:
        """As any file; a pipe that nobody reads takes everything."""
        try:
            return super().write(data)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return len(data)


def outlive_readers() -> None:
    """Go on where the reader of stdout or stderr leaves, as `| head` does.

    Click and Rich would each exit with 1, which says denied.
    """
    sys.stdout, sys.stderr = (
        _unbroken(stream, stream.fileno()) for stream in (sys.stdout, sys.stderr)
    )


@contextmanager
def direct() -> Iterator[Console]:
    """A console on what stderr is now, whatever becomes of the stream meanwhile.

    While a job runs, Dagster sends it to a file and copies that back by `tail`, which it may end
    before the last lines have come (its issue 23336).
    """
    try:
        descriptor = os.dup(sys.stderr.fileno())
    except io.UnsupportedOperation:  # a test's own stream
        yield err
        return
    with _unbroken(sys.stderr, descriptor, closefd=True) as stream:
        yield Console(file=stream, emoji=False)


def _unbroken(stream: Any, descriptor: int, *, closefd: bool = False) -> io.TextIOWrapper:
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Unbroken(descriptor, "w", closefd=closefd)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def complain(message: str) -> None:
    """Say on stderr, in red, what went wrong; every command does it through here."""
    err.print(Text(f"error: {harmless(message)}", style="red"), soft_wrap=True)


def fail(message: str, code: int = CANNOT) -> NoReturn:
    """End the command with one clear message and no traceback."""
    complain(message)
    raise typer.Exit(code)
