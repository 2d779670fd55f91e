"""Versions of the site, and who changed what.

Revision: 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_versions",
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("texts", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("live_at", sa.Float(), nullable=False),
        sa.Column("tested", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_site_versions"),
    )
    op.create_index("ix_site_versions_live_at", "site_versions", ["live_at"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at", "audit", ["at"])


def downgrade() -> None:
    op.drop_table("audit")
    op.drop_table("site_versions")
