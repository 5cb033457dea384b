"""Tables whose rows can be added but never changed or removed, held so by the database itself.

Belongs here: the triggers, for the migrations of every append-only table.
Does not belong here: the tables.
"""

from __future__ import annotations

from collections.abc import Sequence

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


def no_replacing(table: str, keys: Sequence[str], dialect: str) -> list[str]:
    """The statements that make `table` refuse a new row in the place of one with one of its keys.

    SQLite's INSERT OR REPLACE removes the old row without firing the delete trigger, whether
    the two rows share a unique key or only the hidden rowid. PostgreSQL has no such insert.
    """
    if dialect != "sqlite":
        return []
    same = " OR ".join(f"{key} = NEW.{key}" for key in (*keys, "rowid"))
    return [
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    ]


def changeable(table: str, dialect: str) -> list[str]:
    """The statements that take all of this away, for a migration that puts it back."""
    if dialect == "sqlite":
        names = (*(verb.lower() for verb in FORBIDDEN), "replace")
        return [f"DROP TRIGGER {table}_no_{name}" for name in names]
    return [
        f"DROP TRIGGER {table}_append_only ON {table}",
        f"DROP FUNCTION {table}_append_only()",
    ]
