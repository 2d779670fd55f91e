"""What stays from call to call."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, Integer, String, Table, Text

from ivrflow.db.tables.columns import ID, NAME, PHONE, PLACE, metadata

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
    # waiting, kept, given up, taken back
    Column("state", String(20), nullable=False),
    # When the caller wants to be called; NULL: as soon as the place comes.
    Column("due", Float),
    # NULL in the rows of before there were promises.
    Column("asked", Float),
    Column("promised", Float),
    # What the work item in line asks for, as the board keeps it, and the screen's data.
    Column("wanted", JSON(none_as_null=True)),
    Column("language", String(20), nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("tried", Float),
    Column("not_before", Float, nullable=False, server_default="0"),
    Column("ended", Float),
    # Who took it back; "" for the one who had asked.
    Column("by", NAME, nullable=False, server_default=""),
    Index(None, "queue", "state", "since"),
    Index(None, "queue", "due"),
)

# The places in lines of callers who were cut off, by their calling numbers.
kept_places = Table(
    "kept_places",
    metadata,
    Column("queue", NAME, primary_key=True),
    Column("who", PHONE, primary_key=True),
    Column("joined", Float, nullable=False),
    Column("until", Float, nullable=False, index=True),
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
