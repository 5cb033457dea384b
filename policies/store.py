"""The operational store: decisions, approvals and the journal, in SQLite or PostgreSQL.

Belongs here: opening the store, bringing its schema to the newest migration, and what every table
is filled by. Does not belong here: table definitions (beside the code that owns each) and queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parent / "migrations"

# Every table of the store hangs on this metadata; a test compares it with what the migrations make.
metadata = sa.MetaData()

# How long a SQLite writer waits for another one before it gives up.
BUSY_SECONDS = 30
# Any constant will do, as long as every Tollgate process takes the same advisory lock.
MIGRATION_LOCK = 7_046_221

# What to do about rows and tables that are not as Tollgate left them.
RESTORE = "restore the operational store from a backup and find out who wrote to it"


class StoreError(RuntimeError):
    """The operational store cannot be opened or used; the message says why and what to do."""


def open_store(url: str) -> sa.Engine:
    """Open the store at `url`, creating it and migrating it to the newest schema if needed.

    Safe when several processes start at once: one migrates, the others wait for it.
    """
    engine = _connect(url)
    try:
        _migrate(engine)
        _require_all_there(for_reading(engine))
    except sa.exc.SQLAlchemyError as error:
        engine.dispose()
        raise StoreError(
            f"cannot open the operational store {engine.url!r}: {_first_line(error)}; "
            "check TOLLGATE_OPS_URL (or TOLLGATE_HOME) and that the place is writable"
        ) from error
    except StoreError:
        engine.dispose()
        raise
    return engine


def for_reading(store: sa.Engine) -> sa.Engine:
    """The same store for queries only: on SQLite its transactions do not wait for a writer."""
    return store.execution_options(reads_only=True)


def as_stored(moment: datetime) -> datetime:
    """UTC without a zone, as both databases keep it."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def add_rows(store: sa.Engine, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add all rows to a table numbered by `seq`, or none."""
    with store.begin() as connection:
        last = connection.execute(sa.select(sa.func.max(table.c.seq))).scalar() or 0
        numbered = [{"seq": last + number, **row} for number, row in enumerate(rows, start=1)]
        connection.execute(sa.insert(table), numbered)


def _connect(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StoreError(
            "the operational store's URL is not readable; set TOLLGATE_OPS_URL to "
            "sqlite:////path/ops.sqlite or postgresql://user@host/database"
        ) from error
    if parsed.get_backend_name() == "postgresql":
        # The driver that is among the dependencies, whatever SQLAlchemy's own default is.
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg2"), pool_pre_ping=True)
    if parsed.get_backend_name() != "sqlite":
        raise StoreError(
            f"the operational store cannot be {parsed.get_backend_name()!r}; "
            "set TOLLGATE_OPS_URL to a sqlite:/// or postgresql:// address"
        )
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling commits before DDL; with it off, we begin ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that reads first and writes later fails at once when another one wrote in
    # between, without waiting; taking the write lock at the start waits its turn instead.
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _migrate(engine: sa.Engine) -> None:
    from alembic import command  # noqa: PLC0415  (slow to import, and needed only here)

    config = _alembic_config()
    if _is_at_head(for_reading(engine), config):
        return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _alembic_config() -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _is_at_head(engine: sa.Engine, config: Config) -> bool:
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        current = set(MigrationContext.configure(connection).get_current_heads())
    known = {script.revision for script in scripts.walk_revisions()}
    if current - known:
        raise StoreError(
            f"the operational store is at revision {', '.join(sorted(current))}, which this "
            "Tollgate does not know; it was written by a newer version: upgrade this one"
        )
    return current == set(scripts.get_heads())


def _require_all_there(engine: sa.Engine) -> None:
    """Name what somebody dropped of the tables that the code in use has declared."""
    lost = []
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        there = set(inspector.get_table_names())
        for name, table in metadata.tables.items():
            if name not in there:
                lost.append(f"table {name}")
                continue
            columns = {column["name"] for column in inspector.get_columns(name)}
            lost += [f"column {column}" for column in table.columns if column.name not in columns]
    if lost:
        raise StoreError(
            f"the operational store {engine.url!r} has lost its {', '.join(lost)}; {RESTORE}"
        )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
