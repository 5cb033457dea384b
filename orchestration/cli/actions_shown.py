"""What `tollgate actions` shows: the outcomes of a run, all plans, one plan in full.

Belongs here: tables and words on stdout. Does not belong here: arguments and exit codes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from actions import reports
from actions.journal import Event
from actions.models import Plan, PlannedCall, Result, RunReport, Status
from orchestration.cli.console import out
from orchestration.cli.rows import harmless

GREEN = {Result.PLANNED, Result.WOULD_APPLY, Result.APPLIED, Result.UNDONE, Result.WOULD_UNDO}
# The canary, in words.
FIRST = " (tried first, as the smallest of its action: the others follow where it comes out well)"
MARKED = {
    reports.CHANGED: "changed since it was decided",
    reports.UNREADABLE: "unreadable",
    reports.GONE: "gone from the store",
}
# What of an event's detail a person wants to know.
TOLD = ("step", "approver", "decision_id", "why")


def show_report(report: RunReport, title: str) -> None:
    """The outcome of each plan of a run, and the calls of those that made or would make some."""
    if not report.outcomes:
        out.print(f"{title}: no plans to work on")
        return
    counted = Counter(_words(outcome.result.value) for outcome in report.outcomes)
    came_out = ", ".join(f"{count} {result}" for result, count in counted.items())
    table = Table(title=f"{title}: {came_out} ({report.run_id})", title_justify="left")
    for column in ("Plan", "Resource", "Saving a month", "Outcome", "Why"):
        table.add_column(column, justify="right" if column.startswith("Saving") else "left")
    alike = Counter(found.why for found in report.outcomes if found.result is Result.COULD_NOT)
    others = len(report.outcomes) > 1
    said_once = {why: count for why, count in alike.items() if count > 1}
    for found in report.outcomes:
        if found.why in said_once:
            continue
        saving = found.plan.saving if found.plan else None
        table.add_row(
            Text(found.plan_id or "-"),
            Text(f"{found.action_id}\n{found.resource_id}"),
            f"{saving.monthly:,.2f} {saving.currency}" if saving else "-",
            Text(_words(found.result.value), style="green" if found.result in GREEN else "yellow"),
            Text(f"{found.why}{FIRST}" if found.canary and others else found.why),
        )
    out.print(table if table.rows else Text(str(table.title)))
    for why, count in said_once.items():
        out.print(Text(f"{count} could not: {why}"), soft_wrap=True)
    for found in report.outcomes:
        _show_calls(f"{found.plan_id} calls, in this order:", found.calls)


def show_plan(
    plan: Plan, status: Status, events: Sequence[Event], saved: Sequence[Mapping[str, Any]]
) -> None:
    """All that an approval of the plan binds to, what has happened since, and what that saved.

    `saved`: rows of `marts.fct_savings`.
    """
    target, saving, way_back = plan.target, plan.saving, plan.reversibility
    interval = f"{saving.low:,.2f} to {saving.high:,.2f}"
    lines = {
        "status": _words(status.value),
        "action": plan.action_id,
        "resource": f"{target.resource_id} ({plan.observed.resource_type})",
        "account": f"{target.account_id}, {target.provider} {target.region}",
        "owner": plan.owner or "-",
        "requested": f"by {plan.requester}, {plan.created_at:%Y-%m-%d %H:%M} UTC",
        "saves": f"{saving.monthly:,.2f} {saving.currency} a month ({interval})",
        "risk": f"{plan.risk.value}: {plan.blast_radius}",
        "way back": f"{way_back.undo_action or way_back.kind}. {way_back.note}",
        "evidence": f"as of {plan.evidence_as_of:%Y-%m-%d}",
        "plan hash": plan.plan_hash,
    }
    out.print(Text(plan.plan_id, style="bold"))
    for name, value in lines.items():
        _show_line(name, value)
        if name == "evidence":
            for path, fact in _leaves(plan.evidence):
                _show_line("", f"{path}: {fact}")
    _show_calls("calls, in this order:", plan.calls)
    _show_calls("to take it back:", plan.undo_calls)
    out.print("so far:")
    for event in events:
        about = [event.detail[name] for name in TOLD if event.detail.get(name)]
        said = ": ".join([_words(event.event), *map(str, about)])
        out.print(Text(f"  {event.at[:19].replace('T', ' ')} {harmless(said)}"), soft_wrap=True)
    if saved:
        out.print("saved, by the bill:")
    for row in saved:
        actual, expected = row["actual_monthly_saving"], row["expected_monthly_saving"]
        said = f"no saving claimed: {_words(row['outcome'])}"
        if actual is not None:
            said = f"{actual:,.2f} {row['billing_currency']} a month, {expected:,.2f} expected"
        out.print(Text(f"  {row['horizon_days']} days from {row['first_day']}: {said}"))


def _show_line(name: str, value: str) -> None:
    out.print(Text(f"  {name:10} {harmless(value)}"), soft_wrap=True)


def _show_calls(title: str, calls: Sequence[PlannedCall]) -> None:
    if calls:
        out.print(Text(title), soft_wrap=True)
    for number, call in enumerate(calls, start=1):
        out.print(Text(f"  {number}. {call.permission}"))
        for name, value in _leaves(call.parameters):
            out.print(Text(f"       {name}: {harmless(value)}"), soft_wrap=True)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every parameter of a call by its path, a list of plain values or of tags as one."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        plain = [_plain(item) for item in value]
        if None not in plain:
            yield path, ", ".join(str(item) for item in plain)
        else:
            for item in value:
                yield from _leaves(item, path)
    else:
        yield path, str(value)


def _plain(item: Any) -> str | None:
    if isinstance(item, dict):
        return f"{item['Key']}={item['Value']}" if item.keys() == {"Key", "Value"} else None
    return None if isinstance(item, list) else str(item)


def _words(value: str) -> str:
    return value.replace("_", " ")


def show_plans(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of `reports.planned_actions`, a line each."""
    table = Table(title="Plans", title_justify="left")
    for column in ("Plan", "Action", "Resource", "Owner", "Saving a month", "Status", "Created"):
        table.add_column(column)
    for row in rows:
        saving, created = row["expected_monthly_saving"], row["created_at"]
        marked = MARKED.get(row["status"])
        table.add_row(
            Text(row["plan_id"]),
            Text(row["action_id"] or "-"),
            Text(row["resource_id"] or "-"),
            Text(row["owner"] or "-"),
            "-" if saving is None else f"{saving:,.2f} {row['billing_currency']}",
            Text(marked, style="bold red") if marked else Text(row["status"]),
            "-" if created is None else f"{created:%Y-%m-%d %H:%M}",
        )
    out.print(table)
