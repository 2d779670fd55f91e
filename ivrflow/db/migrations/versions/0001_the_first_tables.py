"""The first tables.

Revision: 0001, after nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("number", sa.String(80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.String(80), nullable=False),
        sa.Column("queues", sa.JSON(), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("team", sa.String(80), server_default="", nullable=False),
        sa.Column("role", sa.String(20), server_default="agent", nullable=False),
        sa.Column("pin_hash", sa.Text()),
        sa.Column("presence", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("presence_since", sa.Float(), nullable=False),
        sa.Column("sits_at", sa.String(80), nullable=False),
        sa.Column("work", sa.String(20), nullable=False),
        sa.Column("work_since", sa.Float(), nullable=False),
        sa.Column("free_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_agents"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("card", sa.String(64), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_at", "attempts", ["at"])
    op.create_index("ix_attempts_source_card_at", "attempts", ["source", "card", "at"])

    op.create_table(
        "callbacks",
        sa.Column("call", sa.String(80), nullable=False),
        sa.Column("queue", sa.String(80), nullable=False),
        sa.Column("number", sa.String(80), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("call", "queue", name="pk_callbacks"),
    )
    op.create_index(
        "ix_callbacks_queue_state_since", "callbacks", ["queue", "state", "since"]
    )

    op.create_table(
        "calls",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("caller", sa.String(80), nullable=False),
        sa.Column("dialled", sa.String(80), nullable=False),
        sa.Column("flow", sa.String(80), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("started", sa.Float(), nullable=False),
        sa.Column("ended", sa.Float()),
        sa.Column("by", sa.String(20)),
        sa.Column("cause", sa.Integer()),
        sa.Column("last_flow", sa.String(80)),
        sa.Column("last_step", sa.String(80)),
        sa.Column("agent", sa.String(80)),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
    )
    op.create_index("ix_calls_started", "calls", ["started"])

    op.create_table(
        "facts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("call", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_facts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_facts_call_id", "facts", ["call", "id"])
    op.create_index("ix_facts_kind_at", "facts", ["kind", "at"])

    op.create_table(
        "lock_outs",
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("card", sa.String(64), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("source", "card", name="pk_lock_outs"),
    )
    op.create_table(
        "mailboxes",
        sa.Column("name", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_mailboxes"),
    )
    op.create_table(
        "offers",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("call", sa.String(80), nullable=False),
        sa.Column("queue", sa.String(80), nullable=False),
        sa.Column("agent", sa.String(80), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("connected", sa.Float()),
        sa.Column("ended", sa.Float()),
        sa.Column("how", sa.String(40)),
        sa.PrimaryKeyConstraint("id", name="pk_offers"),
    )
    op.create_index("ix_offers_who_connected", "offers", ["who", "connected"])
    op.create_index(
        "uq_offers_live_agent",
        "offers",
        ["agent"],
        unique=True,
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.create_index(
        "uq_offers_live_call",
        "offers",
        ["call"],
        unique=True,
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )

    op.create_table(
        "queue_entries",
        sa.Column("call", sa.String(80), nullable=False),
        sa.Column("queue", sa.String(80), nullable=False),
        sa.Column("joined", sa.Float(), nullable=False),
        sa.Column("need", sa.JSON(), nullable=False),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column("widening", sa.JSON(), nullable=False),
        sa.Column("preferred", sa.JSON(none_as_null=True)),
        sa.Column("who", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("call", name="pk_queue_entries"),
    )
    op.create_index("ix_queue_entries_joined", "queue_entries", ["joined"])

    op.create_table(
        "steps",
        sa.Column("call", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("flow", sa.String(80), nullable=False),
        sa.Column("step", sa.String(80), nullable=False),
        sa.Column("verb", sa.String(20), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(40)),
        sa.Column("target", sa.String(80)),
        sa.Column("why", sa.Text()),
        sa.PrimaryKeyConstraint("call", "number", name="pk_steps"),
    )
    op.create_table(
        "switches",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("until", sa.Float()),
        sa.PrimaryKeyConstraint("name", name="pk_switches"),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("mailbox", sa.String(80), nullable=False),
        sa.Column("call", sa.String(80), nullable=False),
        sa.Column("caller", sa.String(80), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("seconds", sa.Float()),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox"], ["mailboxes.name"], name="fk_messages_mailbox"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
    )
    op.create_index(
        "ix_messages_mailbox_state_at", "messages", ["mailbox", "state", "at"]
    )

    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.String(80), nullable=False),
        sa.Column("message", sa.String(80), nullable=False),
        sa.Column("attach", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name="fk_outbox_message"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index(
        "ix_outbox_message_channel_to",
        "outbox",
        ["message", "channel", "to"],
        unique=True,
    )
    op.create_index("ix_outbox_state_at", "outbox", ["state", "at"])


def downgrade() -> None:
    op.drop_table("outbox")
    op.drop_table("messages")
    op.drop_table("switches")
    op.drop_table("steps")
    op.drop_table("queue_entries")
    op.drop_table("offers")
    op.drop_table("mailboxes")
    op.drop_table("lock_outs")
    op.drop_table("facts")
    op.drop_table("calls")
    op.drop_table("callbacks")
    op.drop_table("attempts")
    op.drop_table("agents")
