"""Which offers ended last: a desk that starts asks for those of the last minute.

Revision: 0011, after 0010.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_offers_ended", "offers", ["ended"])


def downgrade() -> None:
    op.drop_index("ix_offers_ended", "offers")
