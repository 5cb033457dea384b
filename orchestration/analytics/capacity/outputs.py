"""A plan for people and tools: as rows, as JSON, and as Terraform variables.

Belongs here: shapes. Does not belong here: writing files, and any judgement.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from orchestration.analytics.capacity.decide import Plan, Step

# Azure Monitor takes at most twenty profiles; one of them is the default.
MOST_WINDOWS = 19
# Always-ready instances that a function app may have; it scales out beyond them by itself.
MOST_READY = 20


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

    They hold no more than what was decided on, until `capacity_valid_until`. A scale set gets a
    window of fixed dates per stretch of equal units, as `azurerm_monitor_autoscale_setting` takes
    them: planned units as minimum, so that reactive rules may still add up to the target's
    maximum. A function app has no schedule: it gets its always-ready instances until the first
    change.
    """
    target, shown = plan.target, windows(plan)
    common: dict[str, Any] = {
        "capacity_target": target.name,
        "capacity_decision_id": decision_id,
    }
    if target.kind == "azure_function_app":
        return common | {
            "capacity_valid_until": shown[0]["end"],
            "elastic_instance_minimum": min(plan.steps[0].units, MOST_READY),
            "app_scale_limit": target.max_units,
        }
    last = {name: shown[-1][name] for name in ("minimum", "default", "maximum")}
    return common | {
        "capacity_valid_until": shown[-1]["end"],
        "instances": plan.steps[0].units,
        "autoscale_default": last,
        "autoscale_windows": shown,
    }


def windows(plan: Plan) -> list[dict[str, Any]]:
    """The first stretches of equal units, as many as one autoscale setting takes."""
    runs = [list(steps) for _, steps in groupby(plan.steps, key=lambda step: step.units)]
    return [
        {
            "name": f"{plan.target.name}-{run[0].at:%Y%m%dT%H%MZ}",
            "start": rfc3339(run[0].at),
            "end": rfc3339(run[-1].at + plan.target.step),
            "timezone": "UTC",
            "minimum": run[0].units,
            "default": run[0].units,
            "maximum": plan.target.max_units,
        }
        for run in runs[:MOST_WINDOWS]
    ]
