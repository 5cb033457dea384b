"""The journal only grows, and shows every change made behind its back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from actions import tables
from actions.journal import CHAIN, Journal
from policies.chain import GENESIS
from policies.store import metadata, open_store

NOW = datetime(2026, 10, 28, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_store(f"sqlite:///{tmp_path / 'ops.sqlite'}")
    yield engine
    engine.dispose()


@pytest.fixture
def filled(store: sa.Engine) -> sa.Engine:
    log = Journal(store, "run-1", lambda: NOW)
    for number in range(5):
        log.write("noted", {"number": number})
    return store


def tamper(store: sa.Engine, *statements: str) -> None:
    with store.begin() as connection:
        for verb in ("update", "delete"):
            connection.execute(sa.text(f"DROP TRIGGER action_journal_no_{verb}"))
        for statement in statements:
            connection.execute(sa.text(statement))


def test_empty_journal_verifies(store: sa.Engine) -> None:
    check = CHAIN.verify(store)
    assert (check.ok, check.entries, check.head) == (True, 0, GENESIS)


def test_intact_journal_verifies(filled: sa.Engine) -> None:
    check = CHAIN.verify(filled)
    assert check.ok
    assert check.entries == 5


@pytest.mark.parametrize(
    "statement", ["UPDATE action_journal SET event = 'x'", "DELETE FROM action_journal"]
)
def test_database_refuses_to_change_events(filled: sa.Engine, statement: str) -> None:
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), filled.begin() as connection:
        connection.execute(sa.text(statement))


DECISION = (
    "INSERT OR REPLACE INTO decisions (rowid, decision_id, gate, decided_at, subject, allow, "
    "denials, warnings, waived, evaluated, input, input_sha256, bundle_sha256, policy_revision, "
    "seq, prev_hash, hash) "
    "VALUES ({rowid}, '{key}', 'remediation', '2026-10-28 00:00:00', '{subject}', 1, "
    "'', '', '', '', '', '', '', '', {seq}, '', '')"
)


@pytest.mark.parametrize(
    ("table", "first", "second"),
    [
        (
            "decisions",
            DECISION.format(rowid=1, key="d-1", subject="was", seq=1),
            DECISION.format(rowid="NULL", key="d-1", subject="is", seq=2),
        ),
        (
            "decisions",
            DECISION.format(rowid=1, key="d-1", subject="was", seq=1),
            DECISION.format(rowid=1, key="d-2", subject="is", seq=2),
        ),
        (
            "decisions",
            DECISION.format(rowid=1, key="d-1", subject="was", seq=1),
            DECISION.format(rowid="NULL", key="d-2", subject="is", seq=1),
        ),
        (
            "action_journal",
            "SELECT 1",
            "INSERT OR REPLACE INTO action_journal SELECT seq, run_id, plan_id, proposal_id, "
            "action_id, resource_id, 'forged', at, detail, prev_hash, hash "
            "FROM action_journal WHERE seq = 3",
        ),
    ],
)
def test_database_refuses_to_replace_rows_by_inserting(
    filled: sa.Engine, table: str, first: str, second: str
) -> None:
    everything = sa.text(f"SELECT * FROM {table}")
    with filled.begin() as connection:
        connection.execute(sa.text(first))
        before = connection.execute(everything).all()
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), filled.begin() as connection:
        connection.execute(sa.text(second))
    with filled.connect() as connection:
        assert connection.execute(everything).all() == before


def test_rows_can_still_be_added_after_one_another(filled: sa.Engine) -> None:
    with filled.begin() as connection:
        for number in range(3):
            statement = DECISION.format(rowid="NULL", key=f"d-{number}", subject="s", seq=number)
            connection.execute(sa.text(statement))
        assert connection.scalar(sa.text("SELECT count(*) FROM decisions")) == 3


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE action_journal SET detail = '{}' WHERE seq = 3", "event 3 was changed"),
        ("UPDATE action_journal SET at = '2026' WHERE seq = 1", "event 1 was changed"),
        ("UPDATE action_journal SET plan_id = 'p' WHERE seq = 5", "event 5 was changed"),
        ("DELETE FROM action_journal WHERE seq = 3", "event 3 is missing"),
        ("DELETE FROM action_journal WHERE seq = 1", "event 1 is missing"),
        ("DELETE FROM action_journal WHERE seq = 5", "ends at event 4"),
        ("DELETE FROM action_journal", "ends at event 0"),
        ("DELETE FROM action_journal_head", "head is missing"),
        ("UPDATE action_journal SET prev_hash = hash WHERE seq = 2", "does not follow"),
    ],
)
def test_tampering_is_found(filled: sa.Engine, statement: str, problem: str) -> None:
    tamper(filled, statement)
    check = CHAIN.verify(filled)
    assert not check.ok
    assert problem in str(check.problem)


def test_end_cut_off_together_with_the_head_is_found_by_a_head_noted_earlier(
    filled: sa.Engine,
) -> None:
    noted = CHAIN.verify(filled).head
    tamper(
        filled,
        "DELETE FROM action_journal WHERE seq = 5",
        "UPDATE action_journal_head SET seq = 4, "
        "hash = (SELECT hash FROM action_journal WHERE seq = 4)",
    )
    assert CHAIN.verify(filled).ok
    assert noted not in CHAIN.verify(filled, [noted]).found


def test_earlier_head_is_still_in_a_journal_that_grew(filled: sa.Engine) -> None:
    noted = CHAIN.verify(filled).head
    Journal(filled, "run-2", lambda: NOW).write("noted")
    assert noted in CHAIN.verify(filled, [noted]).found


def test_events_and_what_they_go_with_are_written_together_or_not_at_all(
    filled: sa.Engine,
) -> None:
    def fails(connection: sa.Connection) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        Journal(filled, "run-2", lambda: NOW).write("noted", also=fails)
    assert CHAIN.verify(filled).entries == 5


def test_many_writers_make_one_chain(store: sa.Engine) -> None:
    def write(number: int) -> None:
        Journal(store, f"run-{number}", lambda: NOW).write("noted", {"number": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))
    check = CHAIN.verify(store)
    assert check.ok
    assert check.entries == 24


def test_migration_makes_exactly_the_declared_tables(store: sa.Engine) -> None:
    names = {tables.PLANS.name, tables.APPROVALS.name, tables.JOURNAL.name}
    with store.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    assert names <= set(metadata.tables)
    assert [found for found in differences if "action_" in str(found)] == []
