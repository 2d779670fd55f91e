"""Figures that are kept, so that a report of a month need not read its facts.

The facts are the truth: all of this can be made of them again, and is compared with
them each night.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from ivrflow.db.tables.columns import ID, NAME, PHONE, metadata

# One row for each queue, kind of item, and span in which somebody came: quarters of an
# hour and days of the site's zone. *start* in seconds since 1970; *sums* is JSON.
queue_figures = Table(
    "queue_figures",
    metadata,
    Column("seconds", Integer, primary_key=True, autoincrement=False),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("queue", NAME, primary_key=True),
    Column("item", String(20), primary_key=True),
    Column("sums", Text, nullable=False),
    sqlite_with_rowid=False,
)

agent_figures = Table(
    "agent_figures",
    metadata,
    Column("seconds", Integer, primary_key=True, autoincrement=False),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("agent", NAME, primary_key=True),
    Column("sums", Text, nullable=False),
    sqlite_with_rowid=False,
)

# One row at most: the state of the figures with all facts up to *last* in it.
figure_snapshots = Table(
    "figure_snapshots",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
    Column("state", LargeBinary, nullable=False),
    # The records, and which sums, it had to write; NULL when that was done.
    Column("unwritten", LargeBinary),
)

# One row for each call that is over.
call_records = Table(
    "call_records",
    metadata,
    Column("call", ID, primary_key=True),
    Column("started", Float, nullable=False, index=True),
    Column("ended", Float, nullable=False),
    Column("caller", PHONE, nullable=False),
    Column("dialled", PHONE, nullable=False),
    Column("flow", NAME, nullable=False),
    # In order, with those that came twice.
    Column("queues", JSON, nullable=False),
    Column("waited", Float, nullable=False),
    Column("outcome", String(40), nullable=False),
    Column("agents", JSON, nullable=False),
    Column("offers", Integer, nullable=False),
    Column("talk", Float, nullable=False),
    Column("hold", Float, nullable=False),
    Column("wrap_up", Float, nullable=False),
    Column("transfers", JSON, nullable=False),
    Column("disposition", NAME, nullable=False),
    Column("ended_by", String(20), nullable=False),
    Column("hung_up", String(20), nullable=False),
    Column("cause", Integer, nullable=False),
    Column("recordings", JSON, nullable=False),
    Column("repeated", Boolean, nullable=False),
)
