"""Rounds in which several phones ring for a call; what is counted of agents.

Revision: 0008, after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "agents",
        sa.Column("more", sa.JSON(), server_default="{}", nullable=False),
    )
    op.add_column(
        "agents",
        sa.Column("live", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "agents", sa.Column("calls", sa.Integer(), server_default="0", nullable=False)
    )
    for name in ("busy", "last_call"):
        op.add_column(
            "agents", sa.Column(name, sa.Float(), server_default="0", nullable=False)
        )

    # The calls ended with the service, but their callers get their places again: who
    # stood where, and since when, is all that is read of these rows.
    columns = ("call", "queue", "joined")
    old = sa.table("queue_entries", *map(sa.column, (*columns, "who")))
    stood = op.get_bind().execute(sa.select(old)).mappings().all()
    op.drop_table("queue_entries")
    op.create_table(
        "queue_entries",
        sa.Column("call", sa.String(80), nullable=False),
        sa.Column("queue", sa.String(80), nullable=False),
        sa.Column("joined", sa.Float(), nullable=False),
        sa.Column("asks", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("call", name="pk_queue_entries"),
    )
    op.bulk_insert(
        sa.table(
            "queue_entries", *map(sa.column, columns), sa.column("asks", sa.JSON())
        ),
        [
            {name: row[name] for name in columns} | {"asks": {"who": row["who"]}}
            for row in stood
        ],
    )
    op.create_index("ix_queue_entries_joined", "queue_entries", ["joined"])

    op.add_column(
        "offers",
        sa.Column("alone", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.create_index("ix_offers_agent_connected", "offers", ["agent", "connected"])
    op.drop_index("uq_offers_live_call", table_name="offers")
    for name, where in (
        ("call", "ended IS NULL AND alone"),
        ("talk", "ended IS NULL AND connected IS NOT NULL"),
    ):
        op.create_index(
            f"uq_offers_live_{name}",
            "offers",
            ["call"],
            unique=True,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )


def downgrade() -> None:
    # Offers that are of a round have no place in the tables of before.
    op.execute("UPDATE offers SET ended = at, how = 'lost' WHERE ended IS NULL")
    for name in ("call", "talk"):
        op.drop_index(f"uq_offers_live_{name}", table_name="offers")
    op.drop_index("ix_offers_agent_connected", table_name="offers")
    op.drop_column("offers", "alone")
    live = sa.text("ended IS NULL")
    op.create_index(
        "uq_offers_live_call",
        "offers",
        ["call"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.drop_table("queue_entries")
    op.create_table(
        "queue_entries",
        sa.Column("call", sa.String(80), nullable=False),
        sa.Column("queue", sa.String(80), nullable=False),
        sa.Column("joined", sa.Float(), nullable=False),
        sa.Column("need", sa.JSON(), nullable=False),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column("widening", sa.JSON(), nullable=False),
        sa.Column("preferred", sa.JSON()),
        sa.Column("who", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("call", name="pk_queue_entries"),
    )
    op.create_index("ix_queue_entries_joined", "queue_entries", ["joined"])
    for name in ("more", "live", "calls", "busy", "last_call"):
        op.drop_column("agents", name)
