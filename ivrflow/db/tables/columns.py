"""What all tables share: their metadata, and the types of their columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, MetaData, String, event, text

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

OPEN = text("ended IS NULL")
"""Of a call: nobody has told that it is over."""

LIVE = text("ended IS NULL")
"""Of an offer: it is not over."""

ALONE = text("ended IS NULL AND alone")
"""Of an offer: no other phone may ring for its call."""

CONNECTED = text("ended IS NULL AND connected IS NOT NULL")
"""Of an offer: the two talk."""


def conditions_on_postgresql() -> None:
    """Give the partial indexes their conditions there too.

    Not when they are made: that would load all that SQLAlchemy knows of PostgreSQL, a
    tenth of a second of each start, whatever database there is.
    """
    for table in metadata.tables.values():
        for index in table.indexes:
            condition = index.dialect_options["sqlite"]["where"]
            index.dialect_options["postgresql"]["where"] = condition


@event.listens_for(metadata, "before_create")
def _before_create(_: object, connection: Connection, **__: Any) -> None:
    if connection.dialect.name == "postgresql":
        conditions_on_postgresql()
