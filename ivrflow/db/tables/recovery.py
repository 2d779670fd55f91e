"""What the next process needs to go on with the calls that are up."""

from __future__ import annotations

from sqlalchemy import Column, Float, Integer, String, Table, Text

from ivrflow.db.tables.columns import ID, NAME, metadata

call_bookmarks = Table(
    "call_bookmarks",
    metadata,
    Column("call", ID, primary_key=True),
    # Of two bookmarks of a call the one of the later step counts, then of the later
    # mark: the channel's may be newer than this one.
    Column("number", Integer, nullable=False),
    Column("mark", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Float, nullable=False),
)

asterisks = Table(
    "asterisks",
    metadata,
    Column("app", NAME, primary_key=True),
    # As it says itself; another one means that all calls of before are over.
    Column("startup_time", String(80), nullable=False),
    # When a service of ours last had it before it, connected.
    Column("seen", Float, nullable=False),
)
