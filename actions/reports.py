"""Plans and journal as rows for the warehouse: `platform.planned_actions`, `.action_events`.

Belongs here: reading the store into the columns that dbt's sources declare.
Does not belong here: writing the warehouse (the orchestration does).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from actions import journal, plans
from actions.errors import PlanTampered, PlanUnreadable
from actions.journal import Event
from actions.models import Plan
from actions.standing import NOBODYS, Standing
from actions.tables import PLANS
from policies.models import canonical_json
from policies.store import as_stored, for_reading

PLANNED_ACTIONS = (
    "plan_id",
    "plan_hash",
    "proposal_id",
    "action_id",
    "service_provider_name",
    "account_id",
    "region",
    "resource_id",
    "owner",
    "billing_currency",
    "expected_monthly_saving",
    "saving_low",
    "saving_high",
    "reversibility",
    "status",
    "decision_id",
    "created_at",
)
ACTION_EVENTS = (
    "run_id",
    "seq",
    "plan_id",
    "proposal_id",
    "action_id",
    "resource_id",
    "event",
    "at",
    "detail",
    "prev_hash",
    "hash",
)


# Instead of a plan's status, where what is stored of it can no longer be believed.
CHANGED, UNREADABLE, GONE = "changed", "unreadable", "gone"


def planned_actions(store: sa.Engine) -> list[dict[str, Any]]:
    """One row per plan, oldest first; amounts are Decimal, times naive UTC.

    A plan that is not as the journal recorded it has the status `CHANGED`, `UNREADABLE` or (with
    no row left) `GONE`, and only what can still be believed of it.
    """
    query = sa.select(PLANS).order_by(PLANS.c.created_at, PLANS.c.plan_id)
    with for_reading(store).connect() as connection:
        rows = connection.execute(query).all()
    found = plans.standings(store)
    made = {event.plan_id: event for event in journal.read(store, kinds=["planned"])}
    values = [_row(row, found.get(row.plan_id, NOBODYS), made.get(row.plan_id)) for row in rows]
    for plan_id in found.keys() - {row.plan_id for row in rows}:
        values.append(_as_journaled(plan_id, made.get(plan_id), GONE))
    return [dict.fromkeys(PLANNED_ACTIONS) | row for row in values]


def marked(row: Mapping[str, Any]) -> bool:
    """Whether a row of `planned_actions` is not as the plan was decided on."""
    return row["status"] in (CHANGED, UNREADABLE, GONE)


def _row(row: sa.Row[Any], found: Standing, made: Event | None) -> dict[str, Any]:
    try:
        plan = plans.as_made(row, found)
    except PlanTampered as error:
        status = UNREADABLE if isinstance(error, PlanUnreadable) else CHANGED
        return _as_journaled(row.plan_id, made, status)
    values = _as_row(plan, found)
    try:
        plans.require_row(row, plan, found)
    except PlanTampered:
        return values | {"status": CHANGED}
    return values


def _as_row(plan: Plan, found: Standing) -> dict[str, Any]:
    return {
        "plan_id": plan.plan_id,
        "plan_hash": plan.plan_hash,
        "proposal_id": plan.proposal_id,
        "action_id": plan.action_id,
        "service_provider_name": plan.target.provider,
        "account_id": plan.target.account_id,
        "region": plan.target.region,
        "resource_id": plan.target.resource_id,
        "owner": plan.owner,
        "billing_currency": plan.saving.currency,
        "expected_monthly_saving": plan.saving.monthly,
        "saving_low": plan.saving.low,
        "saving_high": plan.saving.high,
        "reversibility": plan.reversibility.kind,
        "status": found.status,
        "decision_id": found.decision_id,
        "created_at": as_stored(plan.created_at),
    }


def _as_journaled(plan_id: str, made: Event | None, status: str) -> dict[str, Any]:
    if made is None:
        # Nobody made it: it was written into the table alone. The mart needs a text.
        return {"plan_id": plan_id, "action_id": "", "resource_id": "", "status": status}
    return {
        "plan_id": plan_id,
        "plan_hash": made.detail.get("plan_hash"),
        "proposal_id": made.proposal_id,
        "action_id": made.action_id,
        "resource_id": made.resource_id,
        "status": status,
        "created_at": _naive_utc(made.at),
    }


def events(store: sa.Engine) -> list[dict[str, Any]]:
    """One row per journal event, in order; `detail` is JSON text, times naive UTC."""
    return [
        {
            **{name: getattr(event, name) for name in ACTION_EVENTS},
            "at": _naive_utc(event.at),
            "detail": canonical_json(event.detail),
        }
        for event in journal.read(store)
    ]


def _naive_utc(text: str) -> datetime:
    return as_stored(datetime.fromisoformat(text))
