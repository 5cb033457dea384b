"""Approvals: someone other than the requester says yes to exactly one plan, for a while, once.

Belongs here: giving, checking and using up approvals.
Does not belong here: who people are. Names are taken as given; the caller authenticates them.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from actions import journal, limits, plans
from actions.errors import ApprovalInvalid, Refused
from actions.journal import Journal
from actions.models import Plan, Status, rfc3339
from actions.tables import APPROVALS
from policies.store import for_reading

DEFAULT_LIFETIME = timedelta(hours=24)
# Longer than this, the approver no longer knows what the account looks like. The gate's own limit
# is `approval_max_hours` in finops/config/remediation.
LONGEST_LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class Approval:
    """One person's yes to one plan hash."""

    approval_id: str
    plan_hash: str
    approver: str
    requester: str
    given_at: datetime
    expires_at: datetime


def same_person(one: str, other: str) -> bool:
    """Whether two names mean one person, as a reader would see them.

    Case, blanks, invisible characters and other forms of a letter do not make another person.
    """
    return _as_read(one) == _as_read(other)


def _as_read(name: str) -> str:
    visible = "".join(char for char in name if unicodedata.category(char) != "Cf")
    folded = unicodedata.normalize("NFKC", visible).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def approve(
    log: Journal,
    plan_id: str,
    approver: str,
    *,
    now: datetime,
    lifetime: timedelta = DEFAULT_LIFETIME,
) -> Approval:
    """Approve a plan that the gate allowed; raises `Refused` if this may not be.

    Raises `JournalBroken` where what is known of the plan cannot be relied on.
    """
    journal.require_intact(log.store)
    journal.require_decided(log.store, [plan_id])
    plan, status = plans.load(log.store, plan_id)
    if not _as_read(approver):
        raise Refused("an approval needs a name: give it with --as NAME")
    if same_person(approver, plan.requester):
        raise Refused(
            f"{approver} requested plan {plan_id} and cannot approve it; ask someone else"
        )
    if not timedelta(0) < lifetime <= LONGEST_LIFETIME:
        raise Refused(
            f"an approval lasts more than nothing and at most {LONGEST_LIFETIME.days} days; "
            "choose another --expires"
        )
    if status not in (Status.PLANNED, Status.APPROVED):
        raise Refused(f"plan {plan_id} is {status}; only a plan that the gate allowed is approved")
    given = Approval(
        str(uuid.uuid4()), plan.plan_hash, approver.strip(), plan.requester, now, now + lifetime
    )
    plans.set_status(
        log,
        plan,
        "approved",
        Status.APPROVED,
        _on_record(given),
        expect={Status.PLANNED, Status.APPROVED},
        also=lambda connection: _insert(connection, plan_id, given),
    )
    return given


def valid_for(store: sa.Engine, plan: Plan, now: datetime, *, resuming: bool = False) -> Approval:
    """The approval that lets `plan` be applied now; raises `ApprovalInvalid` with the reason.

    An approval is used up by the run that starts the plan; `resuming` accepts that used one.
    """
    query = (
        sa.select(APPROVALS)
        .where(APPROVALS.c.plan_id == plan.plan_id)
        .order_by(APPROVALS.c.given_at.desc())
    )
    with for_reading(store).connect() as connection:
        rows = connection.execute(query).all()
    on_record = [
        event.detail for event in journal.read(store, plan_id=plan.plan_id, kinds=["approved"])
    ]
    started = journal.read(store, plan_id=plan.plan_id, kinds=[limits.STARTED])
    reasons = []
    for row in rows:
        if _as_text(row) not in on_record:
            reasons.append(
                f"the approval of {row.approver} is not in the journal as it stands in the table"
            )
            continue
        approval = _approval(row)
        problem = _problem(approval, plan, now)
        # A plan starts once, so any start used it up, whatever the table says by now.
        used_by = started[0].run_id if started else row.used_by_run
        if problem is None and used_by and not resuming:
            problem = f"was used up by {used_by}"
        if problem is None:
            return approval
        reasons.append(f"the approval of {approval.approver} {problem}")
    why = "; ".join(reasons) or "nobody has approved it"
    raise ApprovalInvalid(
        f"plan {plan.plan_id} has no valid approval: {why}. "
        f"Someone other than {plan.requester} runs `tollgate actions approve {plan.plan_id}`"
    )


@dataclass(frozen=True)
class Given:
    """One approval as news; `cursor` is where to go on from."""

    approval_id: str
    plan_id: str
    cursor: str


def approvals_after(store: sa.Engine, cursor: str | None) -> list[Given]:
    """The approvals given after `cursor` (None: since ever), oldest first, valid or not."""
    seen = int(cursor) if cursor else 0
    return [
        Given(str(event.detail.get("approval_id")), str(event.plan_id), str(event.seq))
        for event in journal.read(store, kinds=["approved"], after=seen)
    ]


def use(approval: Approval, run_id: str) -> Callable[[sa.Connection], None]:
    """The statement that uses the approval up, for the transaction that starts the plan."""

    def write(connection: sa.Connection) -> None:
        changed = connection.execute(
            APPROVALS.update()
            .where(
                APPROVALS.c.approval_id == approval.approval_id,
                APPROVALS.c.used_by_run.is_(None),
            )
            .values(used_by_run=run_id)
        )
        if changed.rowcount != 1:
            raise ApprovalInvalid("the approval was used by another run meanwhile; approve again")

    return write


# The columns that the journal holds too, in the same words.
_ON_RECORD = ("approval_id", "plan_hash", "approver", "requester", "given_at", "expires_at")


def _as_text(row: sa.Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _ON_RECORD}


def _approval(row: sa.Row[Any]) -> Approval:
    moments = {name: datetime.fromisoformat(getattr(row, name)) for name in _ON_RECORD[-2:]}
    return Approval(**_as_text(row) | moments)


def _problem(approval: Approval, plan: Plan, now: datetime) -> str | None:
    if approval.plan_hash != plan.plan_hash:
        return "was given to another version of the plan"
    if same_person(approval.approver, plan.requester):
        return "comes from the requester"
    # Given by a clock that was ahead, it would hold until that time has come.
    if approval.given_at > now:
        return f"was given at {rfc3339(approval.given_at)}, which is still to come"
    if approval.expires_at <= now.astimezone(UTC):
        return f"expired at {rfc3339(approval.expires_at)}"
    if approval.expires_at > now + LONGEST_LIFETIME:
        return f"runs until {rfc3339(approval.expires_at)}, longer than any may"
    return None


def _on_record(approval: Approval) -> dict[str, str]:
    return {
        "approval_id": approval.approval_id,
        "plan_hash": approval.plan_hash,
        "approver": approval.approver,
        "requester": approval.requester,
        "given_at": rfc3339(approval.given_at),
        "expires_at": rfc3339(approval.expires_at),
    }


def _insert(connection: sa.Connection, plan_id: str, given: Approval) -> None:
    connection.execute(APPROVALS.insert(), _on_record(given) | {"plan_id": plan_id})
