"""What happened: facts, and the rows of calls that are made of them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from ivrflow.db.tables.columns import ID, NAME, OPEN, PHONE, metadata

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

KIND_OF_A_CALL: ColumnElement[str] = facts.c.kind + ""
"""The kind of facts that are found by their call. A plain `facts.c.kind` would do, but
SQLite would look at all facts of these kinds that there ever were: it takes the index
of kinds, as two lists look alike to it."""

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
    # What is open is looked for at each start, among all calls that ever were.
    Index("ix_calls_open", "id", sqlite_where=OPEN),
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
