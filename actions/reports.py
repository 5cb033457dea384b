"""Plans and journal as rows for the warehouse: `platform.planned_actions`, `.action_events`.

Belongs here: reading the store into the columns that dbt's sources declare.
Does not belong here: writing the warehouse (the orchestration does).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from actions import journal
from actions.models import Plan
from actions.tables import PLANS
from policies.models import canonical_json
from policies.store import for_reading

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


def planned_actions(store: sa.Engine) -> list[dict[str, Any]]:
    """One row per plan, oldest first; amounts are Decimal, times naive UTC."""
    query = sa.select(PLANS).order_by(PLANS.c.created_at, PLANS.c.plan_id)
    with for_reading(store).connect() as connection:
        rows = connection.execute(query).all()
    found = []
    for row in rows:
        plan = Plan.model_validate_json(row.body)
        values = (
            plan.plan_id,
            row.plan_hash,
            plan.proposal_id,
            plan.action_id,
            plan.target.provider,
            plan.target.account_id,
            plan.target.region,
            plan.target.resource_id,
            plan.owner,
            plan.saving.currency,
            plan.saving.monthly,
            plan.reversibility.kind,
            row.status,
            row.decision_id,
            _naive_utc(row.created_at),
        )
        found.append(dict(zip(PLANNED_ACTIONS, values, strict=True)))
    return found


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
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
