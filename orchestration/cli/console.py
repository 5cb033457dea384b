"""How commands talk: results on stdout, progress and errors on stderr, one exit-code convention."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import typer
from rich.console import Console
from rich.text import Text

from orchestration.cli.rows import harmless

# 0 done, 1 a denial or a finding, 2 could not do what was asked.
CANNOT = 2

# In a pipe or a log there is no terminal to ask; tables need more than Rich's 80 columns.
LOG_WIDTH = 140


class _Unbroken(Console):
    """A console whose reader may leave, as `| head` does."""

    def on_broken_pipe(self) -> None:
        """The rest goes nowhere: Rich's own would exit with 1, which says denied."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


out = _Unbroken(width=None if sys.stdout.isatty() else LOG_WIDTH, emoji=False)
err = _Unbroken(stderr=True, emoji=False)


def complain(message: str) -> None:
    """Say on stderr, in red, what went wrong; every command does it through here."""
    err.print(Text(f"error: {harmless(message)}", style="red"), soft_wrap=True)


def fail(message: str, code: int = CANNOT) -> NoReturn:
    """End the command with one clear message and no traceback."""
    complain(message)
    raise typer.Exit(code)
