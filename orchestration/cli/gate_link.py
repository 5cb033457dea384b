"""`tollgate gate link`: after the apply, which real resource each estimate became.

Belongs here: options, exit codes, what is said. Does not belong here: matching and the record
(`policies/deployment/links.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import err, fail
from orchestration.cli.gate_context import git_facts, real_now
from orchestration.settings import SettingsError, load_settings
from policies.deployment.links import LinkError, find_decision, match, record_links
from policies.deployment.report.words import clean, inert, more
from policies.deployment.state import StateError, read_state
from policies.store import StoreError, open_store

# Addresses that are listed one by one where they could not be linked.
SHOWN = 20


def link(
    state: Annotated[
        Path | None,
        typer.Argument(
            help="State after the apply, as `terraform show -json` prints it. Without it, only "
            "what was updated is linked, by the ids that the plan knew."
        ),
    ] = None,
    decision: Annotated[
        str | None,
        typer.Option(help="The decision's id; by default the newest about this commit."),
    ] = None,
    plan: Annotated[
        str | None,
        typer.Option(help="Name of this state's plan, if the decision was about several."),
    ] = None,
    applied_at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"], help="When it was applied, UTC; now."
        ),
    ] = None,
) -> None:
    """Link a decision's estimates to the resources they became, to hold them against the bill."""
    try:
        settings = load_settings()
        now = real_now()
        applied = now if applied_at is None else applied_at.replace(tzinfo=UTC)
        if applied > now:
            raise LinkError(f"--applied-at {applied:%Y-%m-%dT%H:%M:%SZ} is in the future")
        resources = None if state is None else read_state(state)
        git = git_facts()
        store = open_store(settings.ops_url)
        try:
            record = find_decision(
                store, decision_id=decision, subject=f"{git.repository}@{git.head_sha}"
            )
            found = match(record, resources, plan)
            record_links(store, record.decision.decision_id, found.links, applied, now)
        finally:
            store.dispose()
    except (StateError, LinkError, StoreError, SettingsError) as error:
        fail(inert(clean(str(error))))
    said = [f"{len(found.links)} resources of decision {record.decision.decision_id} are linked"]
    said += [f"not linked: {clean(a)}: {clean(why)}" for a, why in list(found.left.items())[:SHOWN]]
    said += more(len(found.left), SHOWN)
    for line in said:
        err.print(inert(line), highlight=False, markup=False, soft_wrap=True)
