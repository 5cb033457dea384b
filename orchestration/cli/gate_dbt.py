"""`tollgate gate dbt`: may this change of a dbt project be merged?

Belongs here: options, output and exit codes. Does not belong here: what is read of dbt's artefacts
(`policies/dbt_changes/`), and any rule (`policies/rego/finops/dbt`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.gate_context import (
    GateFormat,
    ReportOption,
    answered,
    checkout,
    git_facts,
    opened,
    real_now,
    undecided,
)
from orchestration.settings import SettingsError, load_settings
from policies.dbt_changes.artefacts import ArtefactError, read_manifest, read_runs
from policies.dbt_changes.question import build_question, decide_dbt
from policies.dbt_changes.report import to_markdown, to_text
from policies.decisions import RecordError
from policies.deployment.places import Place, Places
from policies.deployment.report.lines import shown_path
from policies.engine import open_engine
from policies.provision import NoOpaError
from policies.store import StoreError, open_store


def dbt(
    output: Annotated[
        GateFormat, typer.Option("--format", help="For whom to write.")
    ] = GateFormat.TEXT,
    report: ReportOption = None,
    manifest: Annotated[Path, typer.Option(help="manifest.json of the changed project.")] = Path(
        "target/manifest.json"
    ),
    run_results: Annotated[
        list[Path] | None,
        typer.Option(help="run_results.json of its build; again for each run that belongs to it."),
    ] = None,
    base: Annotated[
        Path | None, typer.Option(help="manifest.json of the branch that the change goes to.")
    ] = None,
) -> None:
    """Decide on a change of a dbt project, record the decision. Exit 0 allowed, 1 denied, 2
    undecided."""
    outputs = opened("dbt", output, report, to_text, to_markdown)
    places = Places(Place(shown_path(manifest, checkout())))
    try:
        settings = load_settings()
        question = build_question(
            read_manifest(manifest),
            read_runs(run_results or [manifest.with_name("run_results.json")]),
            read_manifest(base) if base else None,
            git=git_facts(),
            now=real_now(),
        )
        answer = decide_dbt(open_engine(), open_store(settings.ops_url), question)
    except (
        ArtefactError,
        NoOpaError,
        StoreError,
        RecordError,
        SettingsError,
    ) as error:
        raise undecided(str(error), outputs, places) from error
    raise answered(replace(answer, places=places), outputs)
