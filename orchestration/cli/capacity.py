"""`tollgate capacity`: forecast demand, and decide how many units it asks for.

Belongs here: options, files and exit codes (0 allowed, 1 denied, 2 could not decide). Does not
belong here: the forecast and the plan (`analytics/capacity/`), and any rule (`policies/`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table
from rich.text import Text

from orchestration.analytics.capacity.decide import PlanError, plan_capacity, utc
from orchestration.analytics.capacity.inputs import (
    Forecast,
    InputError,
    read_forecast,
    read_history,
)
from orchestration.analytics.capacity.outputs import plan_document, tfvars
from orchestration.analytics.capacity.target import Target, TargetError, read_targets
from orchestration.capacity import (
    MART,
    Answer,
    decide_plans,
    plan_span,
    running_units,
    stored_forecast,
)
from orchestration.cli.console import fail, out
from orchestration.settings import Settings, SettingsError, load_settings
from orchestration.warehouse import Warehouse, WarehouseError
from policies.decisions import RecordError
from policies.engine import open_engine
from policies.provision import NoOpaError
from policies.store import StoreError, open_store
from policies.whole_file import write_whole

DENIED, UNDECIDED = 1, 2
SHOWN_CHANGES = 20

app = typer.Typer(no_args_is_help=True, help="Forecast demand and plan capacity for it.")


@app.command()
def decide(  # noqa: PLR0917  (Typer reads one parameter per option)
    forecast: Annotated[
        str, typer.Argument(help="A forecast as CSV or JSON, or `mart` for the warehouse's own.")
    ],
    output: Annotated[Path, typer.Option("--out", help="Folder for plan and Terraform variables.")],
    target: Annotated[
        str, typer.Option(help="Which target of the file; default: the only one.")
    ] = "",
    targets: Annotated[
        Path | None, typer.Option(help="File of targets; default: capacity.toml in the home.")
    ] = None,
    current: Annotated[
        int | None, typer.Option(help="Units of now; default: counted in the inventory.")
    ] = None,
    as_of: Annotated[
        str, typer.Option(help="When the forecast was made, where the file does not say.")
    ] = "",
    last_change: Annotated[
        str, typer.Option(help="When units were last changed, for the cool-down.")
    ] = "",
) -> None:
    """Plan units per period, ask the gate, write both. Exit 0 allowed, 1 denied, 2 undecided."""
    try:
        settings = load_settings()
        chosen = _target(targets or settings.capacity_file, target)
        found = _forecast(settings, forecast, chosen, as_of)
        now = settings.now()
        start, steps = plan_span(found, chosen, now)
        plan = plan_capacity(
            found.points,
            chosen,
            _current(settings, chosen, current),
            start,
            steps,
            last_change=_time("--last-change", last_change),
        )
        store = open_store(settings.ops_url)
        try:
            (answer,) = decide_plans(open_engine(), store, [(plan, found)], now)
        finally:
            store.dispose()
    except (InputError, PlanError, TargetError, SettingsError, WarehouseError) as error:
        fail(f"no decision: {error}", UNDECIDED)
    except (NoOpaError, StoreError, RecordError, OSError) as error:
        fail(f"no decision: {error}", UNDECIDED)
    if not answer.decision.decided:
        denial = answer.decision.denials[0]
        fail(f"no decision: {denial.message}. {denial.remedy}", UNDECIDED)
    try:
        written = _write(output, answer)
    except OSError as error:
        fail(f"{output}: cannot be written ({error.strerror}); give another --out", UNDECIDED)
    _show(answer, written)
    raise typer.Exit(0 if answer.decision.allow else DENIED)


@app.command()
def forecast(
    history: Annotated[Path, typer.Argument(help="Measured demand as CSV or JSON: ds and y.")],
    output: Annotated[Path, typer.Option("--out", help="The forecast, as CSV.")],
    horizon: Annotated[int, typer.Option(min=1, max=8784, help="Periods ahead.")] = 168,
    period: Annotated[str, typer.Option(help="hour or day.")] = "hour",
) -> None:
    """Forecast demand with 80 and 95 % intervals, as `decide` reads it."""
    from orchestration.analytics.capacity.demand import forecast_demand  # noqa: PLC0415

    if period not in {"hour", "day"}:
        fail(f"--period is {period!r}: choose hour or day", UNDECIDED)
    by: Literal["hour", "day"] = "hour" if period == "hour" else "day"
    try:
        made = forecast_demand(read_history(history, by), horizon, by)
        made.insert(1, "as_of", load_settings().now().strftime("%Y-%m-%dT%H:%M:%SZ"))
        made["ds"] = made["ds"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        write_whole(output, made.to_csv(index=False))
    except (InputError, SettingsError, ValueError) as error:
        fail(str(error), UNDECIDED)
    except OSError as error:
        fail(f"{output}: cannot be written ({error.strerror}); give another --out", UNDECIDED)
    names = made["series_id"].nunique()
    out.print(f"{names} series, {horizon} {period}s each: {output}", markup=False, soft_wrap=True)


def _target(path: Path, name: str) -> Target:
    known = read_targets(path)
    if not name and len(known) == 1:
        return next(iter(known.values()))
    if name not in known:
        raise TargetError(
            f"{path}: which target? Choose one with --target: {', '.join(sorted(known))}"
        )
    return known[name]


def _forecast(settings: Settings, source: str, target: Target, as_of: str) -> Forecast:
    if source == MART:
        return stored_forecast(Warehouse(settings), target)
    found = read_forecast(Path(source), target)
    made = found.as_of or _time("--as-of", as_of)
    if made is None:
        raise InputError(
            f"{source}: when was it made? Add a column as_of, or give --as-of 2026-10-28T06:00:00Z"
        )
    return Forecast(found.source, found.points, made)


def _current(settings: Settings, target: Target, given: int | None) -> int:
    if given is not None:
        return given
    if target.inventory_prefix is None:
        raise InputError(
            f"how many units has {target.name} now? Give --current, or the target an "
            "inventory_prefix"
        )
    return running_units(Warehouse(settings), target.inventory_prefix)


def _time(option: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        return utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{option} {text!r} is no time; write it as 2026-10-28T13:00:00Z"
        ) from error


def _write(folder: Path, answer: Answer) -> list[Path]:
    """The plan with its decision; the variables only where the gate allows them."""
    folder.mkdir(parents=True, exist_ok=True)
    name, decision = answer.plan.target.name, answer.decision
    written = [folder / f"{name}.plan.json"]
    write_whole(written[0], _json(plan_document(answer.plan) | {"decision": decision.to_dict()}))
    if decision.allow:
        written.append(folder / f"{name}.auto.tfvars.json")
        write_whole(written[1], _json(tfvars(answer.plan, decision.decision_id)))
    return written


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _show(answer: Answer, written: list[Path]) -> None:
    plan, decision = answer.plan, answer.decision
    verdict = Text("ALLOWED", "bold green") if decision.allow else Text("DENIED", "bold red")
    verdict.append(
        f"  {plan.target.name}: {plan.current} → {plan.steps[-1].units} units over "
        f"{len(plan.steps)} {plan.target.period}s, {plan.cost:,.2f} {plan.target.currency} "
        f"(unchanged {plan.cost_unchanged:,.2f}; budget {plan.budget:,.2f})",
        style="default",
    )
    out.print(verdict, soft_wrap=True)
    changes = [step for step in plan.steps if step.action != "hold"] or list(plan.steps[:1])
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("from (UTC)", "units", "why"):
        table.add_column(column, overflow="fold")
    for step in changes[:SHOWN_CHANGES]:
        table.add_row(
            f"{step.at:%Y-%m-%d %H:%M}", f"{step.before} → {step.units}", Text(step.reason)
        )
    out.print(table)
    if len(changes) > SHOWN_CHANGES:
        out.print(f"… and {len(changes) - SHOWN_CHANGES} more changes")
    for title, findings in (
        ("Denied", decision.denials), ("Warning", decision.warnings), ("Waived", decision.waived),
    ):  # fmt: skip
        for found in findings:
            out.print(
                Text(f"{title}: {found.message} [{found.rule_id}]\n  → {found.remedy}"),
                soft_wrap=True,
            )
    for path in written:
        out.print(Text(str(path)), soft_wrap=True)
