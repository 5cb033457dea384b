"""Which real resource an estimate became: append-only, a later link of an address is its newest."""

import sqlalchemy as sa
from alembic import op

from policies.append_only import append_only, no_replacing

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table and its triggers."""
    op.create_table(
        "estimate_links",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("resource_names", sa.Text, nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=False), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=False), nullable=False),
    )
    dialect = op.get_bind().dialect.name
    statements = append_only("estimate_links", dialect)
    for statement in statements + no_replacing("estimate_links", ["seq"], dialect):
        op.execute(statement)
