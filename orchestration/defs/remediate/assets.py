"""Proposals, their plans and decisions, and what the executor did: nothing acts by itself here."""

import os
from collections import Counter
from enum import Enum

import dagster as dg
import pandas as pd

from actions import reports
from actions.executor import apply_plans
from actions.models import RunReport
from actions.planner import plan_proposals
from orchestration.analytics.proposals import propose
from orchestration.defs.groups import ACT, DECIDE, PROPOSE
from orchestration.remediation import open_services, proposals, require_safe_clock
from orchestration.resources import Tollgate
from policies.decisions import DECISION_COLUMNS, decision_rows

_WASTE = "select * from marts.fct_waste_candidates"
REQUESTER = "tollgate"


class Mode(Enum):
    """What the executor does with the plans that are ready."""

    RECORD = "record"
    """Nothing: the journal is published as it is."""
    DRY_RUN = "dry_run"
    """Everything is read, decided and journaled; nothing is changed."""
    EXECUTE = "execute"
    """Approved plans are applied."""


class Apply(dg.Config):
    """How plans that are ready are carried out."""

    mode: Mode = Mode.DRY_RUN


def remediate_assets() -> list[dg.AssetsDefinition]:
    """From waste to the journal of actions."""
    return [platform_proposals, planned_actions, action_events, decisions]


@dg.asset(
    key=["platform", "proposals"],
    group_name=PROPOSE,
    kinds={"python"},
    description="What should be done about waste: action, target, expected saving with interval.",
    deps=[["marts", "fct_waste_candidates"]],
    automation_condition=dg.AutomationCondition.eager(),
)
def platform_proposals(tollgate: Tollgate) -> dg.MaterializeResult[None]:
    """Waste that an action of the catalogue can end; the rest stays in the waste mart."""
    warehouse = tollgate.warehouse()
    waste = warehouse.query(_WASTE)
    found = propose(waste, created_at=tollgate.settings.now())
    warehouse.replace_rows("platform.proposals", found)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(found),
            "waste_without_action": len(waste) - len(found),
            "proposals": _table(found),
        }
    )


@dg.asset(
    key=["platform", "planned_actions"],
    group_name=DECIDE,
    kinds={"opa"},
    description="Each proposal as a plan of exact API calls, decided by the remediation gate.",
    deps=[["platform", "proposals"], ["marts", "fct_reconciliation"], ["marts", "fct_daily_costs"]],
)
def planned_actions(tollgate: Tollgate) -> dg.MaterializeResult[None]:
    """Reads the cloud and changes nothing in it."""
    warehouse = tollgate.warehouse()
    wanted = proposals(warehouse)
    with open_services(tollgate.settings) as services:
        report = plan_proposals(services, wanted, requester=REQUESTER)
        plans = pd.DataFrame(
            reports.planned_actions(services.store), columns=list(reports.PLANNED_ACTIONS)
        )
    warehouse.replace_rows("platform.planned_actions", plans)
    return dg.MaterializeResult(metadata=_outcomes(report))


@dg.asset(
    key=["platform", "action_events"],
    group_name=ACT,
    kinds={"python"},
    description=(
        "The executor's journal, hash-chained: every plan re-read, decided again, and applied "
        "where it is approved and the run executes. A dry run by default."
    ),
    deps=[["platform", "planned_actions"]],
)
def action_events(tollgate: Tollgate, config: Apply) -> dg.MaterializeResult[None]:
    """Runs the executor over what is ready and publishes its journal."""
    execute = config.mode is Mode.EXECUTE
    if execute:
        require_safe_clock(tollgate.settings, os.environ)
    with open_services(tollgate.settings) as services:
        report = None if config.mode is Mode.RECORD else apply_plans(services, execute=execute)
        journal = pd.DataFrame(reports.events(services.store), columns=list(reports.ACTION_EVENTS))
        plans = pd.DataFrame(
            reports.planned_actions(services.store), columns=list(reports.PLANNED_ACTIONS)
        )
    warehouse = tollgate.warehouse()
    warehouse.replace_rows("platform.action_events", journal)
    warehouse.replace_rows("platform.planned_actions", plans)
    metadata = _outcomes(report) if report else {}
    metadata["events"] = dg.MetadataValue.int(len(journal))
    return dg.MaterializeResult(metadata=metadata)


@dg.asset(
    key=["platform", "decisions"],
    group_name=ACT,
    kinds={"opa"},
    description="Every decision of the gates: about what, by which bundle, and why it said no.",
    deps=[
        ["platform", "planned_actions"],
        ["platform", "action_events"],
        ["platform", "capacity_plans"],
    ],
)
def decisions(tollgate: Tollgate) -> dg.MaterializeResult[None]:
    """Publishes the decision records of the operational store."""
    store = tollgate.store()
    try:
        found = decision_rows(store)
    finally:
        store.dispose()
    frame = pd.DataFrame(found, columns=list(DECISION_COLUMNS))
    tollgate.warehouse().replace_rows("platform.decisions", frame)
    allowed = sum(1 for row in found if row["allow"])
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(found),
            "allowed": allowed,
            "denied": len(found) - allowed,
        }
    )


def _table(frame: pd.DataFrame) -> dg.MetadataValue:
    shown = ["resource_id", "action_id", "owner", "expected_monthly_saving", "billing_currency"]
    lines = ["| " + " | ".join(shown) + " |", "|" + "---|" * len(shown)]
    lines += [
        "| " + " | ".join(str(row[name]) for name in shown) + " |"
        for row in frame.to_dict("records")
    ]
    return dg.MetadataValue.md("\n".join(lines))


def _outcomes(report: RunReport) -> dict[str, dg.MetadataValue]:
    lines = ["| resource | action | result | why |", "|---|---|---|---|"]
    lines += [
        f"| {outcome.resource_id} | {outcome.action_id} | {outcome.result} | {outcome.why} |"
        for outcome in report.outcomes
    ]
    counts = Counter(str(outcome.result) for outcome in report.outcomes)
    return {
        "dagster/row_count": dg.MetadataValue.int(len(report.outcomes)),
        "execute": dg.MetadataValue.bool(report.execute),
        "results": dg.MetadataValue.json(dict(counts)),
        "outcomes": dg.MetadataValue.md("\n".join(lines)),
    }
