"""A callback may be wanted at a time of the caller's choice.

Revision: 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("callbacks") as batch:
        batch.add_column(sa.Column("due", sa.Float()))
    op.create_index("ix_callbacks_queue_due", "callbacks", ["queue", "due"])


def downgrade() -> None:
    op.drop_index("ix_callbacks_queue_due", "callbacks")
    with op.batch_alter_table("callbacks") as batch:
        batch.drop_column("due")
