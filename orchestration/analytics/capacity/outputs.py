"""A plan for people and tools: as rows, as JSON, and as Terraform variables.

Belongs here: shapes. Does not belong here: writing files, and any judgement.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from orchestration.analytics.capacity.decide import Plan, Step

# Azure Monitor takes at most twenty profiles; one of them is the default.
MOST_WINDOWS = 19


def decimal_text(value: Decimal | float) -> str:
    """A number as plain decimal text of at most twelve places, never in exponents."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    text = f"{exact:.12f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def rfc3339(moment: datetime) -> str:
    """A time in UTC, as the gate and Terraform read it."""
    return moment.isoformat().replace("+00:00", "Z")


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan as JSON: each period with its units, cost and reason; money as decimal text."""
    target = plan.target
    return {
        "target": target.name,
        "kind": target.kind,
        "environment": target.environment,
        "owner": target.owner,
        "series_id": target.series_id,
        "metric": target.metric,
        "period": target.period,
        "quantile": target.quantile,
        "current_units": plan.current,
        "cost": decimal_text(plan.cost),
        "cost_unchanged": decimal_text(plan.cost_unchanged),
        "budget": decimal_text(plan.budget),
        "currency": target.currency,
        "unmet_periods": plan.unmet_steps,
        "usable_periods": plan.usable,
        "steps": [_step_document(step) for step in plan.steps],
    }


def _step_document(step: Step) -> dict[str, Any]:
    return {
        "at": rfc3339(step.at),
        "action": step.action,
        "before": step.before,
        "units": step.units,
        "serving": step.serving,
        "expected_demand": None if step.expected is None else decimal_text(step.expected),
        "planned_demand": None if step.demand is None else decimal_text(step.demand),
        "cost": decimal_text(step.cost),
        "reason": step.reason,
    }


def tfvars(plan: Plan, decision_id: str) -> dict[str, Any]:
    """Variables for Terraform, by the target's kind; `capacity_decision_id` leads to the record.

    A scale set gets a window of fixed dates per stretch of equal units, as
    `azurerm_monitor_autoscale_setting` takes them: planned units as minimum, so that reactive rules
    may still add up to the target's maximum. A function app has no schedule: it gets the most units
    of the plan as its always-ready instances until the next plan.
    """
    target = plan.target
    common: dict[str, Any] = {
        "capacity_target": target.name,
        "capacity_decision_id": decision_id,
        "capacity_valid_until": rfc3339(plan.steps[-1].at + target.step),
    }
    if target.kind == "azure_function_app":
        return common | {
            "elastic_instance_minimum": max(step.units for step in plan.steps),
            "app_scale_limit": target.max_units,
        }
    return common | {
        "instances": plan.steps[0].units,
        "autoscale_default": _capacity(plan, plan.steps[-1].units),
        "autoscale_windows": windows(plan),
    }


def windows(plan: Plan) -> list[dict[str, Any]]:
    """Stretches of equal units; where they are too many, neighbours join at the larger number."""
    runs = [
        (list(steps), units) for units, steps in groupby(plan.steps, key=lambda step: step.units)
    ]
    stretches = [(run[0].at, run[-1].at + plan.target.step, units) for run, units in runs]
    while len(stretches) > MOST_WINDOWS:
        stretches = _joined(stretches)
    return [
        {
            "name": f"{plan.target.name}-{start:%Y%m%dT%H%MZ}",
            "start": rfc3339(start),
            "end": rfc3339(end),
            "timezone": "UTC",
            **_capacity(plan, units),
        }
        for start, end, units in stretches
    ]


Stretch = tuple[datetime, datetime, int]


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """One stretch fewer: the two neighbours whose join adds the least unit-hours."""

    def added(place: int) -> float:
        (start, middle, units), (_, end, following) = stretches[place : place + 2]
        low = middle - start if units < following else end - middle
        return abs(units - following) * low.total_seconds()

    place = min(range(len(stretches) - 1), key=added)
    (start, _, units), (_, end, following) = stretches[place : place + 2]
    joined = (start, end, max(units, following))
    return [*stretches[:place], joined, *stretches[place + 2 :]]


def _capacity(plan: Plan, units: int) -> dict[str, int]:
    return {"minimum": units, "default": units, "maximum": plan.target.max_units}
