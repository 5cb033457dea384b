"""`tollgate focus`: what anybody can ask of their FOCUS data, without a warehouse."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import fail

CONFORMANT, FINDINGS = 0, 1

app = typer.Typer(no_args_is_help=True, help="Check FOCUS data.")


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"


class Version(StrEnum):
    """Versions of FOCUS."""

    V1_0 = "1.0"
    V1_1 = "1.1"
    V1_2 = "1.2"
    V1_3 = "1.3"
    V1_4 = "1.4"


@app.callback()
def focus() -> None:
    """Check FOCUS data."""


@app.command()
def check(
    file: Annotated[
        Path, typer.Argument(help="CostAndUsage as CSV, Parquet or JSON; gzip or zstd.")
    ],
    output: Annotated[Format, typer.Option("--format", help="For whom to write.")] = Format.TEXT,
    version: Annotated[
        Version | None,
        typer.Option(help="The version of FOCUS; told from the columns if left out."),
    ] = None,
    invoice_detail: Annotated[
        Path | None, typer.Option(help="Its InvoiceDetail file, to tie charges to invoices.")
    ] = None,
    examples: Annotated[int, typer.Option(min=1, help="How many rows a finding names.")] = 3,
) -> None:
    """Check a FOCUS file. Exit code 0: conformant, 1: findings, 2: unreadable."""
    from orchestration.conformance.check import check_file  # noqa: PLC0415 (fast --help)
    from orchestration.conformance.report import to_json, to_text  # noqa: PLC0415
    from orchestration.ingest.errors import IngestError  # noqa: PLC0415

    try:
        report = check_file(file, version.value if version else None, invoice_detail, examples)
    except (IngestError, OSError) as error:
        fail(str(error))
    # Not through Rich: what a bill says is text, never markup, and lines are not wrapped.
    sys.stdout.write((to_json(report) if output is Format.JSON else to_text(report)) + "\n")
    raise typer.Exit(CONFORMANT if report.conformant else FINDINGS)
