"""Plans in the operational store, and the rows that the warehouse shows of them.

Belongs here: saving, loading and finding plans; their status, always changed with a journal event.
Does not belong here: making plans (see `planner`) and executing them (see `executor`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
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
from actions.standing import KINDS, Standing, standing
from actions.tables import PLANS
from policies.models import canonical_json
from policies.store import for_reading

REMEDY = (
    "such a plan is never approved or applied: plan again (undo and resume go by the journal), and "
    "find out who wrote to the operational store (see `tollgate actions journal verify`)"
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
    replaced = sa.and_(
        PLANS.c.resource_key == key,
        PLANS.c.action_id == plan.action_id,
        PLANS.c.status.in_(sorted(OPEN_STATUSES)),
    )

    def write(connection: sa.Connection) -> None:
        query = sa.select(PLANS.c.plan_id).where(replaced).with_for_update()
        ids = [row.plan_id for row in connection.execute(query)]
        for plan_id in ids:
            log.add(connection, "superseded", {"by": plan.plan_id}, plan, plan_id=plan_id)
        connection.execute(
            PLANS.update().where(PLANS.c.plan_id.in_(ids)).values(status=Status.SUPERSEDED)
        )
        # Until the gate has spoken, a plan counts as denied.
        row = {"body": canonical_json(plan.model_dump(mode="json")), "status": Status.DENIED}
        connection.execute(PLANS.insert(), _of_plan(plan) | row)

    log.write("planned", {"plan_hash": plan.plan_hash}, plan=plan, also=write)


def load(store: sa.Engine, plan_id: str, *, only_body: bool = False) -> tuple[Plan, Status]:
    """A plan as it was made, and where it stands by the journal.

    Raises `PlanTampered` if any of its row was changed since; with `only_body`, what the row
    repeats of the journal is not looked at: the way back must not depend on it.
    """
    with for_reading(store).connect() as connection:
        row = connection.execute(sa.select(PLANS).where(PLANS.c.plan_id == plan_id)).one_or_none()
    if row is None:
        raise Refused(f"there is no plan {plan_id}; see `tollgate actions list`")
    found = standing(journal.read(store, plan_id=plan_id))
    plan = as_made(row, found)
    if not only_body:
        require_row(row, plan, found)
    if found.status is None:
        raise PlanTampered(f"plan {plan_id} is not in the journal; {REMEDY}")
    return plan, found.status


def as_made(row: sa.Row[Any], found: Standing) -> Plan:
    """The plan in a row's body, held against its hash in the journal; raises `PlanTampered`.

    The journal's own chain shows if that was changed too.
    """
    try:
        plan = Plan.model_validate_json(row.body)
    except ValidationError as error:
        raise PlanUnreadable(
            f"plan {row.plan_id} is no longer readable as a plan; {REMEDY}"
        ) from error
    if plan.plan_id != row.plan_id or not {plan.plan_hash} == found.plan_hashes == {row.plan_hash}:
        raise PlanTampered(
            f"plan {row.plan_id} was changed after it was made (its content no longer has the "
            f"hash that the journal recorded); {REMEDY}"
        )
    return plan


def require_row(row: sa.Row[Any], plan: Plan, found: Standing) -> None:
    """Raise `PlanTampered` unless all that a row repeats is as the plan and the journal say."""
    expected = _of_plan(plan) | {
        "status": found.status.value if found.status else None,
        "decision_id": found.decision_id,
    }
    for name, value in expected.items():
        if getattr(row, name) != value:
            raise PlanTampered(
                f"plan {row.plan_id} was changed after it was decided: its {name} is "
                f"{getattr(row, name)!r} in the table, and {value!r} by the journal; {REMEDY}"
            )


def _of_plan(plan: Plan) -> dict[str, str]:
    """The columns that repeat what is in the plan itself."""
    return {
        "plan_id": plan.plan_id,
        "plan_hash": plan.plan_hash,
        "content_sha256": content_sha256(plan),
        "action_id": plan.action_id,
        "resource_key": resource_key(plan.target),
        "created_at": rfc3339(plan.created_at),
    }


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


def standings(store: sa.Engine) -> dict[str, Standing]:
    """Every plan's standing by the journal, in the order in which they were made."""
    by_plan: dict[str, list[Event]] = defaultdict(list)
    for event in journal.read(store, kinds=KINDS):
        if event.plan_id is not None:
            by_plan[event.plan_id].append(event)
    return {plan_id: standing(events) for plan_id, events in by_plan.items()}


def ids_with_status(store: sa.Engine, statuses: Collection[Status]) -> list[str]:
    """Ids of the plans in one of these statuses by the journal, oldest first."""
    return [plan_id for plan_id, found in standings(store).items() if found.status in statuses]


def find(
    store: sa.Engine, target: Target, action_id: str, statuses: Collection[Status]
) -> list[tuple[str, str]]:
    """Id and content hash of the plans for one resource and action with one of these statuses."""
    query = sa.select(PLANS.c.plan_id, PLANS.c.content_sha256).where(
        PLANS.c.resource_key == resource_key(target), PLANS.c.action_id == action_id
    )
    with for_reading(store).connect() as connection:
        rows = connection.execute(query).all()
    return [
        (row.plan_id, row.content_sha256)
        for row in rows
        if standing(journal.read(store, plan_id=row.plan_id)).status in statuses
    ]
