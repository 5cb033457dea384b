"""`tollgate build`: from the landed bills to the marts, findings, forecasts and decisions."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from orchestration.cli.console import direct, err, fail
from orchestration.cli.rows import harmless
from orchestration.ingest.errors import IngestError
from orchestration.moments import MomentError, read_moment
from orchestration.settings import Settings, load_settings


def build(
    first: Annotated[
        str | None, typer.Option("--from", help="First billing month to ingest, YYYY-MM.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last billing month to ingest, YYYY-MM.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="Instead: the marts as of a date or time, from what had been received by then.",
        ),
    ] = None,
) -> None:
    """Run the job `everything`: declared exports are ingested, what changed is rebuilt."""
    settings = load_settings()
    started = time.monotonic()
    if as_of is not None:
        _build_past(settings, as_of)
        return
    steps = materialise(settings, first, last)
    err.print(f"{steps} steps in {time.monotonic() - started:.0f} s; next: tollgate dev, or query")


def _build_past(settings: Settings, as_of: str) -> None:
    from orchestration.as_of import AsOfError, build_as_of  # noqa: PLC0415 (fast --help)

    try:
        past = build_as_of(settings, read_moment(as_of, settings.now()))
    except (AsOfError, IngestError, MomentError) as error:
        fail(str(error))
    err.print(f"{past.partitions} landed months in {past.settings.home}")
    err.print(f"next: tollgate query --as-of {as_of}", highlight=False)


def materialise(settings: Settings, first: str | None = None, last: str | None = None) -> int:
    """Run `everything` step by step, then say what its checks warn of; ends where a step fails."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from orchestration.runner import JobFailedError, run_everything  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    done = 0
    with direct() as console, Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("reading the project")

        def on_step(step: str, state: str) -> None:
            nonlocal done
            done += state == "done"
            progress.update(task, description=f"{step}: {state}")
            # Without a terminal there is no progress line: a log gets what is finished.
            if not console.is_terminal and state != "started":
                console.print(Text(f"{step}: {state}"), soft_wrap=True)

        try:
            warnings = run_everything(
                settings, first, last, on_step, lambda why: progress.console.print(Text(why))
            )
        except (JobFailedError, ValueError) as error:
            progress.stop()
            fail(str(error))
    for warning in warnings:
        err.print(Text(harmless(f"warning: {warning}"), "yellow"), soft_wrap=True)
    return done
