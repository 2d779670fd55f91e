"""What is due in the outbox is found by its channel too.

Letters of a channel that nobody carries (a site took its `smtp:` away) stay where they
are, and were gone through again at each look at the others.

Revision: 0015, after 0014.
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_outbox_state_channel_due", "outbox", ["state", "channel", "due"]
    )
    op.drop_index("ix_outbox_state_due", table_name="outbox")


def downgrade() -> None:
    op.create_index("ix_outbox_state_due", "outbox", ["state", "due"])
    op.drop_index("ix_outbox_state_channel_due", table_name="outbox")
