"""Who changed what: versions of the site, and the audit log."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from ivrflow.db.tables.columns import NAME, metadata

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
