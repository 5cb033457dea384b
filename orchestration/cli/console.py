"""How commands talk: results on stdout, progress and errors on stderr, one exit-code convention."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

# 0 done, 1 a denial or a finding, 2 could not do what was asked.
CANNOT = 2

# In a pipe or a log there is no terminal to ask; tables need more than Rich's 80 columns.
LOG_WIDTH = 140

out = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
err = Console(stderr=True)


def fail(message: str, code: int = CANNOT) -> NoReturn:
    """End the command with one clear message and no traceback."""
    err.print(f"[bold red]error:[/] {escape(message)}", highlight=False, soft_wrap=True)
    raise typer.Exit(code)
