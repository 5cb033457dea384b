"""The demo's report: one dict that goes to `report.json`, and the page that a person reads."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from actions.models import Outcome
from orchestration.demo.run import DemoRun
from orchestration.demo.score import driven_right, score_anomalies, score_waste
from orchestration.warehouse import Warehouse
from policies.whole_file import write_whole

Rows = list[dict[str, Any]]

_COSTS = """
select service_provider_name, x_billing_period as billing_period, billing_currency as currency,
       sum(billed_cost) as billed_cost
from focus.fct_focus_charges group by 1, 2, 3 order by 1, 2, 3
"""
_RECONCILIATION = """
select count(*) as compared, count(*) filter (where difference <> 0) as different
from marts.fct_reconciliation
"""
# Restated months are findings too, but none that detectors could find.
_FINDINGS = """
select * from marts.fct_findings where kind <> 'restated_period'
order by abs(impact_cost) desc, finding_id
"""
_DRIVERS = "select * from marts.fct_anomaly_drivers order by finding_id, driver_rank"
_WASTE = (
    "select * from marts.fct_waste_candidates order by monthly_effective_cost desc, resource_id"
)
# This month and the next, beside the last that was whole.
_FORECASTS = """
with costs as (
  select service_provider_name, billing_currency, charge_category,
         cast(date_trunc('month', charge_date) as date) as month,
         sum(case when charge_category = 'Usage' then effective_cost else billed_cost end) as cost
  from marts.fct_daily_costs group by 1, 2, 3, 4
),
models as (
  select service_provider_name, billing_currency, max(model) as model
  from marts.fct_forecasts group by 1, 2
)
select months.*, models.model, (
  select cost from costs
  where costs.service_provider_name = months.service_provider_name
    and costs.billing_currency = months.billing_currency
    and costs.charge_category = months.charge_category
    and costs.month = date_trunc('month', months.cutoff + 1) - interval '1 month'
) as cost_before
from marts.fct_month_forecasts as months
left join models
  on months.charge_category = 'Usage' and months.billing_currency = models.billing_currency
  and months.service_provider_name = models.service_provider_name
where months.month < date_trunc('month', months.cutoff + 1) + interval '2 months'
order by months.service_provider_name, months.charge_category desc, months.month
"""
_ACCURACY = """
select horizon_days, model, avg(wape) as wape, avg(mase) as mase,
       avg(coverage_80) as coverage_80, avg(coverage_95) as coverage_95, count(*) as folds
from marts.fct_forecast_accuracy where basis = 'backtest' group by 1, 2 order by 1, 4
"""
_DECISIONS = """
select gate, allow, count(*) as decisions from marts.fct_decisions group by 1, 2 order by 1, 2
"""
_PLANNED = """
select actions.*, decisions.denials from marts.fct_actions as actions
left join marts.fct_decisions as decisions on actions.decision_id = decisions.decision_id
order by actions.expected_monthly_saving desc, actions.resource_id
"""
_NOT_PLANNED = """
select resource_id, action_id, detail from platform.action_events
where event = 'not_planned' order by resource_id
"""


def build_report(run: DemoRun) -> dict[str, Any]:
    """Every figure of the demo; amounts are decimal text, never floats."""
    marts = Warehouse(run.settings)
    findings, waste = _rows(marts, _FINDINGS), _rows(marts, _WASTE)
    drivers, planted = _rows(marts, _DRIVERS), run.truth["anomalies"]
    planted_waste = [found for found in run.truth["waste"] if found["is_waste"]]
    return {
        "company": run.truth["company"],
        "as_of": run.company.as_of.isoformat(),
        "bill_rows": run.company.rows,
        "costs": _costs(marts, run.truth),
        "reconciliation": _rows(marts, _RECONCILIATION)[0],
        "samples": run.samples,
        "anomalies": score_anomalies(planted, findings).as_dict()
        | {
            "driven_right": list(driven_right(planted, findings, drivers)),
            "findings": findings,
            "drivers": drivers,
        },
        "waste": score_waste(planted_waste, waste).as_dict() | {"candidates": waste},
        "forecasts": _rows(marts, _FORECASTS),
        "forecast_accuracy": _rows(marts, _ACCURACY),
        "decisions": _rows(marts, _DECISIONS),
        "gate": {
            name: {
                "allow": answer.decision.allow,
                "monthly_delta": answer.question["estimate"]["monthly_delta"],
                "currency": answer.question["estimate"]["currency"],
                "denials": [found.to_dict() for found in answer.decision.denials],
                "decision_id": answer.decision.decision_id,
            }
            for name, answer in run.answers.items()
        },
        "actions": {
            "planned": _rows(marts, _PLANNED),
            "not_planned": _rows(marts, _NOT_PLANNED),
            "applied": [_outcome(found) for found in run.applied.outcomes],
            "undone": [_outcome(found) for found in run.undone.outcomes],
        },
        "steps": run.watch.as_rows(),
        "seconds": round(run.watch.total, 1),
    }


def write_report(report: dict[str, Any], path: Path) -> None:
    """Replace `report.json` as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(report, indent=1, default=str))


def _rows(marts: Warehouse, sql: str) -> Rows:
    columns, rows = marts.read(sql)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _costs(marts: Warehouse, truth: dict[str, Any]) -> Rows:
    """The marts' billed cost beside the bills' own, per provider, month and currency."""
    billed = {
        (row["service_provider_name"], row["billing_period"], row["currency"]): Decimal(
            row["billed_cost"]
        )
        for row in truth["billed_cost"]
    }
    compared = []
    for row in _rows(marts, _COSTS):
        key = (row["service_provider_name"], row["billing_period"], row["currency"])
        bill = billed.pop(key, None)
        compared.append(row | {"bill": bill, "equal": bill == row["billed_cost"]})
    missing = ("service_provider_name", "billing_period", "currency")
    return compared + [
        dict(zip(missing, key, strict=True)) | {"billed_cost": None, "bill": bill, "equal": False}
        for key, bill in billed.items()
    ]


def _outcome(found: Outcome) -> dict[str, Any]:
    return {
        "resource_id": found.resource_id,
        "action_id": found.action_id,
        "plan_id": found.plan_id,
        "result": str(found.result),
        "why": found.why,
    }
