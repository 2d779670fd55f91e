"""Closes the calls that services of before left open when they died.

From now on a call that is open and not in Asterisk ended when the last service did. Of
those that are open since some death of a year ago that would be far from true: they
ended, as far as anybody knows, with the last that was told of them.

Revision: 0012, after 0011.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SILENT = 3600.0
"""Seconds before the last fact of all, in which nothing was told of a call: it may have
been up for so long, and is then left to the service."""


def upgrade() -> None:
    facts = sa.table("facts", sa.column("call"), sa.column("at"), sa.column("id"))
    marks = sa.table("call_bookmarks", sa.column("call"))
    calls = sa.table(
        "calls",
        sa.column("id"),
        sa.column("started"),
        sa.column("ended"),
        sa.column("by"),
        sa.column("cause"),
    )
    last = sa.select(sa.func.max(facts.c.id)).scalar_subquery()
    newest = sa.select(facts.c.at).where(facts.c.id == last).scalar_subquery()
    told = sa.func.coalesce(
        sa.select(sa.func.max(facts.c.at))
        .where(facts.c.call == calls.c.id)
        .scalar_subquery(),
        calls.c.started,
    )
    op.execute(
        sa.update(calls)
        .where(
            calls.c.ended.is_(None),
            calls.c.id.not_in(sa.select(marks.c.call)),
            told < newest - SILENT,
        )
        .values(ended=told, by="outage", cause=0)
    )


def downgrade() -> None:
    """What is closed stays so."""
