"""The append-only, hash-chained record of everything the executor does.

Belongs here: writing events, reading them back, and refusing to go on where the chain is broken.
Does not belong here: deciding what an event means (see `limits`, `executor`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from actions.errors import JournalBroken
from actions.models import Plan, rfc3339
from actions.tables import JOURNAL, JOURNAL_HEAD
from policies.chain import Chain, ChainCheck
from policies.decisions import CHAIN as DECISIONS
from policies.models import canonical_json
from policies.store import for_reading

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
    return [Event(**{**row, "detail": json.loads(row["detail"])}) for row in rows]


def verify_records(store: sa.Engine, noted: Collection[str] = ()) -> dict[str, ChainCheck]:
    """Both chains of the store, by what they hold; `noted` are heads to be looked for in them."""
    return {
        "action events": CHAIN.verify(store, noted),
        "decisions": DECISIONS.verify(store, noted),
    }


def require_intact(store: sa.Engine) -> None:
    """Raise `JournalBroken` unless the chain holds: limits and undo both work from it."""
    check = CHAIN.verify(store)
    if not check.ok:
        raise JournalBroken(
            f"the action journal does not verify: {check.problem}. Nothing was executed. "
            "Restore the operational store from a backup and find out who wrote to it"
        )
