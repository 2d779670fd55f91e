"""Where each call stands, and when an Asterisk was last seen: for the next process.

Revision: 0010, after 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_bookmarks",
        sa.Column("call", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("call", name="pk_call_bookmarks"),
    )
    op.create_table(
        "asterisks",
        sa.Column("app", sa.String(80), nullable=False),
        sa.Column("startup_time", sa.String(80), nullable=False),
        sa.Column("seen", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("app", name="pk_asterisks"),
    )
    # What is open is looked for at each start, among all calls that ever were.
    op.create_index(
        "ix_calls_open",
        "calls",
        ["id"],
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_calls_open", "calls")
    op.drop_table("asterisks")
    op.drop_table("call_bookmarks")
