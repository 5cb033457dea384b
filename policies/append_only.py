"""Tables whose rows can be added but never changed or removed, held so by the database itself.

Belongs here: the triggers, for the migrations of every append-only table.
Does not belong here: the tables.
"""

from __future__ import annotations

FORBIDDEN = ("UPDATE", "DELETE")


def append_only(table: str, dialect: str) -> list[str]:
    """The statements that make `table` refuse updates and deletes, in the order to run them."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in FORBIDDEN
        ]
    if dialect == "postgresql":
        return [
            f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$",
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
        ]
    raise ValueError(f"no append-only triggers are written for {dialect!r}")


def no_replacing(table: str, key: str, dialect: str) -> list[str]:
    """The statements that make `table` refuse a new row in the place of the one with its `key`.

    SQLite's INSERT OR REPLACE removes the old row without firing the delete trigger, whether
    the two rows share the primary key or only the hidden rowid. PostgreSQL has no such insert.
    """
    if dialect != "sqlite":
        return []
    return [
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key} OR rowid = NEW.rowid) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    ]
