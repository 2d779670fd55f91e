"""Figures that are kept: sums by span of time, and one row for each call.

Revision: 0009, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queue_figures",
        sa.Column("seconds", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("start", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("queue", sa.String(80), nullable=False),
        sa.Column("item", sa.String(20), nullable=False),
        sa.Column("sums", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "seconds", "start", "queue", "item", name="pk_queue_figures"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "agent_figures",
        sa.Column("seconds", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("start", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("agent", sa.String(80), nullable=False),
        sa.Column("sums", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seconds", "start", "agent", name="pk_agent_figures"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "call_records",
        sa.Column("call", sa.String(80), nullable=False),
        sa.Column("started", sa.Float(), nullable=False),
        sa.Column("ended", sa.Float(), nullable=False),
        sa.Column("caller", sa.String(80), nullable=False),
        sa.Column("dialled", sa.String(80), nullable=False),
        sa.Column("flow", sa.String(80), nullable=False),
        sa.Column("queues", sa.JSON(), nullable=False),
        sa.Column("waited", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("agents", sa.JSON(), nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("talk", sa.Float(), nullable=False),
        sa.Column("hold", sa.Float(), nullable=False),
        sa.Column("wrap_up", sa.Float(), nullable=False),
        sa.Column("transfers", sa.JSON(), nullable=False),
        sa.Column("disposition", sa.String(80), nullable=False),
        sa.Column("ended_by", sa.String(20), nullable=False),
        sa.Column("hung_up", sa.String(20), nullable=False),
        sa.Column("cause", sa.Integer(), nullable=False),
        sa.Column("recordings", sa.JSON(), nullable=False),
        sa.Column("repeated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("call", name="pk_call_records"),
    )
    op.create_index("ix_call_records_started", "call_records", ["started"])


def downgrade() -> None:
    op.drop_table("call_records")
    op.drop_table("agent_figures")
    op.drop_table("queue_figures")
