"""Decisions of the policy engine, append-only."""

import sqlalchemy as sa
from alembic import op

from policies.append_only import append_only

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the table and the triggers that keep its rows as they were written."""
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.String(36), primary_key=True),
        sa.Column("gate", sa.String(32), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=False), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("allow", sa.Boolean, nullable=False),
        sa.Column("denials", sa.Text, nullable=False),
        sa.Column("warnings", sa.Text, nullable=False),
        sa.Column("waived", sa.Text, nullable=False),
        sa.Column("evaluated", sa.Text, nullable=False),
        sa.Column("input", sa.Text, nullable=False),
        sa.Column("input_sha256", sa.String(64), nullable=False),
        sa.Column("bundle_sha256", sa.String(64), nullable=False),
        sa.Column("policy_revision", sa.Text, nullable=False),
    )
    op.create_index("decisions_by_time", "decisions", ["decided_at"])
    op.create_index("decisions_by_subject", "decisions", ["gate", "subject"])
    for statement in append_only("decisions", op.get_bind().dialect.name):
        op.execute(statement)
