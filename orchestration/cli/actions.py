"""`tollgate actions …`: plan, show, approve, apply, undo, resume, list, the journal's check.

Belongs here: arguments and exit codes (0 fine, 1 denied, refused or failed, 2 could not).
Does not belong here: tables (`actions_shown.py`), any rule or order of an action run (`actions`).
"""

from __future__ import annotations

import getpass
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from actions import approvals, executor, journal, planner, plans, recovery, reports
from actions.clients import AwsCloud
from actions.errors import ActionError, Refused
from actions.models import DataFacts, Outcome, Proposal, Result
from actions.services import Services
from orchestration.cli.actions_shown import show_plan, show_plans, show_report
from orchestration.cli.console import err, fail, out
from orchestration.cli.rows import RowFormat, write_rows
from orchestration.settings import Settings, SettingsError, load_settings
from policies.bundle import Bundle
from policies.decisions import RecordError
from policies.engine import PolicyEngine
from policies.opa import Opa
from policies.provision import NoOpaError, find_opa
from policies.store import RESTORE, StoreError, open_store

DENIED, COULD_NOT = 1, 2
DRY_RUN = "Dry run, nothing was changed"
LIFETIME = re.compile(r"(\d{1,4})([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class InputError(ValueError):
    """What the command was given cannot be used; the message says what to give instead."""


@dataclass(frozen=True)
class FileData:
    """Proposals and facts from one JSON file: `{"proposals": [...], "data": {...}}`."""

    path: Path

    def proposals(self) -> list[Proposal]:
        """The list under `proposals`."""
        rows, found = self._read("proposals"), []
        if not isinstance(rows, list):
            raise InputError(f"{self.path}: 'proposals' is not a list")
        for number, row in enumerate(rows, start=1):
            try:
                found.append(Proposal.model_validate(row))
            except ValidationError as error:
                raise InputError(
                    f"{self.path}: proposal {number} is not usable: {_first(error)}"
                ) from error
        return found

    def facts(self) -> DataFacts:
        """The object under `data`."""
        try:
            return DataFacts.model_validate(self._read("data"))
        except ValidationError as error:
            raise InputError(f"{self.path}: 'data' is not usable: {_first(error)}") from error

    def _read(self, key: str) -> Any:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"), parse_float=str)
        except (OSError, ValueError) as error:
            raise InputError(f"{self.path} cannot be read as JSON: {error}") from error
        if not isinstance(content, dict) or key not in content:
            raise InputError(
                f"{self.path} has no {key!r}; give an object with 'proposals' (rows of "
                "marts.fct_proposals) and 'data' (control_totals_ok, data_as_of)"
            )
        return content[key]


class LazyOpa:
    """OPA, looked for when first asked: undo must work where none can be found."""

    def __init__(self) -> None:
        self._found: Opa | None = None

    @property
    def description(self) -> str:
        """Which OPA this is, once it is known."""
        return self._found.description if self._found else "not looked for yet"

    def evaluate(self, bundle: Bundle, gate: str, inputs: Sequence[Any]) -> list[Any]:
        """One raw answer per input."""
        self._found = self._found or find_opa()
        return self._found.evaluate(bundle, gate, inputs)


PlanIds = Annotated[list[str] | None, typer.Argument(metavar="[PLAN_ID…]", show_default=False)]
Execute = Annotated[bool, typer.Option("--execute", help="Really do it; without, a dry run.")]
DataFile = Annotated[
    Path | None,
    typer.Option("--proposals", help="JSON file to use instead of the warehouse's marts."),
]

app = typer.Typer(no_args_is_help=True, help="Plan, approve, apply and undo remediation.")
journal_app = typer.Typer(no_args_is_help=True, help="The record of everything done.")
app.add_typer(journal_app, name="journal")


@app.command()
def plan(
    file: DataFile = None,
    name: Annotated[str, typer.Option("--as", help="The requester; default: who you are.")] = "",
) -> None:
    """Turn proposals into decided plans. Only reads the cloud."""
    with _session(file) as (settings, services):
        proposals = FileData(file).proposals() if file else _proposals(settings)
        report = planner.plan_proposals(services, proposals, requester=name or getpass.getuser())
    show_report(report, "Plan")
    # A plan that the gate denied is a result of planning, not its failure.
    fine = {Result.DENIED, Result.NOT_APPLICABLE}
    _leave([outcome for outcome in report.outcomes if outcome.result not in fine])


@app.command()
def approve(
    plan_id: str,
    name: Annotated[str, typer.Option("--as", help="Your name; not the requester's.")],
    expires: Annotated[str, typer.Option(help="For how long, as 30m, 24h or 7d.")] = "24h",
) -> None:
    """Say yes to exactly this plan, once, for a while."""
    # By the clock that an apply would need: one that is set ahead would make it last for years.
    with _session(data=False, execute=True) as (_, services):
        given = approvals.approve(
            services.journal(), plan_id, name, now=services.clock(), lifetime=_lifetime(expires)
        )
    out.print(
        f"{plan_id} approved by {given.approver} until {given.expires_at:%Y-%m-%d %H:%M} UTC "
        f"(plan hash {given.plan_hash[:12]})",
        markup=False,
        soft_wrap=True,
    )


@app.command()
def apply(plan_ids: PlanIds = None, execute: Execute = False, file: DataFile = None) -> None:
    """Apply approved plans (these, or all). A dry run unless --execute."""
    with _session(file, execute=execute) as (_, services):
        report = executor.apply_plans(services, plan_ids or None, execute=execute)
    show_report(report, "Apply" if execute else DRY_RUN)
    _leave(report.outcomes)


@app.command()
def undo(plan_ids: list[str], execute: Execute = False) -> None:
    """Take applied plans back. A dry run unless --execute."""
    with _session(data=False, execute=execute) as (_, services):
        report = recovery.undo(services, plan_ids, execute=execute)
    show_report(report, "Undo" if execute else DRY_RUN)
    _leave(report.outcomes)


@app.command()
def resume(plan_ids: PlanIds = None, execute: Execute = False, file: DataFile = None) -> None:
    """Finish, or take back, plans whose run was interrupted. A dry run unless --execute."""
    with _session(file, execute=execute) as (_, services):
        report = recovery.resume(services, plan_ids or None, execute=execute)
    show_report(report, "Resume" if execute else DRY_RUN)
    _leave(report.outcomes)


@app.command()
def show(plan_id: str) -> None:
    """Show all of one plan: why, what for, its calls, the way back, what the bill says it saved."""
    from orchestration.remediation import saved  # noqa: PLC0415  (fast --help)

    with _session(data=False) as (settings, services):
        made, status = plans.load(services.store, plan_id)
        events = journal.read(services.store, plan_id=plan_id)
        by_the_bill = saved(settings, plan_id)
    show_plan(made, status, events, by_the_bill)


@app.command("list")
def list_plans(
    to: Annotated[
        RowFormat, typer.Option("--format", help="table, csv or json.")
    ] = RowFormat.TABLE,
) -> None:
    """Show every plan and where it stands; exit 1 where one is not as it was decided on."""
    with _session(data=False) as (_, services):
        rows = reports.planned_actions(services.store)
    if to is RowFormat.TABLE:
        show_plans(rows)
    else:
        columns = reports.PLANNED_ACTIONS
        write_rows(columns, [[row[name] for name in columns] for row in rows], to)
    marked = [row["plan_id"] for row in rows if reports.marked(row)]
    if marked:
        fail(f"not as they were decided on: {', '.join(marked)}; {plans.REMEDY}", DENIED)


@journal_app.command("verify")
def verify(
    head: Annotated[
        list[str] | None,
        typer.Option(help="A head noted earlier, that must still be there; may be given again."),
    ] = None,
) -> None:
    """Check both hash chains, of what was done and of what was decided, and print their heads."""
    with _session(data=False) as (_, services):
        checks = journal.verify_records(services.store, head or ())
    for what, check in checks.items():
        if not check.ok:
            fail(f"the {what} do not verify: {check.problem}; {RESTORE}", DENIED)
    for gone in sorted(set(head or ()).difference(*(check.found for check in checks.values()))):
        fail(f"the head noted earlier, {gone}, is in neither chain", DENIED)
    for what, check in checks.items():
        out.print(f"{what}: {check.entries}, unbroken; head {check.head}", soft_wrap=True)


@contextmanager
def _session(
    file: Path | None = None, *, data: bool = True, execute: bool = False
) -> Iterator[tuple[Settings, Services]]:
    """Settings and services; what goes wrong inside becomes one line and an exit code."""
    from orchestration.remediation import (  # noqa: PLC0415  (fast --help)
        ShiftedClockError,
        only_loopback,
        open_services,
        require_safe_clock,
    )
    from orchestration.warehouse import WarehouseError  # noqa: PLC0415

    try:
        settings = load_settings()
        if execute:
            require_safe_clock(settings, os.environ)
        # Who applies must not also be the one who vouches for the bills behind it.
        if execute and file is not None and not only_loopback(os.environ):
            raise InputError(
                f"{file} cannot say for --execute whether the bills are in order: leave "
                "--proposals out, so that the warehouse says it, or point AWS_ENDPOINT_URL at a "
                "loopback emulator"
            )
        if data and file is None:
            with open_services(settings) as services:
                yield settings, services
        else:
            with _own_services(settings, file) as services:
                yield settings, services
    except Refused as error:
        fail(str(error), DENIED)
    except (ActionError, InputError, SettingsError, StoreError, RecordError) as error:
        fail(str(error), COULD_NOT)
    except (NoOpaError, WarehouseError, ShiftedClockError) as error:
        fail(str(error), COULD_NOT)
    except SQLAlchemyError as error:
        why = str(error).splitlines()[0]
        fail(f"the operational store cannot be used: {why}; where it was changed, {RESTORE}")


@contextmanager
def _own_services(settings: Settings, file: Path | None) -> Iterator[Services]:
    """Services that need no warehouse: facts from the file, or none where no gate is asked."""
    # Undo and approve ask no gate, so what they are told of the data is the worst.
    nothing = DataFacts(control_totals_ok=False, data_as_of=settings.now())
    facts = FileData(file).facts() if file else nothing
    store = open_store(settings.ops_url)
    try:
        yield Services(
            store=store,
            policy=PolicyEngine(LazyOpa()),
            cloud=AwsCloud.from_environment(),
            data=facts,
            clock=settings.now,
        )
    finally:
        store.dispose()


def _proposals(settings: Settings) -> list[Proposal]:
    from orchestration.remediation import proposals  # noqa: PLC0415
    from orchestration.warehouse import Warehouse  # noqa: PLC0415

    return proposals(Warehouse(settings))


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"


def _lifetime(text: str) -> timedelta:
    match = LIFETIME.fullmatch(text.strip())
    if not match:
        raise InputError(f"--expires {text!r} is not a time such as 30m, 24h or 7d")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def _leave(outcomes: Sequence[Outcome]) -> None:
    if any(outcome.result is Result.COULD_NOT for outcome in outcomes):
        from orchestration.remediation import only_loopback  # noqa: PLC0415  (fast --help)

        if load_settings().in_the_past and not only_loopback(os.environ):
            err.print("the demo company's AWS is there in `tollgate demo --shell` alone")
        raise typer.Exit(COULD_NOT)
    if not all(outcome.ok for outcome in outcomes):
        raise typer.Exit(DENIED)
