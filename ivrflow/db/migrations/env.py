"""What Alembic runs to upgrade a database: see `ivrflow.db.upgrade`, its only caller.

The connection comes from there, inside one transaction that the caller ends: a database
is upgraded whole, or not at all.
"""

from __future__ import annotations

from alembic import context

from ivrflow.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can't change a column: Alembic then copies the table.
    render_as_batch=True,
)
context.run_migrations()
