"""What people said about findings: append-only, a later word on a finding replaces an earlier."""

import sqlalchemy as sa
from alembic import op

from policies.append_only import append_only, no_replacing

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table and its triggers."""
    op.create_table(
        "finding_feedback",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("finding_id", sa.String(64), nullable=False),
        sa.Column("series_id", sa.Text, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("first_seen", sa.Date, nullable=False),
        sa.Column("detectors", sa.Text, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("given_at", sa.DateTime(timezone=False), nullable=False),
    )
    dialect = op.get_bind().dialect.name
    statements = append_only("finding_feedback", dialect)
    for statement in statements + no_replacing("finding_feedback", ["seq"], dialect):
        op.execute(statement)
