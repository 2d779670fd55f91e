"""Brings a database to the tables that this version of the code needs.

It blocks: the service runs it in a thread at its start, before anything else uses the
database. It uses the same database through its synchronous driver, because Alembic is
synchronous, and because a start need not share the loop with anything yet.

The whole upgrade is one transaction that begins with the right to write: two services
that start at once take turns, and a failure half-way leaves the database as it was.

Most starts find nothing to do, and callers wait for each of them: so that is found out
without Alembic, which takes a fifth of a second of a processor to be there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from ivrflow.db.engine import (
    BadDatabase,
    DatabaseAway,
    database_url,
    passes,
    reason,
    shown,
)
from ivrflow.db.tables import metadata
from ivrflow.db.tables.columns import conditions_on_postgresql

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = "ivrflow.db:migrations"
BUSY = 30.0
"""Seconds to wait for another program that upgrades the same database."""


@dataclass(frozen=True)
class State:
    """Where a database stands: the names of revisions, "" for an empty database."""

    url: str
    revision: str
    newest: str

    @property
    def up_to_date(self) -> bool:
        return self.revision == self.newest


def upgrade(url: str, *, busy: float = BUSY) -> State:
    """Bring the database at *url* up to date; return where it was before.

    A database that is not there yet is made. Another program that has it locked is
    waited for, *busy* seconds at most. Raises `DatabaseAway` if it can't be reached or
    changed now, `BadDatabase` if a newer version of this program has made it.
    """
    if (already := _up_to_date(url, busy)) is not None:
        return already
    from alembic import command

    with _open(url, writing=True, busy=busy) as connection:
        config = _config(connection)
        was = _state(url, connection, config)
        if not was.up_to_date:
            command.upgrade(config, "head")
    return was


def state(url: str, *, busy: float = BUSY) -> State:
    """Return where the database at *url* stands; raises as `upgrade`."""
    if (already := _up_to_date(url, busy)) is not None:
        return already
    with _open(url, writing=False, busy=busy) as connection:
        return _state(url, connection, _config(connection))


def write(url: str, *, busy: float = BUSY) -> None:
    """Write something that changes nothing, or raise `DatabaseAway`.

    Who only reads does not see that a database is locked, or its disk full.
    """
    with _open(url, writing=True, busy=busy) as connection:
        if connection.dialect.name == "sqlite":
            number = int(connection.execute(text("PRAGMA user_version")).scalar_one())
            connection.exec_driver_sql(f"PRAGMA user_version = {number}")


def damage(url: str) -> list[str]:
    """Return what is wrong with an up-to-date database: [] if nothing is.

    Compares its tables with those of the code; with SQLite looks through the file too,
    which takes about a second per gigabyte.
    """
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with _open(url, writing=False) as connection:
        if connection.dialect.name == "postgresql":
            conditions_on_postgresql()
        found = [
            f"differs from this version's tables: {' '.join(map(str, change[:2]))}"
            for change in compare_metadata(
                MigrationContext.configure(connection), metadata
            )
        ]
        if connection.dialect.name == "sqlite":
            told = connection.execute(text("PRAGMA integrity_check")).scalars().all()
            found += [f"the file is damaged: {line}" for line in told if line != "ok"]
    return found


def newest() -> str:
    """The newest revision there is: they are a chain, and their files are numbered."""
    files = Path(__file__).with_name("migrations").joinpath("versions").glob("*_*.py")
    return max(file.name.partition("_")[0] for file in files)


def _up_to_date(url: str, busy: float) -> State | None:
    """Where a database stands that needs nothing; None: look closer."""
    with _open(url, writing=False, busy=busy) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        query = text("SELECT version_num FROM alembic_version")
        found = connection.execute(query).scalars().all()
    head = newest()
    return State(shown(database_url(url)), head, head) if found == [head] else None


def _state(url: str, connection: Connection, config: Config) -> State:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(config)
    here = MigrationContext.configure(connection).get_current_revision() or ""
    name = shown(database_url(url))
    known = {script.revision for script in scripts.walk_revisions()}
    if here and here not in known:
        raise BadDatabase(
            f"the database {name} was made by a newer ivrflow (its revision {here} is "
            f"not known here); start that version again, or bring back the copy from "
            f"before its upgrade"
        )
    return State(name, here, scripts.get_current_head() or "")


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.attributes["connection"] = connection
    return config


@contextmanager
def _open(url: str, *, writing: bool, busy: float = BUSY) -> Iterator[Connection]:
    """One transaction on the database; its errors become `BadDatabase`."""
    where = database_url(url)
    if where.get_backend_name() == "sqlite":
        where = where.set(drivername="sqlite")
    engine = create_engine(where, poolclass=NullPool, hide_parameters=True)
    if where.get_backend_name() == "sqlite":
        _prepare(engine, "IMMEDIATE" if writing else "DEFERRED", busy)
    try:
        with engine.begin() as connection:
            yield connection
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        kind = DatabaseAway if passes(error) else BadDatabase
        raise kind(f"the database {shown(where)}: {reason(error)}") from error
    finally:
        engine.dispose()


def _prepare(engine: Any, mode: str, busy: float) -> None:
    @event.listens_for(engine, "connect")
    def connected(raw: sqlite3.Connection, _: object) -> None:
        raw.isolation_level = None
        raw.execute(f"PRAGMA busy_timeout = {round(busy * 1000)}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {mode}")
