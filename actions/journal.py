"""The append-only, hash-chained record of everything the executor does.

Belongs here: writing events, reading them back, and checking that the chain holds.
Does not belong here: deciding what an event means (see `limits`, `executor`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from actions.errors import JournalBroken
from actions.models import Plan, rfc3339, sha256_of
from actions.tables import JOURNAL, JOURNAL_HEAD
from policies.models import canonical_json
from policies.store import for_reading

GENESIS = "0" * 64


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


@dataclass(frozen=True)
class JournalCheck:
    """The verdict of `verify`: how far the journal goes and what, if anything, is wrong."""

    events: int
    head: str
    problem: str | None

    @property
    def ok(self) -> bool:
        """Whether every link of the chain holds."""
        return self.problem is None


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
            self._append(connection, event, detail or {}, plan)
        if self._listener:
            self._listener("after", event)

    def _append(
        self, connection: sa.Connection, event: str, detail: Mapping[str, Any], plan: Plan | None
    ) -> None:
        # FOR UPDATE makes writers queue on PostgreSQL; SQLite's transaction already did.
        head = connection.execute(
            sa.select(JOURNAL_HEAD.c.seq, JOURNAL_HEAD.c.hash).with_for_update()
        ).one()
        row = {
            "seq": head.seq + 1,
            "run_id": self.run_id,
            "plan_id": plan.plan_id if plan else None,
            "proposal_id": plan.proposal_id if plan else None,
            "action_id": plan.action_id if plan else None,
            "resource_id": plan.target.resource_id if plan else None,
            "event": event,
            "at": rfc3339(self._clock()),
            "detail": canonical_json(detail),
            "prev_hash": head.hash,
        }
        row["hash"] = sha256_of(row)
        connection.execute(JOURNAL.insert(), row)
        connection.execute(JOURNAL_HEAD.update().values(seq=row["seq"], hash=row["hash"]))


def read(
    store: sa.Engine, *, plan_id: str | None = None, event: str | None = None, after: int = 0
) -> list[Event]:
    """The journal's events in order, of one plan or one kind if named, after a sequence number."""
    query = sa.select(JOURNAL).where(JOURNAL.c.seq > after).order_by(JOURNAL.c.seq)
    if plan_id is not None:
        query = query.where(JOURNAL.c.plan_id == plan_id)
    if event is not None:
        query = query.where(JOURNAL.c.event == event)
    with for_reading(store).connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [Event(**{**row, "detail": json.loads(row["detail"])}) for row in rows]


def verify(store: sa.Engine, *, known_head: str | None = None) -> JournalCheck:
    """Walk the whole chain; `known_head` is a hash noted earlier that must still be in it."""
    expected_seq, prev_hash, seen = 1, GENESIS, known_head in (None, GENESIS)
    with _snapshot(store).connect() as connection:
        for row in connection.execute(sa.select(JOURNAL).order_by(JOURNAL.c.seq)).mappings():
            problem = _broken_link(dict(row), expected_seq, prev_hash)
            if problem:
                return JournalCheck(expected_seq - 1, prev_hash, problem)
            expected_seq, prev_hash = expected_seq + 1, str(row["hash"])
            seen = seen or prev_hash == known_head
        head = connection.execute(sa.select(JOURNAL_HEAD.c.seq, JOURNAL_HEAD.c.hash)).one_or_none()
    last, problem = expected_seq - 1, None
    if head is None or (head.seq, head.hash) != (last, prev_hash):
        noted = "missing" if head is None else f"at event {head.seq}"
        problem = f"the journal ends at event {last}, but its head is {noted}"
    elif not seen:
        problem = f"the head noted earlier, {known_head}, is not in the journal"
    return JournalCheck(last, prev_hash, problem)


def require_intact(store: sa.Engine) -> None:
    """Raise `JournalBroken` unless the chain holds: limits and undo both work from it."""
    check = verify(store)
    if not check.ok:
        raise JournalBroken(
            f"the action journal does not verify: {check.problem}. Nothing was executed. "
            "Restore the operational store from a backup and find out who wrote to it"
        )


def _snapshot(store: sa.Engine) -> sa.Engine:
    # Chain and head must be of one moment, or a writer in between looks like tampering.
    reader = for_reading(store)
    if store.dialect.name == "postgresql":
        return reader.execution_options(isolation_level="REPEATABLE READ")
    return reader


def _broken_link(row: dict[str, Any], expected_seq: int, prev_hash: str) -> str | None:
    if row["seq"] != expected_seq:
        return f"event {expected_seq} is missing (the next one is {row['seq']})"
    if row["prev_hash"] != prev_hash:
        return f"event {expected_seq} does not follow the event before it"
    if row.pop("hash") != sha256_of(row):
        return f"event {expected_seq} was changed after it was written"
    return None
