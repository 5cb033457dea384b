"""`tollgate gate deployment`: decides on a Terraform plan; the exit code is the answer.

Belongs here: options, exit codes and where facts of the environment are read. Does not belong
here: pricing, policies and the wording of reports (`policies/deployment/`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import err
from orchestration.cli.gate_comment import comment
from orchestration.cli.gate_context import (
    GateFormat,
    ReportOption,
    answered,
    checkout,
    decides,
    git_facts,
    opened,
    real_now,
    undecided,
)
from orchestration.cli.gate_dbt import dbt
from orchestration.cli.gate_link import link
from orchestration.moments import MomentError, read_moment
from orchestration.settings import Settings, SettingsError, load_settings
from policies.bundle import BundleError, read_bundle
from policies.decisions import RecordError
from policies.deployment.budget import (
    Budget,
    budget_of_card,
    configured_budget,
    read_budget,
)
from policies.deployment.budget_scopes import BudgetError
from policies.deployment.changes import PlanError
from policies.deployment.gate import (
    UnknownEnvironmentError,
    build_question,
    decide_deployment,
    known_environment,
)
from policies.deployment.places import Places
from policies.deployment.plan import merge_plans, read_plan
from policies.deployment.pull_requests import PullRequestsError, read_pull_requests
from policies.deployment.ratecard import RateCardError
from policies.deployment.regions import parse_regions, with_regions
from policies.deployment.report.lines import PlacesError, PlanFile, find_places
from policies.deployment.report.markdown import to_markdown
from policies.deployment.report.text import to_text
from policies.deployment.report.words import clean, inert
from policies.deployment.sources import Sources, open_sources
from policies.deployment.usage import UsageError
from policies.deployment.vendor.listing import ListError
from policies.deployment.waivers import waiver_facts
from policies.engine import open_engine
from policies.provision import NoOpaError
from policies.store import StoreError, open_store

app = typer.Typer(no_args_is_help=True, help="Ask a gate for its decision.")


@app.callback()
def gate() -> None:
    """Ask a gate for its decision."""


for command in (dbt, comment, link):
    app.command(command.__name__)(decides(command))


@app.command()
@decides
def deployment(  # noqa: PLR0917  (Typer reads one parameter per option)
    plans: Annotated[
        list[Path],
        typer.Argument(help="Plans of one change, as `terraform show -json` prints them."),
    ],
    output: Annotated[
        GateFormat, typer.Option("--format", help="For whom to write.")
    ] = GateFormat.TEXT,
    report: ReportOption = None,
    config_dir: Annotated[
        list[Path] | None,
        typer.Option(help="Where the .tf files are, to name lines; one, or one for each plan."),
    ] = None,
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
    rates: Annotated[
        Path | None, typer.Option(help="Rate card of `tollgate rates export`: own prices first.")
    ] = None,
    prices: Annotated[
        list[Path] | None, typer.Option(help="Downloaded price list; may be given again.")
    ] = None,
    usage: Annotated[
        Path | None, typer.Option(help="Usage file: what is used and stands in no plan.")
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PROVIDER=REGION",
            help="Region of what the plan tells none of (AWS_REGION, a local value); again for "
            "other providers.",
        ),
    ] = None,
    pull_requests: Annotated[
        Path | None, typer.Option(help="Estimates of other open pull requests, as JSON.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Judge as of an earlier date or time, to try something out: never for a change.",
        ),
    ] = None,
) -> None:
    """Price a plan, decide on it, record the decision. Exit 0 allowed, 1 denied, 2 undecided."""
    outputs = opened("deployment", output, report, to_text, to_markdown)
    places = Places()
    try:
        settings = load_settings()
        bundle = read_bundle()
        scope = configured_budget(bundle, budget)
        limits = _Limits(budget, monthly_limit, spent, forecast, budget_file)
        lists = prices if prices is not None else _downloaded(settings)
        sources = open_sources(scope.currency, rates=rates, lists=lists, usage=usage)
        now = real_now() if as_of is None else read_moment(as_of, real_now())
        read = [PlanFile(path, read_plan(path)) for path in plans]
        places = find_places(read, config_dir or (), checkout())
        store = open_store(settings.ops_url)
        git = git_facts()
        question = build_question(
            with_regions(
                merge_plans([(file.path.stem, file.plan) for file in read]),
                parse_regions(region or ()),
            ),
            _budget(limits, sources, now),
            known_environment(bundle, environment),
            git=git,
            now=now,
            sources=sources,
            pull_requests=read_pull_requests(pull_requests) if pull_requests else (),
            waiver_uses=waiver_facts(
                store,
                bundle,
                sources.card,
                git.to_dict(),
                environment,
                shared=settings.ops_shared,
            ),
        )
        answer = decide_deployment(open_engine(), store, question)
    except (
        PlanError,
        UnknownEnvironmentError,
        PlacesError,
        BudgetError,
        BundleError,
        RateCardError,
        ListError,
        UsageError,
        PullRequestsError,
        NoOpaError,
        StoreError,
        RecordError,
        SettingsError,
        MomentError,
        OSError,
    ) as error:
        raise undecided(str(error), outputs, places) from error
    if as_of is not None:
        err.print(f"judged as of {now:%Y-%m-%d %H:%M} UTC, not as of today", highlight=False)
    raise answered(replace(answer, places=places), outputs)


@dataclass(frozen=True)
class _Limits:
    """What the options say of the budget."""

    scope: str
    monthly_limit: str | None
    spent: str | None
    forecast: str | None
    file: Path | None


def _budget(limits: _Limits, sources: Sources, now: datetime) -> Budget:
    """From the file, else as stated, else as the rate card has measured it, else only the limit."""
    if limits.file is not None:
        return read_budget(limits.file)
    bundle = read_bundle()
    stated = limits.monthly_limit or limits.spent or limits.forecast
    if sources.card is not None and not stated:
        return budget_of_card(bundle, limits.scope, sources.card.facts, f"{now:%Y-%m}")
    return configured_budget(
        bundle,
        limits.scope,
        monthly_limit=limits.monthly_limit,
        spent=limits.spent,
        forecast=limits.forecast,
    )


def _downloaded(settings: Settings) -> list[Path]:
    """The lists that `tollgate rates download` has left in a home that was chosen.

    The default home is in the working folder, which in CI is the checkout of the change: what lies
    there may have come with it.
    """
    found = sorted(settings.home.glob("prices/*.jsonl"))
    if found and not settings.chosen:
        err.print(
            inert(clean(f"{len(found)} price lists in {found[0].parent} are not used: "
                        "set TOLLGATE_HOME, or name them with --prices")),
            highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip
        return []
    return found
