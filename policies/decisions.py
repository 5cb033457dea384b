"""The record of decisions: append-only, hash-chained, with the whole question to replay each by.

Belongs here: asking and recording as one step, and reading records. Does not belong here: how a
decision is reached (`engine.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa

from policies.chain import UNREADABLE, Chain, head_table
from policies.engine import PolicyEngine
from policies.models import Decision, Finding, canonical_json, finding_from
from policies.store import RESTORE, StoreError, as_stored, for_reading, metadata

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("decision_id", sa.String(36), primary_key=True),
    sa.Column("gate", sa.String(32), nullable=False),
    sa.Column("decided_at", sa.DateTime(timezone=False), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("allow", sa.Boolean, nullable=False),
    sa.Column("denials", sa.Text, nullable=False),
    sa.Column("warnings", sa.Text, nullable=False),
    sa.Column("waived", sa.Text, nullable=False),
    sa.Column("evaluated", sa.Text, nullable=False),
    sa.Column("input", sa.Text, nullable=False),
    sa.Column("input_sha256", sa.String(64), nullable=False),
    sa.Column("bundle_sha256", sa.String(64), nullable=False),
    sa.Column("policy_revision", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("prev_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Index("decisions_by_time", "decided_at"),
    sa.Index("decisions_by_subject", "gate", "subject"),
    sa.Index("decisions_by_seq", "seq", unique=True),
)
decisions_head = head_table("decisions_head", metadata)
CHAIN = Chain(decisions, decisions_head, "decision")

REDACTED = "(redacted)"
SECRET_NAME = re.compile(
    r"passw|secret|token|api.?key|private.?key|credential|connection.?string", re.I
)
SECRET_VALUE = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"  # AWS access keys
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bgh[pousr]_[0-9A-Za-z]{20,}"  # GitHub tokens
    r"|\bey[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]*"  # JSON web tokens
    # Passwords in addresses; a password may hold any mark, so all up to the last @ goes.
    r"|://[^/\s:@]*:[^\s\"]+@"
)


# A page of records ends at whichever comes first.
PAGE_RECORDS = 100
PAGE_CHARACTERS = 4_000_000

# The question is large, and the chain is verified here alone.
_STAYS_HERE = {"input", "seq", "prev_hash", "hash"}
DECISION_COLUMNS = tuple(column.name for column in decisions.c if column.name not in _STAYS_HERE)


class RecordError(RuntimeError):
    """A decision could not be recorded, so it must not be acted on."""


@dataclass(frozen=True)
class Record:
    """A decision as recorded, with its subject and the question it answers."""

    decision: Decision
    subject: str
    question: dict[str, Any]


def decide_and_record(
    engine: PolicyEngine, store: sa.Engine, gate: str, subject: str, question: Mapping[str, Any]
) -> Decision:
    """Ask the gate and record the answer; without a record there is no answer, but an error."""
    return decide_and_record_many(engine, store, gate, [(subject, question)])[0]


def decide_and_record_many(
    engine: PolicyEngine,
    store: sa.Engine,
    gate: str,
    questions: Sequence[tuple[str, Mapping[str, Any]]],
) -> list[Decision]:
    """Ask the gate about several subjects at once; all answers are recorded, or none is given.

    Secrets are taken out before the gate is asked, so the record is exactly what was decided on.
    """
    clean = [redact(question) for _, question in questions]
    answers = engine.decide_many(gate, clean)
    rows = [
        _row(answer, subject, question)
        for answer, (subject, _), question in zip(answers, questions, clean, strict=True)
    ]
    try:
        with store.begin() as connection:
            CHAIN.append(connection, rows)
    except sa.exc.SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        raise RecordError(
            f"the decision could not be recorded ({reason}), so nothing may act on it; "
            "make the operational store writable and ask again"
        ) from error
    return answers


def read_records(
    store: sa.Engine,
    *,
    decision_id: str | None = None,
    gate: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
) -> list[Record]:
    """The records that match, in the order they were made."""
    pages = record_pages(store, decision_id=decision_id, gate=gate, subject=subject, since=since)
    return list(chain.from_iterable(pages))


def record_pages(
    store: sa.Engine,
    *,
    decision_id: str | None = None,
    gate: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
) -> Iterator[list[Record]]:
    """The same records, a bounded number and size at a time: a question may have megabytes."""
    query = sa.select(decisions).order_by(decisions.c.decided_at, decisions.c.decision_id)
    for column, value in (("decision_id", decision_id), ("gate", gate), ("subject", subject)):
        if value is not None:
            query = query.where(decisions.c[column] == value)
    if since is not None:
        query = query.where(decisions.c.decided_at >= as_stored(since))
    rest = query
    while page := _page(store, rest):
        yield page
        last = page[-1].decision
        rest = query.where(_later_than(as_stored(last.decided_at), last.decision_id))


def waived_records(store: sa.Engine, gate: str) -> Iterator[Record]:
    """The decisions of a gate that allow something because of a waiver, in their order."""
    query = (
        sa.select(decisions)
        .where(decisions.c.gate == gate, decisions.c.allow, decisions.c.waived != "[]")
        .order_by(decisions.c.decided_at, decisions.c.decision_id)
    )
    with _readable(store), for_reading(store).connect() as connection:
        rows = connection.execution_options(yield_per=10).execute(query)
        yield from (_record(row) for row in rows.mappings())


def _page(store: sa.Engine, query: sa.Select[Any]) -> list[Record]:
    # A transaction of its own: whoever works on a page for minutes holds nothing open meanwhile.
    found: list[Record] = []
    size = 0
    with _readable(store), for_reading(store).connect() as connection:
        rows = connection.execution_options(yield_per=10).execute(query.limit(PAGE_RECORDS))
        for row in rows.mappings():
            found.append(_record(row))
            size += len(row["input"])
            if size >= PAGE_CHARACTERS:
                break
    return found


@contextmanager
def _readable(store: sa.Engine) -> Iterator[None]:
    """Name the record in which somebody wrote what cannot be read."""
    try:
        yield
    except UNREADABLE as error:
        problem = CHAIN.verify(store).problem or str(error).splitlines()[0]
        raise StoreError(f"the decisions cannot be read: {problem}; {RESTORE}") from error


def _later_than(moment: datetime, decision_id: str) -> sa.ColumnElement[bool]:
    same_time = (decisions.c.decided_at == moment) & (decisions.c.decision_id > decision_id)
    return (decisions.c.decided_at > moment) | same_time


def decision_rows(store: sa.Engine) -> list[dict[str, Any]]:
    """Every record as `platform.decisions` holds it: `DECISION_COLUMNS`."""
    query = sa.select(*[decisions.c[name] for name in DECISION_COLUMNS]).order_by(
        decisions.c.decided_at, decisions.c.decision_id
    )
    with _readable(store), for_reading(store).connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def redact(value: Any) -> Any:
    """The same value without what looks like a secret, by its name or by its form."""
    if isinstance(value, Mapping):
        return {
            key: REDACTED if SECRET_NAME.search(str(key)) and inner else redact(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(inner) for inner in value]
    if isinstance(value, str) and SECRET_VALUE.search(value):
        return SECRET_VALUE.sub(REDACTED, value)
    return value


def _row(decision: Decision, subject: str, question: object) -> dict[str, Any]:
    try:
        text = canonical_json(question)
        # Half a character can be in a text of Python's, but in no store.
        text.encode()
    except (TypeError, ValueError, RecursionError):
        # The engine has denied it for the same reason; there is no text of it to keep.
        text = "null"
    return {
        "decision_id": decision.decision_id,
        "gate": decision.gate,
        "decided_at": as_stored(decision.decided_at),
        "subject": subject,
        "allow": decision.allow,
        "denials": _as_text(decision.denials),
        "warnings": _as_text(decision.warnings),
        "waived": _as_text(decision.waived),
        "evaluated": canonical_json(list(decision.evaluated)),
        "input": text,
        "input_sha256": decision.input_sha256,
        "bundle_sha256": decision.bundle_sha256,
        "policy_revision": decision.revision,
    }


def _record(row: sa.RowMapping) -> Record:
    decision = Decision(
        decision_id=row["decision_id"],
        gate=row["gate"],
        allow=row["allow"],
        denials=_from_text(row["denials"]),
        warnings=_from_text(row["warnings"]),
        waived=_from_text(row["waived"]),
        evaluated=tuple(json.loads(row["evaluated"])),
        input_sha256=row["input_sha256"],
        bundle_sha256=row["bundle_sha256"],
        revision=row["policy_revision"],
        decided_at=row["decided_at"].replace(tzinfo=UTC),
    )
    return Record(decision, row["subject"], json.loads(row["input"]))


def _as_text(findings: tuple[Finding, ...]) -> str:
    return canonical_json([found.to_dict() for found in findings])


def _from_text(text: str) -> tuple[Finding, ...]:
    return tuple(finding_from(value) for value in json.loads(text))
