"""`tollgate feedback`: what people say about findings, from the command line or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import err, fail
from orchestration.settings import SettingsError, load_settings

# A restated month is a fact of the ledger, not a detector's opinion.
_FINDINGS = """
select finding_id, series_id, kind, first_seen, last_seen, detectors from marts.fct_findings
where kind <> 'restated_period'
"""


def feedback(
    finding: Annotated[str | None, typer.Argument(help="finding_id, or its start.")] = None,
    verdict: Annotated[str | None, typer.Argument(help="true, false or planned.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why; it is kept.")] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD",
            help="Also its like, until this day (exclusive); planned needs it.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            # The backslash keeps the brackets from being markup.
            help="Instead: a CSV (finding,verdict,reason,until) or TOML ([\\[feedback]])."
        ),
    ] = None,
) -> None:
    """Say whether a finding is true, false or planned; the next detection heeds it."""
    from orchestration.feedback import (  # noqa: PLC0415 (fast --help)
        FeedbackError,
        read_file,
        read_word,
        record,
    )
    from orchestration.warehouse import Warehouse, WarehouseError  # noqa: PLC0415
    from policies.store import StoreError, open_store  # noqa: PLC0415

    given = {"finding": finding, "verdict": verdict, "reason": reason, "until": until}
    entry = {name: value for name, value in given.items() if value is not None}
    try:
        if file is not None and entry:
            raise FeedbackError("give one finding or --file, not both")
        words = [read_word(entry, "feedback")] if file is None else read_file(file)
        settings = load_settings()
        columns, rows = Warehouse(settings).read(_FINDINGS)
        findings = [dict(zip(columns, row, strict=True)) for row in rows]
        store = open_store(settings.ops_url)
        try:
            about = record(store, words, findings, settings.now())
        finally:
            store.dispose()
    except (FeedbackError, WarehouseError, StoreError, SettingsError) as error:
        fail(str(error))
    err.print(f"recorded for {', '.join(about)}; the next detection heeds it", highlight=False)
