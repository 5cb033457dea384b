"""One executor per store at a time, held by something that dies with the process.

Belongs here: the lock. Limits are read from the journal and then relied on, so that two executors
working at once could each stay inside a limit that they break together.
Does not belong here: the state of single plans (see `plans`).
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from actions.errors import ExecutorBusy

# Any constant, but the same for every Tollgate process that shares the database.
ADVISORY_LOCK = 7_046_222

Held = Callable[[], None]


@contextmanager
def executor_lock(store: sa.Engine, wait_seconds: float) -> Iterator[Held]:
    """Hold the store's executor lock; yields a check that raises if the lock was lost."""
    if store.dialect.name == "postgresql":
        with _advisory_lock(store, wait_seconds) as held:
            yield held
    else:
        with _file_lock(store, wait_seconds) as held:
            yield held


@contextmanager
def _file_lock(store: sa.Engine, wait_seconds: float) -> Iterator[Held]:
    database = store.url.database
    if not database or database == ":memory:":
        raise ExecutorBusy(
            "an in-memory store cannot be locked against other executors; use a SQLite file"
        )
    # The kernel drops a flock when its process dies, however it dies.
    path = Path(f"{database}.executor.lock")
    with path.open("a") as handle:

        def try_lock() -> bool:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        _wait(try_lock, wait_seconds, str(path))
        yield lambda: None


@contextmanager
def _advisory_lock(store: sa.Engine, wait_seconds: float) -> Iterator[Held]:
    # A session lock: the server drops it when the connection ends. AUTOCOMMIT, so that no
    # transaction stays open for as long as the run takes.
    with store.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:

        def try_lock() -> bool:
            return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(ADVISORY_LOCK))))

        def held() -> None:
            try:
                connection.scalar(sa.select(1))
            except sa.exc.SQLAlchemyError as error:
                raise ExecutorBusy(
                    "the connection that holds the executor lock was lost; stopped before the "
                    "next call. Run `tollgate actions resume` when the database is back"
                ) from error

        _wait(try_lock, wait_seconds, "the operational store's advisory lock")
        try:
            yield held
        finally:
            # A pooled connection would carry the lock on; closing it for good gives it back.
            connection.invalidate()


def _wait(try_lock: Callable[[], bool], wait_seconds: float, name: str) -> None:
    deadline = time.monotonic() + wait_seconds
    while not try_lock():
        if time.monotonic() >= deadline:
            raise ExecutorBusy(
                f"another executor holds {name}; try again when its run has ended "
                f"(waited {wait_seconds:g} s)"
            )
        time.sleep(0.05)
