"""What flows send goes through the outbox too; tries have a time of their own.

Revision: 0002, after 0001.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NEW: tuple[tuple[str, Any, str], ...] = (
    ("key", sa.String(80), ""),
    ("call", sa.String(80), ""),
    ("subject", sa.Text(), ""),
    ("text", sa.Text(), ""),
    ("data", sa.JSON(), "{}"),
    ("due", sa.Float(), "0"),
    ("error", sa.Text(), ""),
)


def upgrade() -> None:
    op.drop_index("ix_outbox_state_at", "outbox")
    with op.batch_alter_table("outbox") as batch:
        for name, kind, default in NEW:
            batch.add_column(
                sa.Column(name, kind, nullable=False, server_default=default)
            )
        batch.alter_column("message", existing_type=sa.String(80), nullable=True)
    # Those that wait already: each its own key, due since it is there.
    op.execute("UPDATE outbox SET key = 'notice-' || id, due = at")
    with op.batch_alter_table("outbox") as batch:
        for name, kind, _ in NEW:
            batch.alter_column(name, existing_type=kind, server_default=None)
    op.create_index("ix_outbox_key", "outbox", ["key"], unique=True)
    op.create_index("ix_outbox_state_due", "outbox", ["state", "due"])


def downgrade() -> None:
    op.drop_index("ix_outbox_state_due", "outbox")
    op.drop_index("ix_outbox_key", "outbox")
    op.execute("DELETE FROM outbox WHERE message IS NULL")
    with op.batch_alter_table("outbox") as batch:
        for name, _, _ in NEW:
            batch.drop_column(name)
        batch.alter_column("message", existing_type=sa.String(80), nullable=False)
    op.create_index("ix_outbox_state_at", "outbox", ["state", "at"])
