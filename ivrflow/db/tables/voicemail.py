"""What was spoken, who may hear it, and what is to be done about it.

Messages themselves stand in `messages`; here is what belongs to them and to their
mailboxes.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from ivrflow.db.tables.columns import ID, NAME, metadata

# What was spoken, once: several messages may be of one sound. Its bytes are elsewhere.
sounds = Table(
    "sounds",
    metadata,
    Column("id", ID, primary_key=True),
    # message, comment, greeting, name
    Column("kind", String(20), nullable=False),
    # switch, store, going, gone
    Column("place", String(20), nullable=False),
    Column("at", Float, nullable=False),
    # NULL: it is being recorded.
    Column("seconds", Float),
    # After it there is only silence; 0: all of it counts.
    Column("ends", Float, nullable=False),
    # Of the WAV in the store.
    Column("bytes", Integer),
    Column("sha256", String(64), nullable=False),
    # Its name in the switch's spool; "": it is not there.
    Column("recorded", ID, nullable=False),
    Index("ix_sounds_spool", "at", sqlite_where=text("recorded <> ''")),
    Index(None, "place", "at"),
)

# What owners have spoken for who calls.
greetings = Table(
    "greetings",
    metadata,
    Column("mailbox", NAME, ForeignKey("mailboxes.name"), primary_key=True),
    # busy, unavailable, temporary, name
    Column("kind", String(20), primary_key=True),
    Column("language", String(20), primary_key=True),
    Column("sound", ID, ForeignKey("sounds.id"), nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("by", NAME, nullable=False),
    Column("until", Float),
)

# Where in a message somebody was whose call was cut off.
left_off = Table(
    "left_off",
    metadata,
    Column("mailbox", NAME, primary_key=True),
    Column("who", NAME, primary_key=True),
    Column("message", ID, nullable=False),
    # Seconds from its beginning.
    Column("offset", Float, nullable=False),
    Column("at", Float, nullable=False),
)

transcripts = Table(
    "transcripts",
    metadata,
    Column("sound", ID, ForeignKey("sounds.id"), primary_key=True),
    # waiting, done, failed
    Column("state", String(20), nullable=False),
    Column("language", String(20), nullable=False),
    Column("words", Text, nullable=False),
    # The ear that has heard them.
    Column("by", NAME, nullable=False),
    Column("tries", Integer, nullable=False),
    # When it is tried next; NULL: never by itself.
    Column("due", Float),
    # Why the last try failed.
    Column("error", Text, nullable=False),
    # When it was asked for, then when it was settled.
    Column("at", Float, nullable=False),
    Index(None, "state", "due"),
)

# Messages that are work for a queue. What the message's own row says is not said again.
work = Table(
    "work",
    metadata,
    Column("message", ID, ForeignKey("messages.id"), primary_key=True),
    Column("queue", NAME, nullable=False),
    Column("asked", Float, nullable=False),
    Column("promised", Float, nullable=False),
    # What an agent must be able to do; NULL: anyone can.
    Column("wanted", JSON(none_as_null=True)),
    # waiting, done, withdrawn
    Column("state", String(20), nullable=False),
    # How often an agent had it and gave it back.
    Column("tries", Integer, nullable=False),
    # How often its number was dialled, and when first.
    Column("dials", Integer, nullable=False),
    Column("tried", Float),
    Column("not_before", Float, nullable=False),
    # Seconds of the message that were heard, of the try that is on.
    Column("offset", Float, nullable=False),
    Column("agent", NAME, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("ended", Float),
    # Who ended it, if it was not the agent who had it.
    Column("by", NAME, nullable=False),
    # 0 nothing, 1 its beginning, 2 its end, too, is a fact.
    Column("told", SmallInteger, nullable=False),
    # The state in front: what waits is asked for without a queue too.
    Index(None, "state", "queue"),
    Index(None, "told"),
)

# Only ever added to, but for the end. *message* "": all of the mailbox.
holds = Table(
    "holds",
    metadata,
    Column("id", ID, primary_key=True),
    Column("mailbox", NAME, nullable=False),
    Column("message", ID, nullable=False),
    Column("at", Float, nullable=False),
    Column("by", NAME, nullable=False),
    Column("why", Text, nullable=False),
    Column("lifted", Float),
    Column("lifted_by", NAME, nullable=False),
    # One at a time for the same thing.
    Index(
        "uq_holds_on",
        "mailbox",
        "message",
        unique=True,
        sqlite_where=text("lifted IS NULL"),
    ),
)
