"""Alembic's entry: runs the migrations on the connection (and in the transaction) handed to it."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # SQLite can roll DDL back too: a process killed half-way leaves the old schema.
    transactional_ddl=True,
)
context.run_migrations()
