"""What all tables share: their metadata, and the types of their columns."""

from __future__ import annotations

from sqlalchemy import MetaData, String, text

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

LIVE = text("ended IS NULL")
"""Of an offer: it is not over."""

ALONE = text("ended IS NULL AND alone")
"""Of an offer: no other phone may ring for its call."""

CONNECTED = text("ended IS NULL AND connected IS NOT NULL")
"""Of an offer: the two talk."""
