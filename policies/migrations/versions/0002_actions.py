"""Plans, approvals and the append-only journal of the action executor."""

import sqlalchemy as sa
from alembic import op

from policies.append_only import append_only

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the executor's tables; the journal starts empty, with its head at sequence 0."""
    op.create_table(
        "action_plans",
        sa.Column("plan_id", sa.String(64), primary_key=True),
        sa.Column("plan_hash", sa.String(64), nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("decision_id", sa.String(64)),
        sa.Column("action_id", sa.Text, nullable=False),
        sa.Column("resource_key", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
    )
    op.create_index("action_plans_by_resource", "action_plans", ["resource_key", "status"])
    op.create_index("action_plans_by_status", "action_plans", ["status"])
    op.create_table(
        "action_approvals",
        sa.Column("approval_id", sa.String(64), primary_key=True),
        sa.Column("plan_id", sa.String(64), sa.ForeignKey("action_plans.plan_id"), nullable=False),
        sa.Column("plan_hash", sa.String(64), nullable=False),
        sa.Column("approver", sa.Text, nullable=False),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("given_at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
        sa.Column("used_by_run", sa.String(64)),
    )
    op.create_index("action_approvals_by_plan", "action_approvals", ["plan_id"])
    op.create_table(
        "action_journal",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("plan_id", sa.String(64)),
        sa.Column("proposal_id", sa.Text),
        sa.Column("action_id", sa.Text),
        sa.Column("resource_id", sa.Text),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("action_journal_by_plan", "action_journal", ["plan_id", "seq"])
    op.create_index("action_journal_by_event", "action_journal", ["event", "at"])
    head = op.create_table(
        "action_journal_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": "0" * 64}])
    for statement in append_only("action_journal", op.get_bind().dialect.name):
        op.execute(statement)
