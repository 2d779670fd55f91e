"""A database with its tables, for tests in which it has little patience."""

from contextlib import asynccontextmanager

from ivrflow.db.engine import Database
from ivrflow.db.tables import metadata


async def make_tables(url):
    """Make all tables; a slow disk may take its time."""
    database = Database(url)
    await database.write(lambda db: db.run_sync(metadata.create_all))
    await database.close()


@asynccontextmanager
async def database_in(folder, *, limit):
    """The database `ivrflow.db` in *folder*; *limit* is seconds for what is asked."""
    url = f"sqlite:///{folder}/ivrflow.db"
    await make_tables(url)
    database = Database(url, limit=limit)
    try:
        yield database
    finally:
        await database.close()
