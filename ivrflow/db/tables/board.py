"""The board of the ACD: agents, who waits, who is offered to whom."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, String, Table, Text

from ivrflow.db.tables.columns import ID, LIVE, NAME, PHONE, metadata

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
