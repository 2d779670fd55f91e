"""Callbacks are promises that are kept, and who is cut off keeps the place.

Revision: 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _new() -> list[sa.Column[object]]:
    """The new columns; a column can be added to one table only."""
    return [
        sa.Column("asked", sa.Float()),
        sa.Column("promised", sa.Float()),
        sa.Column("wanted", sa.JSON()),
        sa.Column("language", sa.String(20), nullable=False, server_default=""),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("tried", sa.Float()),
        sa.Column("not_before", sa.Float(), nullable=False, server_default="0"),
        sa.Column("ended", sa.Float()),
        sa.Column("by", sa.String(80), nullable=False, server_default=""),
    ]


def upgrade() -> None:
    with op.batch_alter_table("callbacks") as batch:
        for column in _new():
            batch.add_column(column)
    op.create_table(
        "kept_places",
        sa.Column("queue", sa.String(80), nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("joined", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("queue", "who", name="pk_kept_places"),
    )
    op.create_index("ix_kept_places_until", "kept_places", ["until"])


def downgrade() -> None:
    op.drop_table("kept_places")
    with op.batch_alter_table("callbacks") as batch:
        for column in _new():
            batch.drop_column(column.name)
