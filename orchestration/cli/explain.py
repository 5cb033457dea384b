"""`tollgate explain`: why a cost changed, from the marts of findings and their drivers."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from orchestration.analytics.money import apportion
from orchestration.cli.console import fail, out
from orchestration.settings import load_settings

Row = dict[str, Any]

# A shorter start would mean another finding before long.
SHORTEST = 4
_ID = re.compile(r"[0-9a-f]+")
_FINDING = "select * from marts.fct_findings where finding_id like '{name}%' order by finding_id"
_TOLD = "select * from marts.fct_findings where parent_finding_id = '{name}' order by first_seen"
_DRIVERS = (
    "select * from marts.fct_anomaly_drivers where finding_id = '{name}' order by driver_rank"
)
_EVENTS = "select * from marts.fct_finding_events where finding_id = '{name}' order by event_rank"
_BUDGET = (
    "select * from marts.fct_detection_budgets where is_stricter and service_provider_name = "
    "(select service_provider_name from marts.fct_findings where finding_id = '{name}')"
)
# Parts of one dimension that are shown; JSON has every driver.
SHOWN = 8
CENT = Decimal("0.01")


class ExplainFormat(StrEnum):
    """How the explanation is written."""

    TEXT = "text"
    JSON = "json"


def explain(
    finding: Annotated[
        str,
        typer.Argument(
            help=f"finding_id of marts.fct_findings, or its start: at least {SHORTEST} characters."
        ),
    ],
    format: Annotated[ExplainFormat, typer.Option(help="text or json.")] = ExplainFormat.TEXT,
) -> None:
    """Say what drove a finding, by cause, resource, owner and product, and what happened nearby."""
    from orchestration.warehouse import Warehouse, WarehouseError  # noqa: PLC0415 (fast --help)

    if len(finding) < SHORTEST:
        fail(f"{finding!r} is too short: give at least the first {SHORTEST} characters of the id")
    if not _ID.fullmatch(finding):
        fail(f"{finding!r} is no finding_id: copy one from `select * from marts.fct_findings`")
    warehouse = Warehouse(load_settings())

    def rows(sql: str) -> list[Row]:
        columns, found = warehouse.read(sql, finished=True)
        return [dict(zip(columns, row, strict=True)) for row in found]

    try:
        found = rows(_FINDING.format(name=finding))
        if len(found) != 1:
            what = "no finding begins" if not found else f"{len(found)} findings begin"
            fail(f"{what} with {finding}: list them with `select * from marts.fct_findings`")
        name = found[0]["finding_id"]
        # A sum of services that one of them tells has no drivers but that one's.
        driven = found[0]["parent_finding_id"] if found[0]["drivers"] == "{}" else None
        told = rows(_TOLD.format(name=name))
        drivers = rows(_DRIVERS.format(name=driven or name))
        events = rows(_EVENTS.format(name=name))
        budget = rows(_BUDGET.format(name=name))
    except WarehouseError as error:
        fail(str(error))
    if format is ExplainFormat.JSON:
        body = {
            "finding": found[0], "tells": told, "drivers": drivers, "events": events,
            "stricter": budget,
        }  # fmt: skip
        json.dump(body, sys.stdout, default=str, indent=2)
        sys.stdout.write("\n")
    else:
        _screen(found[0], drivers, driven)
        _tells(told)
        _nearby(events)
        for row in budget:
            out.print(escape(_stricter(row)), highlight=False)


def _screen(finding: Row, drivers: list[Row], driven: str | None) -> None:
    out.print(
        f"[bold]{escape(finding['kind'])}[/], {finding['status']}, "
        f"{finding['first_seen']} to {finding['last_seen']}",
        highlight=False,
    )
    out.print(escape(finding["why"]), highlight=False)
    if not drivers:
        out.print("No drivers are known: nothing was used on these days, or it is no usage.")
        return
    if driven:
        out.print(f"Told by finding {driven}, whose drivers these are:", highlight=False)
    first = drivers[0]
    after, change = (first[f"finding_{name}_cost"].quantize(CENT) for name in ("after", "change"))
    out.print(
        f"{first['first_day']} to {first['last_day']} cost "
        f"{_amount(after)} {first['billing_currency']}, the mean of the same "
        f"weekdays before ({first['reference_windows']} windows) "
        f"{_amount(after - change)}: {_amount(change, '+')}.",
        highlight=False,
    )
    for title, name in (
        ("cause", lambda row: row["cause"]),
        ("resource", lambda row: row["resource_id"] or "others"),
        ("usage type", lambda row: row["usage_type"] or "others"),
        ("owner", lambda row: row["owner"] or "not known"),
        ("product", lambda row: row["product"] or "not known"),
    ):
        out.print(_split(title, drivers, name))


def _tells(findings: list[Row]) -> None:
    """The findings that are the same thing, seen in other series, and so are not told apart."""
    from orchestration.analytics.findings import place  # noqa: PLC0415 (fast --help)

    if not findings:
        return
    table = Table("the same, seen in", "since", box=None)
    table.add_column("impact", justify="right")
    for row in sorted(findings, key=lambda row: -abs(row["impact_cost"]))[:SHOWN]:
        impact = f"{_amount(row['impact_cost'], '+')} {row['billing_currency']}"
        table.add_row(escape(place(row).rstrip(",")), str(row["first_seen"]), impact)
    if findings[SHOWN:]:
        table.add_row(f"{len(findings) - SHOWN} more", "", "")
    out.print(table)


def _nearby(events: list[Row]) -> None:
    """What happened near the first day; nothing is printed where nothing is known."""
    if not events:
        return
    table = Table("events nearby (near is not cause)", "when", "same", box=None)
    table.add_column("expected a month", justify="right")
    for row in events[:SHOWN]:
        days = row["days_before"]
        unit = "day" if abs(days) == 1 else "days"
        side = "before" if days > 0 else "after"
        when = f"{abs(days)} {unit} {side}" if days else "the same day"
        cost = row["monthly_cost"]
        amount = "" if cost is None else f"{_amount(cost, '+')} {row['billing_currency']}"
        table.add_row(escape(row["description"]), when, row["shared_place"], amount)
    out.print(table)


def _stricter(budget: Row) -> str:
    return (
        f"{budget['service_provider_name']} is judged more strictly than tuned: "
        f"{budget['false_findings']} of {budget['judged']} findings that people judged were false, "
        f"so {budget['false_alarms']:.2f} false alarms per series and year are allowed, "
        f"not {budget['tuned_false_alarms']:.2f}."
    )


def _split(title: str, drivers: list[Row], name: Callable[[Row], str]) -> Table:
    """The whole change by one dimension: the largest parts, the rest, and their sum."""
    parts: dict[str, Decimal] = {}
    for row in drivers:
        parts[name(row)] = parts.get(name(row), Decimal(0)) + row["change_cost"]
    ranked = sorted(parts.items(), key=lambda part: (-abs(part[1]), part[0]))
    whole = drivers[0]["finding_change_cost"]
    largest = dict(ranked[:SHOWN])
    if ranked[SHOWN:]:
        rest = sum((amount for _, amount in ranked[SHOWN:]), Decimal(0))
        largest[f"{len(ranked) - SHOWN} more"] = rest
    cents = apportion(list(largest.values()), whole.quantize(CENT), CENT)
    table = Table(f"by {title}", box=None)
    table.add_column("change", justify="right")
    table.add_column("share", justify="right")
    for part, amount in zip(largest, cents, strict=True):
        table.add_row(escape(part), _amount(amount, "+"), _share(amount, whole))
    return table


def _amount(amount: Decimal, sign: str = "") -> str:
    return f"{amount:{sign},.2f}"


def _share(amount: Decimal, whole: Decimal) -> str:
    return f"{amount / whole:.0%}" if whole else ""
