"""Wording and hours that were changed live, and announcements that were spoken.

Revision: 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("until", sa.Float()),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("undo", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_changes"),
    )
    op.create_table(
        "announcements",
        sa.Column("clip", sa.String(200), nullable=False),
        sa.Column("recording", sa.String(80), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("until", sa.Float()),
        sa.PrimaryKeyConstraint("clip", name="pk_announcements"),
    )


def downgrade() -> None:
    op.drop_table("announcements")
    op.drop_table("changes")
