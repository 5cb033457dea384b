"""`tollgate gate`: decides on a Terraform plan; the exit code is the answer.

Belongs here: options, exit codes and where facts of the environment are read. Does not belong
here: pricing, policies and the wording of reports (`policies/deployment/`).
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from orchestration.settings import SettingsError, load_settings
from policies.bundle import BundleError, read_bundle
from policies.decisions import RecordError
from policies.deployment.budget import Budget, BudgetError, configured_budget, read_budget
from policies.deployment.gate import Answer, GitFacts, build_question, decide_deployment
from policies.deployment.plan import PlanError, read_plan
from policies.deployment.report import to_json, to_markdown, to_text
from policies.engine import open_engine
from policies.provision import NoOpaError
from policies.store import StoreError, open_store

ALLOWED, DENIED, UNDECIDED = 0, 1, 2

app = typer.Typer(no_args_is_help=True, help="Ask a gate for its decision.")


class Format(StrEnum):
    """How the decision is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


@app.callback()
def gate() -> None:
    """Ask a gate for its decision."""


@app.command()
def deployment(  # noqa: PLR0917  (Typer reads one parameter per option)
    plan: Annotated[Path, typer.Argument(help="A plan, as `terraform show -json` prints it.")],
    output: Annotated[Format, typer.Option("--format", help="For whom to write.")] = Format.TEXT,
    environment: Annotated[
        str, typer.Option(help="Where the change goes; its limits are in finops/config/deployment.")
    ] = "production",
    budget: Annotated[
        str, typer.Option(help="Scope of the budget in finops/config/budgets.")
    ] = "default",
    monthly_limit: Annotated[str | None, typer.Option(help="Instead of the scope's limit.")] = None,
    spent: Annotated[str | None, typer.Option(help="Spent of the budget this month.")] = None,
    forecast: Annotated[str | None, typer.Option(help="Forecast for the whole month.")] = None,
    budget_file: Annotated[
        Path | None, typer.Option(help="Budget facts as JSON, instead of the options above.")
    ] = None,
) -> None:
    """Price a plan, decide on it, record the decision. Exit 0 allowed, 1 denied, 2 undecided."""
    try:
        facts = _budget(budget, monthly_limit, spent, forecast, budget_file)
        question = build_question(read_plan(plan), facts, environment, git=_git_facts())
        answer = decide_deployment(open_engine(), open_store(load_settings().ops_url), question)
    except (
        PlanError,
        BudgetError,
        BundleError,
        NoOpaError,
        StoreError,
        RecordError,
        SettingsError,
        OSError,
    ) as error:
        raise _undecided(str(error)) from error
    if not answer.decision.decided:
        denial = answer.decision.denials[0]
        raise _undecided(f"{denial.message}. {denial.remedy}")
    _write(answer, output)
    raise typer.Exit(ALLOWED if answer.decision.allow else DENIED)


def _budget(
    scope: str,
    monthly_limit: str | None,
    spent: str | None,
    forecast: str | None,
    budget_file: Path | None,
) -> Budget:
    if budget_file is not None:
        return read_budget(budget_file)
    return configured_budget(
        read_bundle(), scope, monthly_limit=monthly_limit, spent=spent, forecast=forecast
    )


def _git_facts() -> GitFacts:
    """From the variables that GitHub sets; `local` on a laptop."""
    return GitFacts(
        repository=os.environ.get("GITHUB_REPOSITORY") or "local",
        base_ref=os.environ.get("GITHUB_BASE_REF") or "local",
        head_sha=os.environ.get("GITHUB_SHA") or "local",
        actor=os.environ.get("GITHUB_ACTOR") or "local",
    )


def _write(answer: Answer, output: Format) -> None:
    if output is Format.TEXT:
        Console(highlight=False).print(to_text(answer))
    else:
        text = to_json(answer) if output is Format.JSON else to_markdown(answer)
        sys.stdout.write(text.rstrip("\n") + "\n")


def _undecided(reason: str) -> typer.Exit:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(
        f"tollgate: no decision: {reason}"
    )
    return typer.Exit(UNDECIDED)
