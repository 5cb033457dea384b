"""The report as a person reads it, in the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from actions.services import telling
from orchestration.demo.home import report_path
from orchestration.settings import Settings

Report = dict[str, Any]

FINDINGS = 6
# As much of a finding's id as `tollgate explain` needs, mostly.
SHORT_ID = 8
BASELINE = "seasonal_naive"
GOOD, BAD = "[green]✓[/]", "[red]✗[/]"


def show(console: Console, report: Report, settings: Settings) -> None:
    """Print the whole report."""
    for title, body in (
        ("What it cost, and whether that equals the bills", _costs(report)),
        ("The real sample bills", _samples(report)),
        ("What went wrong, and why", _anomalies(report)),
        ("What comes next", _forecasts(report)),
        ("Two pull requests at the gate", _gate(report)),
        ("Waste, and what was decided about it", _actions(report)),
        ("What this took", _steps(report)),
        ("Where to go from here", _next(settings)),
    ):
        console.print(Panel(body, title=f"[bold]{title}[/]", title_align="left", padding=(1, 1)))


def _costs(report: Report) -> RenderableType:
    providers = sorted({(r["service_provider_name"], r["currency"]) for r in report["costs"]})
    table = Table(box=None)
    table.add_column("month")
    for provider, currency in providers:
        table.add_column(f"{provider}\n{currency}", justify="right")
    cells = {
        (r["billing_period"], r["service_provider_name"], r["currency"]): r for r in report["costs"]
    }
    for month in sorted({r["billing_period"] for r in report["costs"]}):
        row = [month]
        for provider, currency in providers:
            found = cells.get((month, provider, currency))
            row.append(_checked(found) if found else "")
        table.add_row(*row)
    equal = sum(1 for r in report["costs"] if r["equal"])
    compared = report["reconciliation"]
    text = (
        f"{GOOD if equal == len(report['costs']) else BAD} {equal} of {len(report['costs'])} "
        "provider-months equal the bills to the last decimal; "
        f"{compared['compared'] - compared['different']} of {compared['compared']} landed "
        f"control totals equal the marts. {report['bill_rows']:,} bill rows."
    )
    return Group(table, Text(), Text.from_markup(text))


def _checked(row: dict[str, Any]) -> str:
    amount = "missing" if row["billed_cost"] is None else f"{Decimal(row['billed_cost']):,.2f}"
    return f"{amount} {GOOD if row['equal'] else BAD}"


def _samples(report: Report) -> RenderableType:
    table = Table("bill", "feed", "rows", "sum of the file", "sum in the marts", "", box=None)
    for row in report["samples"]:
        mart = "not charges" if row["mart"] is None else _amount(row["mart"], row["currency"])
        if Decimal(row["explained"]):
            mart += f", of which {_amount(row['explained'], row['currency'])} as FOCUS demands"
        table.add_row(
            escape(row["path"]),
            row["feed"],
            f"{row['rows']:,}",
            _amount(row["file"], row["currency"]),
            mart,
            GOOD if row["equal"] else BAD,
        )
    return table


def _anomalies(report: Report) -> RenderableType:
    found = report["anomalies"]
    table = Table("finding", "since", "state", "impact", "why", box=None)
    told = [row for row in found["findings"] if row["parent_finding_id"] is None]
    for row in told[:FINDINGS]:
        table.add_row(
            row["finding_id"][:SHORT_ID],
            str(row["first_seen"]),
            row["status"],
            _amount(row["impact_cost"], row["billing_currency"]),
            escape(row["why"]),
        )
    right = (
        f" Of the {found['found']} found, {len(found['driven_right'])} name the planted driver "
        "first; `tollgate explain FINDING` tells the others."
    )
    return Group(table, Text(), Text.from_markup(_score("anomalies", found) + right))


def _score(what: str, found: dict[str, Any]) -> str:
    missed = f" (missed: {', '.join(found['missed'])})" if found["missed"] else ""
    return (
        f"Of {found['planted']} planted {what}, {found['found']} were found "
        f"({found['share_found']:.0%}){missed}; false alarms: {found['false_alarms']}."
    )


_NEVER_ADDED = (
    "The fee of a commitment is billed, and stands in the effective cost of what it covers: usage "
    "and purchases are never added. Taxes and credits are not forecast."
)


def _forecasts(report: Report) -> RenderableType:
    table = Table(
        "provider", "what", "month", "last whole month", "so far", "expected", "80 % band", box=None
    )
    for row in report["forecasts"]:
        currency, known = row["billing_currency"], row["cost_before"] is not None
        band = "by schedule"
        if row["p10"] is not None:
            band = f"{_amount(row['p10'], '')} … {_amount(row['p90'], currency)}"
        table.add_row(
            escape(row["service_provider_name"]),
            f"{row['charge_category'].lower()}, {row['cost_basis'].lower()}",
            str(row["month"])[:7],
            _amount(row["cost_before"], currency) if known else "",
            _amount(row["known_cost"], currency),
            _amount(row["p50"], currency),
            band,
        )
    used = {row["model"] for row in report["forecasts"] if row["model"]}
    forecast = {row["service_provider_name"] for row in report["forecasts"]}
    others = sorted({row["service_provider_name"] for row in report["costs"]} - forecast)
    said = _NEVER_ADDED + (f" Nothing to forecast: {', '.join(others)}." if others else "")
    return Group(table, Text(), Text(said), Text(), *_skill(report["forecast_accuracy"], used))


def _skill(accuracy: Iterable[dict[str, Any]], used: set[str]) -> list[RenderableType]:
    """The models in use beside seasonal naive, as the back-tests saw them."""
    known = [row for row in accuracy if row["mase"] is not None]
    naive = {row["horizon_days"]: row["mase"] for row in known if row["model"] == BASELINE}
    return [
        Text(
            f"{row['model']}, {row['horizon_days']} days ahead: mean absolute error "
            f"{row['mase'] / naive[row['horizon_days']]:.0%} of seasonal naive's; the 80 % band "
            f"held {row['coverage_80']:.0%} of the days ({row['folds']} back-tests)"
        )
        for row in known
        if row["model"] in used - {BASELINE} and naive.get(row["horizon_days"])
    ]


def _gate(report: Report) -> RenderableType:
    lines = []
    for name, answer in report["gate"].items():
        verdict = "[green]allowed[/]" if answer["allow"] else "[red]denied[/]"
        delta = _amount(answer["monthly_delta"], answer["currency"])
        lines.append(f"[bold]{escape(name)}.json[/] {verdict}: {delta} per month")
        same: dict[tuple[str, str, str], list[str]] = {}
        for denial in answer["denials"]:
            key = (denial["rule_id"], denial["message"], denial["remedy"])
            same.setdefault(key, []).append(denial["subject"])
        for (rule, message, remedy), subjects in same.items():
            lines.append(f"  {rule}: {escape(', '.join(subjects))}: {escape(message)}")
            lines.append(f"    [dim]remedy: {escape(remedy)}[/]")
    return Text.from_markup("\n".join(lines))


def _actions(report: Report) -> RenderableType:
    table = Table("resource", "action", "saves a month", "state", "why", box=None)
    for row in report["actions"]["planned"]:
        denials = _messages(row["denials"])
        table.add_row(
            escape(row["resource_id"]),
            row["action_id"],
            _amount(row["expected_monthly_saving"], row["billing_currency"]),
            row["status"],
            escape(denials or "allowed by the remediation gate"),
        )
    done = [
        f"{GOOD} {found['result']}: {escape(found['resource_id'])} ({escape(found['why'])})"
        for found in (*report["actions"]["applied"], *report["actions"]["undone"])
    ]
    candidates, planned = report["waste"]["candidates"], report["actions"]["planned"]
    without = {row["resource_id"] for row in candidates} - {row["resource_id"] for row in planned}
    waste = _score("waste", report["waste"])
    if without:
        waste += f" No action is catalogued for {len(without)} of them, on other clouds."
    return Group(table, Text(), Text.from_markup("\n".join([waste, *done])))


def _messages(denials: str | None) -> str:
    found = json.loads(denials or "[]")
    told = telling(denial["rule_id"] for denial in found)
    return " ".join(denial["message"] for denial in found if denial["rule_id"] in told)


def _steps(report: Report) -> RenderableType:
    table = Table("step", "seconds", "share", box=None)
    for row in report["steps"]:
        table.add_row(row["step"], f"{row['seconds']:.1f}", f"{row['share']:.0%}")
    table.add_row("[bold]all[/]", f"[bold]{report['seconds']:.1f}[/]", "")
    return table


def _next(settings: Settings) -> RenderableType:
    marts = f"{settings.published}   the same marts, for DuckDB clients"
    if settings.engine == "postgres":
        marts = "the database of TOLLGATE_PG_DATABASE       the same marts, for BI tools"
    return Text(
        "make dev                                   the lineage of all this, in the Dagster UI\n"
        "tollgate query 'select * from marts.fct_unit_costs limit 20'\n"
        "tollgate query 'select * from focus.focus_cost_and_usage limit 5'   FOCUS, for BI tools\n"
        f"{marts}\n"
        f"{report_path(settings)}   every figure above\n"
        "README.md                                  the five-minute tour"
    )


def _amount(value: Any, currency: str | None) -> str:
    return f"{Decimal(str(value)):,.2f} {currency or ''}".strip()
