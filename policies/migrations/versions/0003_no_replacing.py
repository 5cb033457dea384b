"""Decisions and journal events cannot be replaced by an insert either."""

from alembic import op

from policies.append_only import no_replacing

revision = "0003"
down_revision = "0002"

KEYS = {"decisions": "decision_id", "action_journal": "seq"}


def upgrade() -> None:
    """Add the triggers that the tables' own migrations lack."""
    for table, key in KEYS.items():
        for statement in no_replacing(table, [key], op.get_bind().dialect.name):
            op.execute(statement)
