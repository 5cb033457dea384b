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
