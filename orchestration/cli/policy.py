"""`tollgate policy replay`: what a changed bundle would have decided.

Belongs here: options, output and exit codes. Does not belong here: how answers are compared
(`policies/replay.py`), and any wording (`policies/replay_report.py`).
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import fail, out
from orchestration.cli.gate_context import Format
from orchestration.settings import SettingsError, load_settings
from policies.bundle import BUNDLE
from policies.decisions import record_pages
from policies.models import Gate
from policies.provision import NoOpaError, find_program
from policies.replay import Replay, ReplayError, open_candidate, parse_since, replay
from policies.replay_report import to_json, to_markdown, to_text
from policies.store import StoreError, open_store

# One question may be a plan of thousands of resources, and a page holds up to a hundred.
SECONDS = 120.0

app = typer.Typer(no_args_is_help=True, help="Work on the gates' policies.")


@app.callback()
def policy() -> None:
    """Work on the gates' policies."""


@app.command("replay")
def replay_command(  # noqa: PLR0917  (Typer reads one parameter per option)
    since: Annotated[
        str, typer.Option(help="From when: a span back such as 90d or 12h, or an ISO date.")
    ] = "90d",
    gate: Annotated[Gate, typer.Option(help="Whose decisions to ask again.")] = "deployment",
    bundle: Annotated[Path, typer.Option(help="Folder of the changed bundle.")] = BUNDLE,
    against: Annotated[
        Path | None,
        typer.Option(help="Compare with this bundle's answers, instead of what was decided then."),
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="For whom to write.")] = Format.TEXT,
    fail_on_new_denials: Annotated[
        bool, typer.Option("--fail-on-new-denials", help="Exit 1 if something would be denied.")
    ] = False,
    fail_on_new_allows: Annotated[
        bool, typer.Option("--fail-on-new-allows", help="Exit 1 if something would be allowed.")
    ] = False,
) -> None:
    """Ask a changed bundle the recorded questions again; nothing is recorded. Exit 0 replayed, 2
    could not; 1 only where a --fail-on option says so."""
    try:
        # Not the shifted clock of a demo: decisions are recorded by the real one.
        start = parse_since(since, datetime.now(UTC))
        opa = find_program(SECONDS)
        candidate = open_candidate(opa, bundle, gate)
        base = None if against is None else open_candidate(opa, against, gate)
        store = open_store(load_settings().ops_url)
        try:
            pages = record_pages(store, gate=gate, since=start)
            found = replay(opa, candidate, gate, start, pages, against=base)
        finally:
            store.dispose()
    except (ReplayError, NoOpaError, StoreError, SettingsError) as error:
        fail(str(error))
    _write(found, output)
    failed = (fail_on_new_denials and found.new_denials) or (
        fail_on_new_allows and found.new_allows
    )
    raise typer.Exit(1 if failed else 0)


def _write(found: Replay, output: Format) -> None:
    if output is Format.TEXT:
        out.print(to_text(found), highlight=False)
    else:
        text = to_json(found) if output is Format.JSON else to_markdown(found)
        sys.stdout.write(text.rstrip("\n") + "\n")
