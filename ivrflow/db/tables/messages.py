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
    false,
)

from ivrflow.db.tables.columns import ID, NAME, PHONE, metadata

# One row for each of mailboxes.yaml, from when a service first knows it.
mailboxes = Table(
    "mailboxes",
    metadata,
    Column("name", NAME, primary_key=True),
    # argon2id; "": it opens by no PIN.
    Column("pin_hash", Text, nullable=False, server_default=""),
    Column("pin_set", Float),
    # Whoever enters the PIN has to choose another one first.
    Column("must_change", Boolean, nullable=False, server_default=false()),
    # The PIN can't be changed by phone.
    Column("fixed", Boolean, nullable=False, server_default=false()),
    # For how long messages are kept, as `Keep`, and since when that is done: later than
    # it was written, for who did not mean it.
    Column("keeps", JSON(none_as_null=True)),
    Column("keeps_since", Float),
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
    # recording, new, old, deleted, gone, dropped
    Column("state", String(20), nullable=False),
    Column("seconds", Float),
    Column("urgent", Boolean, nullable=False),
    # What is heard, and the comment before it ("": none).
    Column("sound", ID, nullable=False, server_default=""),
    Column("intro", ID, nullable=False, server_default=""),
    # Why it was dropped.
    Column("why", String(40), nullable=False, server_default=""),
    # "": the inbox, new or old; else one of `voicemail.order.FOLDERS`.
    Column("folder", String(20), nullable=False, server_default=""),
    # Where the caller wants to be called.
    Column("number", PHONE, nullable=False, server_default=""),
    Column("language", String(20), nullable=False, server_default=""),
    # In which queue he waited, and for how many seconds.
    Column("queue", NAME, nullable=False, server_default=""),
    Column("waited", Float, nullable=False, server_default="0"),
    Column("dialled", PHONE, nullable=False, server_default=""),
    # The mailbox that sent it; "": a caller.
    Column("sender", NAME, nullable=False, server_default=""),
    # The message that was sent on.
    Column("origin", ID, nullable=False, server_default=""),
    # What an agent must be able to do, if it becomes work; NULL: anyone can.
    Column("wanted", JSON(none_as_null=True)),
    Column("heard", Float),
    Column("deleted", Float),
    # When it was last restored, or made new again: `keep` counts from then on.
    Column("anew", Float),
    Index(None, "mailbox", "state", "at"),
    Index(None, "sound"),
    Index(None, "intro"),
    Index(None, "state", "at"),
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
    Index(None, "state", "channel", "due"),
)
