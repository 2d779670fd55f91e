"""The board of the ACD: agents, who waits, who is offered to whom."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    true,
)

from ivrflow.db.tables.columns import (
    ALONE,
    CONNECTED,
    ID,
    LIVE,
    NAME,
    PHONE,
    metadata,
)

agents = Table(
    "agents",
    metadata,
    Column("number", NAME, primary_key=True),
    Column("name", Text, nullable=False),
    Column("endpoint", PHONE, nullable=False),
    Column("queues", JSON, nullable=False),
    Column("skills", JSON, nullable=False),
    # Whatever else agents.yaml says, as far as it is not what an agent has by itself:
    Column("more", JSON, nullable=False, server_default="{}"),
    # Whether queues and skills are others than the file's:
    Column("live", Boolean, nullable=False, server_default=false()),
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
    Column("calls", Integer, nullable=False, server_default="0"),
    Column("busy", Float, nullable=False, server_default="0"),
    Column("last_call", Float, nullable=False, server_default="0"),
)

queue_entries = Table(
    "queue_entries",
    metadata,
    Column("call", ID, primary_key=True),
    Column("queue", NAME, nullable=False),
    Column("joined", Float, nullable=False, index=True),
    # All that the caller asks for, as `db.board_rows` writes it:
    Column("asks", JSON, nullable=False),
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
    # False: of a round, in which several phones ring for one call.
    Column("alone", Boolean, nullable=False, server_default=true()),
    Column("connected", Float),
    Column("ended", Float),
    Column("how", String(40)),
    Index(None, "who", "connected"),
    Index(None, "agent", "connected"),
    Index(None, "ended"),
)

# The second guard against an assignment made twice: whatever the code does, the
# database has no place for two live offers of one agent, nor for two of one call: two
# that don't belong to a round, or two that are connected.
for _name, _column, _where in (
    ("agent", "agent", LIVE),
    ("call", "call", ALONE),
    ("talk", "call", CONNECTED),
):
    Index(
        f"uq_offers_live_{_name}",
        offers.c[_column],
        unique=True,
        sqlite_where=_where,
    )
