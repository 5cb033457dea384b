"""Demand forecasts, and the plans for the fleets that serve it, decided by the capacity gate."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg
import pandas as pd

from orchestration.analytics.capacity.decide import Plan, PlanError, plan_capacity
from orchestration.analytics.capacity.demand import forecast_demand
from orchestration.analytics.capacity.inputs import Forecast, InputError
from orchestration.analytics.capacity.plots import plan_picture
from orchestration.analytics.capacity.target import Target, read_targets
from orchestration.analytics.plots import forecast_picture
from orchestration.capacity import (
    PLAN_COLUMNS,
    Answer,
    decide_plans,
    plan_rows,
    plan_span,
    running_units,
    stored_forecast,
)
from orchestration.defs.groups import DECIDE, FORECAST
from orchestration.defs.pictures import markdown_image
from orchestration.ingest.engine import text
from orchestration.resources import Tollgate
from orchestration.warehouse import Warehouse
from policies.engine import open_engine

# What is counted on the newest days is still arriving.
LATE_DAYS = 2
HORIZON_DAYS = 30
PICTURES = 1
_DEMAND = f"""
select series_id, metric, unit, demand_date as ds, quantity as y from marts.fct_demand
join (
  select series_id, max(demand_date) - {LATE_DAYS} as complete from marts.fct_demand group by 1
) as newest using (series_id)
where demand_date <= complete
"""


def capacity_assets() -> list[dg.AssetsDefinition]:
    """Forecasts of demand, and plans."""
    return [capacity_forecasts, capacity_plans]


@dg.asset(
    key=["platform", "capacity_forecasts"],
    group_name=FORECAST,
    kinds={"python"},
    description=(
        "Demand of each product, fleet and store, 30 days ahead: requests, busy vCPUs, vCPU-hours "
        "and gigabytes, with 80 and 95 % intervals."
    ),
    deps=[["marts", "fct_demand"]],
)
def capacity_forecasts(tollgate: Tollgate) -> dg.MaterializeResult[None]:
    """Forecasts complete days only."""
    warehouse = tollgate.warehouse()
    demand = warehouse.query(_DEMAND)
    if demand.empty:
        return dg.MaterializeResult(metadata={"dagster/row_count": 0, "note": "no demand yet"})
    made = forecast_demand(demand, HORIZON_DAYS, "day")
    facts = demand[["series_id", "metric", "unit"]].drop_duplicates("series_id")
    rows = made.merge(facts, on="series_id").assign(as_of=tollgate.settings.now())
    warehouse.replace_rows("platform.capacity_forecasts", rows)
    names = sorted(set(rows["series_id"]), key=lambda name: ("requests" not in name, name))
    history = demand.astype({"y": float, "ds": "datetime64[ns]"}).sort_values("ds")
    pictures = [
        markdown_image(forecast_picture(name, history, made), name) for name in names[:PICTURES]
    ]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "series": len(names),
            "pictures": dg.MetadataValue.md("\n\n".join(pictures)),
        }
    )


@dg.asset(
    key=["platform", "capacity_plans"],
    group_name=DECIDE,
    kinds={"opa"},
    description=(
        "How many units each fleet of capacity.toml needs per day, why, and what the capacity gate "
        "says to it; nothing is scaled from here."
    ),
    # A bill that does not reconcile may alarm, but nothing is planned on it.
    deps=[
        ["platform", "capacity_forecasts"],
        ["staging", "stg_company__resources"],
        ["marts", "fct_reconciliation"],
    ],
)
def capacity_plans(tollgate: Tollgate) -> dg.MaterializeResult[None]:
    """Plans what can be planned; a target that cannot be is listed with the reason."""
    settings, warehouse = tollgate.settings, tollgate.warehouse()
    if not settings.capacity_file.exists():
        return dg.MaterializeResult(
            metadata={"dagster/row_count": 0, "note": f"no targets: {settings.capacity_file}"}
        )
    now = settings.now()
    plans: list[tuple[Plan, Forecast]] = []
    refused: dict[str, str] = {}
    for name, target in read_targets(settings.capacity_file).items():
        try:
            plans.append(_plan(warehouse, target, tollgate))
        except (PlanError, InputError) as error:
            refused[name] = str(error)
    store = tollgate.store()
    try:
        answers = decide_plans(open_engine(), store, plans, now) if plans else []
    finally:
        store.dispose()
    rows = [row for answer in answers for row in plan_rows(answer, now)]
    warehouse.replace_rows("platform.capacity_plans", pd.DataFrame(rows, columns=PLAN_COLUMNS))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "allowed": sum(answer.decision.allow for answer in answers),
            "plans": dg.MetadataValue.md(_table(answers, refused)),
            "pictures": dg.MetadataValue.md("\n\n".join(_pictures(warehouse, answers))),
        }
    )


def _plan(warehouse: Warehouse, target: Target, tollgate: Tollgate) -> tuple[Plan, Forecast]:
    if target.inventory_prefix is None:
        raise InputError(
            f"target {target.name!r} has no inventory_prefix, so its units of now are not known"
        )
    forecast = stored_forecast(warehouse, target, "platform.capacity_forecasts")
    start, steps = plan_span(forecast, target, tollgate.settings.now())
    current = running_units(warehouse, target.inventory_prefix)
    return plan_capacity(forecast.points, target, current, start, steps), forecast


def _pictures(warehouse: Warehouse, answers: Sequence[Answer]) -> list[str]:
    shown = answers[:PICTURES]
    if not shown:
        return []
    names = ", ".join(text(answer.plan.target.series_id) for answer in shown)
    history = warehouse.query(f"select * from ({_DEMAND}) as demand where series_id in ({names})")
    history = history.astype({"y": float, "ds": "datetime64[ns]"})
    return [
        markdown_image(
            plan_picture(a.plan, history[history["series_id"] == a.plan.target.series_id]),
            a.plan.target.name,
        )
        for a in shown
    ]


def _table(answers: Sequence[Answer], refused: dict[str, str]) -> str:
    lines = ["| target | units | cost | unchanged | gate | why |", "|---|---|---:|---:|---|---|"]
    for answer in answers:
        plan, decision = answer.plan, answer.decision
        why = decision.denials[0].message if decision.denials else plan.steps[0].reason
        lines.append(
            f"| {plan.target.name} | {plan.current} → {plan.steps[-1].units} "
            f"| {plan.cost:,.2f} {plan.target.currency} | {plan.cost_unchanged:,.2f} "
            f"| {'allowed' if decision.allow else 'denied'} | {why} |"
        )
    lines += [f"| {name} |  |  |  | not planned | {why} |" for name, why in refused.items()]
    return "\n".join(lines)
