"""Decisions become a hash chain: those on record are linked in the order they were made."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from policies.append_only import append_only, changeable, no_replacing
from policies.chain import GENESIS, link

revision = "0006"
down_revision = "0005"

RECORDS = sa.table(
    "decisions",
    sa.column("decision_id", sa.String),
    sa.column("gate", sa.String),
    sa.column("decided_at", sa.DateTime(timezone=False)),
    sa.column("subject", sa.Text),
    sa.column("allow", sa.Boolean),
    sa.column("denials", sa.Text),
    sa.column("warnings", sa.Text),
    sa.column("waived", sa.Text),
    sa.column("evaluated", sa.Text),
    sa.column("input", sa.Text),
    sa.column("input_sha256", sa.String),
    sa.column("bundle_sha256", sa.String),
    sa.column("policy_revision", sa.Text),
    sa.column("seq", sa.Integer),
    sa.column("prev_hash", sa.String),
    sa.column("hash", sa.String),
)
LINK: dict[str, sa.types.TypeEngine[Any]] = {
    "seq": sa.Integer(),
    "prev_hash": sa.String(64),
    "hash": sa.String(64),
}


def upgrade() -> None:
    """Add the columns, link what is there, and put the triggers back."""
    dialect = op.get_bind().dialect.name
    for statement in changeable("decisions", dialect):
        op.execute(statement)
    with op.batch_alter_table("decisions") as table:
        for name, kind in LINK.items():
            table.add_column(sa.Column(name, kind))
    seq, last = _link_all()
    with op.batch_alter_table("decisions") as table:
        for name, kind in LINK.items():
            table.alter_column(name, existing_type=kind, nullable=False)
        table.create_index("decisions_by_seq", ["seq"], unique=True)
    head = op.create_table(
        "decisions_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "seq": seq, "hash": last}])
    statements = append_only("decisions", dialect)
    for statement in statements + no_replacing("decisions", ("decision_id", "seq"), dialect):
        op.execute(statement)


def _link_all() -> tuple[int, str]:
    """Link one record at a time: a question may have megabytes. Returns the head."""
    connection, seq, last = op.get_bind(), 0, GENESIS
    content = [column for column in RECORDS.c if column.name not in LINK]
    in_order = sa.select(RECORDS.c.decision_id).order_by(
        RECORDS.c.decided_at, RECORDS.c.decision_id
    )
    decision_ids: Sequence[str] = connection.scalars(in_order).all()
    for decision_id in decision_ids:
        this = RECORDS.c.decision_id == decision_id
        (row,) = link(
            [dict(connection.execute(sa.select(*content).where(this)).mappings().one())], seq, last
        )
        seq, last = row["seq"], row["hash"]
        change = {name: row[name] for name in LINK}
        connection.execute(RECORDS.update().where(this).values(change))
    return seq, last
