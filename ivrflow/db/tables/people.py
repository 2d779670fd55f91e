"""What people did to the floor, and the tokens by which they are known."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, String, Table

from ivrflow.db.tables.columns import ID, NAME, PLACE, metadata

# A token of a person. *hash* is keyed with the pepper. One that is revoked stays, so
# that the audit's names mean something.
tokens = Table(
    "tokens",
    metadata,
    Column("id", String(8), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("name", NAME, nullable=False),
    Column("role", String(20), nullable=False),
    # The agent's number; "" for who is no agent.
    Column("number", ID, nullable=False),
    Column("at", Float, nullable=False),
    Column("by", NAME, nullable=False),
    # To the minute; NULL: never.
    Column("used", Float),
    Column("revoked", Float),
)

# A queue that was closed or diverted from outside its files; one that is open has none.
# *until* NULL: until somebody opens it.
doors = Table(
    "doors",
    metadata,
    Column("queue", NAME, primary_key=True),
    Column("state", String(20), nullable=False),
    # Of a diverted one: queue, flow or number, and which.
    Column("way", String(20)),
    Column("to", PLACE),
    Column("at", Float, nullable=False),
    Column("by", NAME, nullable=False),
    Column("until", Float),
    Column("waiting_too", Boolean, nullable=False),
)
