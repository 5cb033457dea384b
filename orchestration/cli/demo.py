"""`tollgate demo`: everything once, on a company that is made up and on bills that are real."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import err, fail, out
from orchestration.settings import Settings, load_settings

# Fourteen months of a company that spends some 40,000 a month; fits a laptop's patience.
DEFAULT_ROWS = 300_000


def demo(
    rows: Annotated[
        int, typer.Option(min=20_000, help="How many bill rows the company has, about.")
    ] = DEFAULT_ROWS,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bills.")] = 7,
    shell: Annotated[
        bool,
        typer.Option("--shell", help="Instead, after a demo: a shell in its company's AWS."),
    ] = False,
) -> None:
    """Follow charges from bills to decided actions, on a demo company and on real samples.

    `--shell` starts the company's AWS, an emulator on this machine, for `tollgate actions` in a
    shell; it ends with the shell, whose exit code is the command's. Commands may be piped in: they
    stop at the first one that fails.

    Each demo begins with an operational store of its own; that of the demo before is kept beside it
    as ops.before.sqlite.
    """
    if shell:
        raise typer.Exit(_shell(load_settings()))
    from rich.status import Status  # noqa: PLC0415

    from orchestration.demo.beside import (  # noqa: PLC0415
        BillsFailedError,
        SamplesFailedError,
        running_samples,
        writing_bills,
    )
    from orchestration.demo.home import DemoError, own_home, report_path  # noqa: PLC0415
    from orchestration.demo.stopwatch import Stopwatch  # noqa: PLC0415
    from orchestration.ingest.errors import IngestError  # noqa: PLC0415

    settings, watch = load_settings(), Stopwatch()
    try:
        with (
            own_home(settings) as kept,
            Status("starting", console=err) as status,
            writing_bills(_company(settings), rows, seed) as bills,
            running_samples(settings) as beside,
        ):
            if kept:
                err.print(
                    "begun anew: feedback, decisions and approvals of the demo before are in "
                    f"{kept}, until the next one",
                    highlight=False,
                    soft_wrap=True,
                )
            # Now that the other processes are busy too.
            with watch.measure("load Dagster and dbt"):
                from orchestration.demo.report import build_report, write_report  # noqa: PLC0415
                from orchestration.demo.run import run_demo  # noqa: PLC0415
                from orchestration.demo.screen import show  # noqa: PLC0415
                from orchestration.runner import JobFailedError  # noqa: PLC0415
                from policies.provision import NoOpaError  # noqa: PLC0415
            try:
                run = run_demo(settings, bills, beside, watch, status.update)
            except (JobFailedError, NoOpaError) as error:
                fail(str(error))
            report = build_report(run)
        write_report(report, report_path(settings))
    except (DemoError, BillsFailedError, SamplesFailedError, IngestError) as error:
        fail(str(error))
    show(out, report, settings)
    if not _holds(report):
        fail("a figure of the demo does not equal its bill; see the crosses above", code=1)


def _shell(settings: Settings) -> int:
    """A shell whose only AWS is the emulator; each begins with the company's resources anew."""
    from orchestration.demo.emulator import emulator, without_aws  # noqa: PLC0415
    from orchestration.demo.home import DemoError, refuse_shared_store  # noqa: PLC0415

    seed = _company(settings) / "emulator.json"
    if not (seed.exists() and settings.in_the_past):
        fail(f"{settings.home} holds no demo: run `tollgate demo` first")
    interactive = sys.stdin.isatty()
    command = [os.environ.get("SHELL") or "/bin/sh"] if interactive else ["/bin/sh", "-e"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        refuse_shared_store(settings)
        with emulator(seed) as aws:
            environment = without_aws() | settings.environment() | aws | {"PATH": path}
            if interactive:
                err.print("AWS is the demo company's emulator in this shell; exit ends both")
            return subprocess.run(command, env=environment, check=False).returncode
    except DemoError as error:
        fail(str(error))


def _company(settings: Settings) -> Path:
    return settings.home / "demo" / "company"


def _holds(report: dict[str, object]) -> bool:
    checked = [*report["costs"], *report["samples"]]  # type: ignore[misc]
    return all(row["equal"] for row in checked)
