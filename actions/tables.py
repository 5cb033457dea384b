"""The executor's tables in the operational store; migration 0002 creates them.

Belongs here: column definitions. Times and amounts are text: exact, and the same on every engine.
Does not belong here: queries (see `plans`, `approvals`, `journal`).
"""

from __future__ import annotations

import sqlalchemy as sa

from policies.chain import head_table
from policies.store import metadata

PLANS = sa.Table(
    "action_plans",
    metadata,
    sa.Column("plan_id", sa.String(64), primary_key=True),
    sa.Column("plan_hash", sa.String(64), nullable=False),
    sa.Column("content_sha256", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("decision_id", sa.String(64)),
    sa.Column("action_id", sa.Text, nullable=False),
    sa.Column("resource_key", sa.String(64), nullable=False),
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.Index("action_plans_by_resource", "resource_key", "status"),
    sa.Index("action_plans_by_status", "status"),
)

APPROVALS = sa.Table(
    "action_approvals",
    metadata,
    sa.Column("approval_id", sa.String(64), primary_key=True),
    sa.Column("plan_id", sa.String(64), sa.ForeignKey("action_plans.plan_id"), nullable=False),
    sa.Column("plan_hash", sa.String(64), nullable=False),
    sa.Column("approver", sa.Text, nullable=False),
    sa.Column("requester", sa.Text, nullable=False),
    sa.Column("given_at", sa.String(32), nullable=False),
    sa.Column("expires_at", sa.String(32), nullable=False),
    sa.Column("used_by_run", sa.String(64)),
    sa.Index("action_approvals_by_plan", "plan_id"),
)

JOURNAL = sa.Table(
    "action_journal",
    metadata,
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
    sa.Index("action_journal_by_plan", "plan_id", "seq"),
    sa.Index("action_journal_by_event", "event", "at"),
)

JOURNAL_HEAD = head_table("action_journal_head", metadata)
