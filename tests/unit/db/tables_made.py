"""A database with its tables, for tests whose own `Database` has little patience."""

from ivrflow.db.engine import Database
from ivrflow.db.tables import metadata


async def make_tables(url):
    """Make all tables; a slow disk may take its time."""
    database = Database(url)
    await database.write(lambda db: db.run_sync(metadata.create_all))
    await database.close()
