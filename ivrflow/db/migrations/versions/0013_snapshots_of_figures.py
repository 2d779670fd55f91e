"""Keeps the state of the figures, so that a start need not fold the whole day.

Revision: 0013, after 0012.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "figure_snapshots",
        sa.Column("id", sa.Integer, autoincrement=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("unwritten", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_figure_snapshots"),
    )


def downgrade() -> None:
    op.drop_table("figure_snapshots")
