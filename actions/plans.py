"""Plans in the operational store, and the rows that the warehouse shows of them.

Belongs here: saving, loading and finding plans; their status, always changed with a journal event.
Does not belong here: making plans (see `planner`) and executing them (see `executor`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from actions import journal
from actions.errors import PlanTampered, PlanUnreadable, Refused
from actions.journal import Event, Journal
from actions.models import (
    OPEN_STATUSES,
    Plan,
    Status,
    Target,
    rfc3339,
    sha256_of,
)
from actions.tables import PLANS
from policies.models import canonical_json
from policies.store import for_reading

REMEDY = (
    "such a plan is never executed: plan again, and find out who wrote to the operational store "
    "(see `tollgate actions journal verify`)"
)


def resource_key(target: Target) -> str:
    """One key per resource, whatever its names contain."""
    return sha256_of(target.model_dump())


def content_sha256(plan: Plan) -> str:
    """Hash of what a plan says, whoever says it and when: equal for a plan made again."""
    own = {"plan_id", "created_at", "requester", "calls", "undo_calls"}
    return sha256_of(plan.model_dump(mode="json", exclude=own))


def save(log: Journal, plan: Plan) -> None:
    """Store a new plan and retire the open plans it replaces."""
    key = resource_key(plan.target)

    def write(connection: sa.Connection) -> None:
        connection.execute(
            PLANS.update()
            .where(
                PLANS.c.resource_key == key,
                PLANS.c.action_id == plan.action_id,
                PLANS.c.status.in_(sorted(OPEN_STATUSES)),
            )
            .values(status=Status.SUPERSEDED)
        )
        connection.execute(
            PLANS.insert(),
            {
                "plan_id": plan.plan_id,
                "plan_hash": plan.plan_hash,
                "content_sha256": content_sha256(plan),
                "body": canonical_json(plan.model_dump(mode="json")),
                # Until the gate has spoken, a plan counts as denied.
                "status": Status.DENIED,
                "action_id": plan.action_id,
                "resource_key": key,
                "created_at": rfc3339(plan.created_at),
            },
        )

    log.write("planned", {"plan_hash": plan.plan_hash}, plan=plan, also=write)


def load(store: sa.Engine, plan_id: str) -> tuple[Plan, Status]:
    """A plan as it was made; raises `PlanTampered` if any of it was changed since."""
    with for_reading(store).connect() as connection:
        row = connection.execute(sa.select(PLANS).where(PLANS.c.plan_id == plan_id)).one_or_none()
    if row is None:
        raise Refused(f"there is no plan {plan_id}; see `tollgate actions list`")
    plan = as_made(row, journal.read(store, plan_id=plan_id, event="planned"))
    return plan, Status(row.status)


def as_made(row: sa.Row[Any], planned: Sequence[Event]) -> Plan:
    """The plan of a row, held against its `planned` events; raises `PlanTampered` with the remedy.

    The events are of the journal, whose chain shows if they were changed themselves.
    """
    try:
        plan = Plan.model_validate_json(row.body)
    except ValidationError as error:
        raise PlanUnreadable(
            f"plan {row.plan_id} is no longer readable as a plan; {REMEDY}"
        ) from error
    made = {event.detail.get("plan_hash") for event in planned}
    if plan.plan_id != row.plan_id or not {plan.plan_hash} == made == {row.plan_hash}:
        raise PlanTampered(
            f"plan {row.plan_id} was changed after it was made (its content no longer has the "
            f"hash that the journal recorded); {REMEDY}"
        )
    return plan


def set_status(
    log: Journal,
    plan: Plan,
    event: str,
    status: Status,
    detail: Mapping[str, Any] | None = None,
    *,
    expect: Collection[Status] | None = None,
    decision_id: str | None = None,
    also: Callable[[sa.Connection], None] | None = None,
) -> None:
    """Change a plan's status and journal why, in one transaction."""

    def write(connection: sa.Connection) -> None:
        change = PLANS.update().where(PLANS.c.plan_id == plan.plan_id)
        if expect is not None:
            change = change.where(PLANS.c.status.in_(sorted(expect)))
        values: dict[str, Any] = {"status": status}
        if decision_id is not None:
            values["decision_id"] = decision_id
        if connection.execute(change.values(values)).rowcount != 1:
            raise Refused(f"plan {plan.plan_id} changed its status meanwhile; look at it again")
        if also:
            also(connection)

    log.write(event, detail, plan=plan, also=write)


def ids_with_status(store: sa.Engine, statuses: Collection[Status]) -> list[str]:
    """Ids of the plans in one of these statuses, oldest first."""
    query = (
        sa.select(PLANS.c.plan_id)
        .where(PLANS.c.status.in_(sorted(statuses)))
        .order_by(PLANS.c.created_at, PLANS.c.plan_id)
    )
    with for_reading(store).connect() as connection:
        return list(connection.scalars(query))


def find(
    store: sa.Engine, target: Target, action_id: str, statuses: Collection[Status]
) -> list[tuple[str, str, Status]]:
    """Id, content hash and status of the plans for one resource and action."""
    query = sa.select(PLANS.c.plan_id, PLANS.c.content_sha256, PLANS.c.status).where(
        PLANS.c.resource_key == resource_key(target),
        PLANS.c.action_id == action_id,
        PLANS.c.status.in_(sorted(statuses)),
    )
    with for_reading(store).connect() as connection:
        return [(row[0], row[1], Status(row[2])) for row in connection.execute(query)]
