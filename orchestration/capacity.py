"""Capacity plans before their gate: the question, the recorded answer, forecasts from the marts.

Belongs here: turning a plan into the gate's input, and what the command and the assets share. Does
not belong here: the plan (`analytics/capacity/`) and any rule (`policies/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from orchestration.analytics.capacity.decide import Plan, Point, utc
from orchestration.analytics.capacity.inputs import Forecast, InputError
from orchestration.analytics.capacity.outputs import decimal_text
from orchestration.analytics.capacity.target import Target
from orchestration.warehouse import Warehouse
from policies.decisions import decide_and_record_many
from policies.engine import PolicyEngine
from policies.models import Decision, rfc3339

SCHEMA = "capacity/v1"
MART = "mart"
#: The columns of `platform.capacity_plans`.
PLAN_COLUMNS = [
    "target_name", "kind", "environment", "owner", "series_id", "as_of", "period_start", "action",
    "units_before", "units", "units_serving", "expected_demand", "planned_demand", "planned_cost",
    "unchanged_cost", "billing_currency", "reason", "decision_id", "allow",
]  # fmt: skip

_FORECAST = """
select as_of, ds, p50, p90, p975 from {relation}
where series_id = '{series_id}' order by ds
"""
_RUNNING = """
select count(distinct resource_id) from staging.stg_company__resources
where state = 'running' and starts_with(resource_name, '{prefix}')
  and snapshot_date = (select max(snapshot_date) from staging.stg_company__resources)
"""


@dataclass(frozen=True)
class Answer:
    """A plan with the decision on it."""

    plan: Plan
    decision: Decision


def decide_plans(
    engine: PolicyEngine,
    store: sa.Engine,
    plans: Sequence[tuple[Plan, Forecast]],
    now: datetime,
) -> list[Answer]:
    """Ask the gate about each plan; all answers are recorded, or none is given."""
    questions = [
        (plan.target.name, build_question(plan, forecast, now)) for plan, forecast in plans
    ]
    decisions = decide_and_record_many(engine, store, "capacity", questions)
    return [Answer(plan, decision) for (plan, _), decision in zip(plans, decisions, strict=True)]


def build_question(plan: Plan, forecast: Forecast, now: datetime) -> dict[str, Any]:
    """The question to the capacity gate, as `policies/schemas/capacity.v1.json` has it."""
    target = plan.target
    return {
        "schema": SCHEMA,
        "now": rfc3339(now),
        "environment": target.environment,
        "target": {
            "name": target.name,
            "kind": target.kind,
            "owner": target.owner,
            "metric": target.metric,
            "period_hours": target.period_hours,
        },
        "forecast": {
            "source": forecast.source,
            "as_of": rfc3339(forecast.as_of) if forecast.as_of else "",
            "quantile": target.quantile,
            "usable_pct": 100 * plan.usable // len(plan.steps),
        },
        "unit": {
            "capacity": decimal_text(target.unit_capacity),
            "hourly_cost": decimal_text(target.hourly_cost),
            "currency": target.currency,
        },
        "guardrails": {
            "min_units": target.min_units,
            "max_units": target.max_units,
            "step_limit": target.step_limit,
            "cooldown_steps": target.cooldown_steps,
        },
        "budget": {"amount": decimal_text(plan.budget), "currency": target.currency},
        "plan": {
            "starts_at": rfc3339(plan.steps[0].at),
            "current_units": plan.current,
            "cost": decimal_text(plan.cost),
            "steps": [
                {
                    "at": rfc3339(step.at),
                    "before": step.before,
                    "units": step.units,
                    "serving": step.serving,
                    "expected": None if step.expected is None else decimal_text(step.expected),
                    "cost": decimal_text(step.cost),
                    "reason": step.reason,
                }
                for step in plan.steps
            ],
        },
        "waivers": [],
    }


def stored_forecast(
    warehouse: Warehouse, target: Target, relation: str = "marts.fct_capacity_forecasts"
) -> Forecast:
    """The forecast of the target's series, from the mart or the table behind it."""
    series_id = target.series_id.replace("'", "''")
    _, rows = warehouse.read(_FORECAST.format(relation=relation, series_id=series_id))
    if not rows:
        raise InputError(
            f"{relation} has no series {target.series_id!r}; correct the series_id of target "
            f"{target.name!r}, or run `tollgate build`"
        )
    place = ("p50", "p90", "p975").index(target.quantile) + 2
    points = tuple(Point(utc(row[1]), float(row[2]), float(row[place])) for row in rows)
    return Forecast(MART, points, utc(rows[0][0]))


def running_units(warehouse: Warehouse, prefix: str) -> int:
    """Machines of the newest inventory that run and whose name begins with `prefix`."""
    ((count,),) = warehouse.read(_RUNNING.format(prefix=prefix.replace("'", "''")))[1]
    return int(count)


def plan_span(forecast: Forecast, target: Target, now: datetime) -> tuple[datetime, int]:
    """Where a plan begins, with the present period, and how many periods it has.

    What lies between now and a forecast that begins later is not known.
    """
    first, last = forecast.points[0].at, forecast.points[-1].at
    passed = (now.astimezone(UTC) - first) // target.step
    start = first + passed * target.step
    if start > last:
        raise InputError(
            f"{forecast.source}: the forecast ends at {last:%Y-%m-%d %H:%M} UTC, before now "
            f"({now:%Y-%m-%d %H:%M} UTC); make a new one"
        )
    return start, (last - start) // target.step + 1


def plan_rows(answer: Answer, as_of: datetime) -> list[dict[str, Any]]:
    """The rows of `platform.capacity_plans` for one plan."""
    plan, target = answer.plan, answer.plan.target
    unchanged = target.cost(plan.current)
    return [
        {
            "target_name": target.name,
            "kind": target.kind,
            "environment": target.environment,
            "owner": target.owner,
            "series_id": target.series_id,
            "as_of": as_of,
            "period_start": step.at,
            "action": step.action,
            "units_before": step.before,
            "units": step.units,
            "units_serving": step.serving,
            "expected_demand": step.expected,
            "planned_demand": step.demand,
            "planned_cost": step.cost,
            "unchanged_cost": unchanged,
            "billing_currency": target.currency,
            "reason": step.reason,
            "decision_id": answer.decision.decision_id,
            "allow": answer.decision.allow,
        }
        for step in plan.steps
    ]
