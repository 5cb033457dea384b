"""The append-only, hash-chained record of everything the executor does.

Belongs here: writing events, reading them back, and refusing to go on where the chain is broken.
Does not belong here: deciding what an event means (see `limits`, `executor`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from actions.errors import JournalBroken
from actions.models import Plan, rfc3339
from actions.tables import JOURNAL, JOURNAL_HEAD
from policies.chain import Chain, ChainCheck
from policies.decisions import CHAIN as DECISIONS
from policies.decisions import decisions
from policies.models import canonical_json
from policies.store import RESTORE, for_reading

CHAIN = Chain(JOURNAL, JOURNAL_HEAD, "event")


@dataclass(frozen=True)
class Event:
    """One line of the journal, `detail` parsed."""

    seq: int
    run_id: str
    plan_id: str | None
    proposal_id: str | None
    action_id: str | None
    resource_id: str | None
    event: str
    at: str
    detail: dict[str, Any]
    prev_hash: str
    hash: str


# Told of every event, just before ("before") and just after ("after") it is on disk.
Listener = Callable[[str, str], None]


class Journal:
    """Appends events to the store. One instance per run; the chain is one per store."""

    def __init__(
        self,
        store: sa.Engine,
        run_id: str,
        clock: Callable[[], datetime],
        listener: Listener | None = None,
    ) -> None:
        self.store = store
        self.run_id = run_id
        self._clock = clock
        self._listener = listener

    def write(
        self,
        event: str,
        detail: Mapping[str, Any] | None = None,
        *,
        plan: Plan | None = None,
        also: Callable[[sa.Connection], None] | None = None,
    ) -> None:
        """Append one event; `also` changes other rows in the same transaction."""
        if self._listener:
            self._listener("before", event)
        with self.store.begin() as connection:
            if also:
                also(connection)
            self.add(connection, event, detail or {}, plan)
        if self._listener:
            self._listener("after", event)

    def add(
        self,
        connection: sa.Connection,
        event: str,
        detail: Mapping[str, Any],
        plan: Plan | None,
        *,
        plan_id: str | None = None,
    ) -> None:
        """Append one event in a transaction of somebody else's, of whom the listener is told.

        `plan_id`: of another plan for the resource of `plan`, to whom this happens.
        """
        row = {
            "run_id": self.run_id,
            "plan_id": plan_id or (plan.plan_id if plan else None),
            "proposal_id": plan.proposal_id if plan else None,
            "action_id": plan.action_id if plan else None,
            "resource_id": plan.target.resource_id if plan else None,
            "event": event,
            "at": rfc3339(self._clock()),
            "detail": canonical_json(detail),
        }
        CHAIN.append(connection, [row])


def read(
    store: sa.Engine,
    *,
    plan_id: str | None = None,
    kinds: Collection[str] | None = None,
    after: int = 0,
) -> list[Event]:
    """The journal's events in order, of one plan or some kinds if named, after a number."""
    query = sa.select(JOURNAL).where(JOURNAL.c.seq > after).order_by(JOURNAL.c.seq)
    if plan_id is not None:
        query = query.where(JOURNAL.c.plan_id == plan_id)
    if kinds is not None:
        query = query.where(JOURNAL.c.event.in_(sorted(kinds)))
    with for_reading(store).connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [_event(row) for row in rows]


def _event(row: sa.RowMapping) -> Event:
    try:
        datetime.fromisoformat(row["at"])
        detail = json.loads(row["detail"])
        if not isinstance(detail, dict):
            raise TypeError("its detail is no JSON object")
    except (TypeError, ValueError) as error:
        raise JournalBroken(
            f"event {row['seq']} of the action journal cannot be read ({error}); {RESTORE}"
        ) from error
    return Event(**{**row, "detail": detail})


def verify_records(store: sa.Engine, noted: Collection[str] = ()) -> dict[str, ChainCheck]:
    """Both chains of the store, by what they hold; `noted` are heads to be looked for in them."""
    return {
        "action events": CHAIN.verify(store, noted),
        "decisions": DECISIONS.verify(store, noted),
    }


def require_intact(store: sa.Engine) -> None:
    """Raise `JournalBroken` unless the chain holds: status, limits and undo all come from it."""
    _require("action journal", CHAIN.verify(store))


def require_decided(store: sa.Engine, plan_ids: Iterable[str]) -> None:
    """Raise `JournalBroken` unless the decisions on these plans, and all since, are as they were.

    Only from the first of them on: what was decided before may be gigabytes of questions.
    """
    numbers = []
    for event in (event for plan_id in plan_ids for event in read(store, plan_id=plan_id)):
        if event.event == "decided":
            numbers.append(_number_of(store, event))
    if numbers:
        _require("record of decisions", DECISIONS.verify(store, since=min(numbers)))


def _number_of(store: sa.Engine, decided: Event) -> int:
    decision_id = decided.detail.get("decision_id")
    query = sa.select(decisions.c.seq).where(decisions.c.decision_id == decision_id)
    with for_reading(store).connect() as connection:
        number = connection.execute(query).scalar()
    if not isinstance(number, int):
        raise JournalBroken(
            f"decision {decision_id} on plan {decided.plan_id} is no longer on record. Nothing was "
            f"executed: {RESTORE}"
        )
    return number


def _require(what: str, check: ChainCheck) -> None:
    if not check.ok:
        raise JournalBroken(
            f"the {what} does not verify: {check.problem}. Nothing was executed: {RESTORE}"
        )
