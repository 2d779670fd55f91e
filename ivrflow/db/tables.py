"""The tables of our own database, as they are now; `migrations/` says how they came.

All times are seconds since 1970, UTC, as floats: the same number in a fact, on a board
and in a row, on every kind of database, whatever zone a machine thinks it is in. What
lasts is in seconds too, as a float. No secret and no card number is ever in a column:
PINs are argon2id hashes, cards are keyed hashes.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

ID = String(80)
"""Ids of channels, offers, messages."""
NAME = String(80)
"""Names that the site's files give: queues, mailboxes, flows, steps."""
PHONE = String(80)
PLACE = String(200)
"""Where in a site: a clip, or what is changed live."""


# What happened ------------------------------------------------------------------------

facts = Table(
    "facts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("call", ID, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("data", JSON, nullable=False),
    Index(None, "call", "id"),
    Index(None, "kind", "at"),
    # Without it SQLite uses the ids of deleted rows again: facts would change places.
    sqlite_autoincrement=True,
)

calls = Table(
    "calls",
    metadata,
    Column("id", ID, primary_key=True),
    Column("caller", PHONE, nullable=False),
    Column("dialled", PHONE, nullable=False),
    Column("flow", NAME, nullable=False),
    Column("version", String(64), nullable=False),
    Column("started", Float, nullable=False, index=True),
    Column("ended", Float),
    Column("by", String(20)),
    Column("cause", Integer),
    Column("last_flow", NAME),
    Column("last_step", NAME),
    # The agent who talked with the caller last.
    Column("agent", NAME),
)

steps = Table(
    "steps",
    metadata,
    Column("call", ID, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("flow", NAME, nullable=False),
    Column("step", NAME, nullable=False),
    Column("verb", String(20), nullable=False),
    Column("place", Text, nullable=False),
    Column("outcome", String(40)),
    Column("target", NAME),
    Column("why", Text),
)


# The board of the ACD -----------------------------------------------------------------

agents = Table(
    "agents",
    metadata,
    Column("number", NAME, primary_key=True),
    Column("name", Text, nullable=False),
    Column("endpoint", PHONE, nullable=False),
    Column("queues", JSON, nullable=False),
    Column("skills", JSON, nullable=False),
    # What the board does not read:
    Column("team", NAME, nullable=False, server_default=""),
    Column("role", String(20), nullable=False, server_default="agent"),
    Column("pin_hash", Text),
    # What the agent has chosen, and where:
    Column("presence", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("presence_since", Float, nullable=False),
    Column("sits_at", PHONE, nullable=False),
    # What the desk has given the agent to do:
    Column("work", String(20), nullable=False),
    Column("work_since", Float, nullable=False),
    Column("free_at", Float, nullable=False),
)

queue_entries = Table(
    "queue_entries",
    metadata,
    Column("call", ID, primary_key=True),
    Column("queue", NAME, nullable=False),
    Column("joined", Float, nullable=False, index=True),
    Column("need", JSON, nullable=False),
    Column("priority", Float, nullable=False),
    Column("widening", JSON, nullable=False),
    Column("preferred", JSON(none_as_null=True)),
    Column("who", PHONE, nullable=False),
)

LIVE = text("ended IS NULL")

offers = Table(
    "offers",
    metadata,
    Column("id", ID, primary_key=True),
    Column("call", ID, nullable=False),
    Column("queue", NAME, nullable=False),
    # No foreign key: the offers of an agent who has left stay for the reports.
    Column("agent", NAME, nullable=False),
    Column("at", Float, nullable=False),
    Column("who", PHONE, nullable=False),
    Column("connected", Float),
    Column("ended", Float),
    Column("how", String(40)),
    Index(None, "who", "connected"),
)

# The second guard against an assignment made twice: whatever the code does, the
# database has no place for two live offers of one agent, or of one call.
for _one in ("agent", "call"):
    Index(
        f"uq_offers_live_{_one}",
        offers.c[_one],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


# Messages -----------------------------------------------------------------------------

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


# What stays from call to call ---------------------------------------------------------

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", NAME, nullable=False),
    Column("card", String(64), nullable=False),
    Column("at", Float, nullable=False),
    Index(None, "source", "card", "at"),
    Index(None, "at"),
)

lock_outs = Table(
    "lock_outs",
    metadata,
    Column("source", NAME, primary_key=True),
    Column("card", String(64), primary_key=True),
    Column("until", Float, nullable=False),
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("call", ID, primary_key=True),
    Column("queue", NAME, primary_key=True),
    Column("number", PHONE, nullable=False),
    Column("since", Float, nullable=False),
    # waiting, done, given up
    Column("state", String(20), nullable=False),
    # When the caller wants to be called; NULL: as soon as the place comes.
    Column("due", Float),
    Index(None, "queue", "state", "since"),
    Index(None, "queue", "due"),
)

# One row per switch that is thrown. *until* NULL: until someone throws it back.
switches = Table(
    "switches",
    metadata,
    Column("name", NAME, primary_key=True),
    Column("at", Float, nullable=False),
    Column("by", NAME, nullable=False),
    Column("until", Float),
)


# What was changed live in the site's files: one row for each place, as long as it can
# be undone. *until* NULL: it stays. *undo* has what brings the old text back.
changes = Table(
    "changes",
    metadata,
    Column("place", PLACE, primary_key=True),
    Column("file", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("by", NAME, nullable=False),
    Column("until", Float),
    # The values; NULL: there was, or is, none.
    Column("before", Text),
    Column("after", Text),
    Column("undo", JSON, nullable=False),
)

# What is played instead of a clip of the site, spoken by phone.
announcements = Table(
    "announcements",
    metadata,
    Column("clip", PLACE, primary_key=True),
    # Below the switch's folder of recordings.
    Column("recording", ID, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("at", Float, nullable=False),
    Column("by", NAME, nullable=False),
    Column("until", Float),
)


# Who changed what ---------------------------------------------------------------------

# The texts of each version that was ever live: JSON of file -> text, zlib.
site_versions = Table(
    "site_versions",
    metadata,
    Column("version", String(64), primary_key=True),
    Column("texts", LargeBinary, nullable=False),
    # First kept, and last gone live.
    Column("at", Float, nullable=False),
    Column("by", NAME, nullable=False),
    Column("live_at", Float, nullable=False, index=True),
    # Whether its talks were run before it went live: at a start they are not.
    Column("tested", Boolean, nullable=False),
)

# Only ever added to. *before* and *after* in words; NULL: there was nothing.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False, index=True),
    Column("who", NAME, nullable=False),
    Column("what", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    sqlite_autoincrement=True,
)
