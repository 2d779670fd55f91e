"""Messages that callers left, and what goes out."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from ivrflow.db.tables.columns import ID, NAME, PHONE, metadata

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("name", NAME, primary_key=True),
)

messages = Table(
    "messages",
    metadata,
    Column("id", ID, primary_key=True),
    Column("mailbox", NAME, ForeignKey("mailboxes.name"), nullable=False),
    Column("call", ID, nullable=False),
    Column("caller", PHONE, nullable=False),
    Column("at", Float, nullable=False),
    Column("data", JSON, nullable=False),
    # recording, new, dropped; more when messages are listened to
    Column("state", String(20), nullable=False),
    Column("seconds", Float),
    Column("urgent", Boolean, nullable=False),
    Index(None, "mailbox", "state", "at"),
)

# What goes out: notices of messages, and what flows send. One that has no words of its
# own gets them from its message when it is delivered.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    # Known to whoever gets it: the same however often it is delivered.
    Column("key", ID, nullable=False),
    Column("at", Float, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("to", Text, nullable=False),
    Column("mailbox", NAME, nullable=False),
    Column("message", ID, ForeignKey("messages.id")),
    Column("attach", String(20), nullable=False),
    Column("call", ID, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("data", JSON, nullable=False),
    # waiting, sent, failed
    Column("state", String(20), nullable=False),
    Column("tries", Integer, nullable=False),
    # When it is tried next, or was settled.
    Column("due", Float, nullable=False),
    # Why the last try failed.
    Column("error", Text, nullable=False),
    Index(None, "key", unique=True),
    Index(None, "message", "channel", "to", unique=True),
    Index(None, "state", "due"),
)
