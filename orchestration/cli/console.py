"""How commands talk: results on stdout, progress and errors on stderr, one exit-code convention."""

from __future__ import annotations

from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

# 0 done, 1 a denial or a finding, 2 could not do what was asked.
CANNOT = 2

out = Console()
err = Console(stderr=True)


def fail(message: str, code: int = CANNOT) -> NoReturn:
    """End the command with one clear message and no traceback."""
    err.print(f"[bold red]error:[/] {escape(message)}", highlight=False, soft_wrap=True)
    raise typer.Exit(code)
