"""Brings a database to the tables that this version of the code needs.

It blocks: the service runs it in a thread at its start, before anything else uses the
database. It uses the same database through its synchronous driver, because Alembic is
synchronous, and because a start need not share the loop with anything yet.

The whole upgrade is one transaction that begins with the right to write: two services
that start at once take turns, and a failure half-way leaves the database as it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from ivrflow.db.engine import BadDatabase, database_url, reason, shown
from ivrflow.db.tables import metadata

MIGRATIONS = "ivrflow.db:migrations"
BUSY_MS = 30_000
"""How long to wait for another service that upgrades the same database."""


@dataclass(frozen=True)
class State:
    """Where a database stands: the names of revisions, "" for an empty database."""

    url: str
    revision: str
    newest: str

    @property
    def up_to_date(self) -> bool:
        return self.revision == self.newest


def upgrade(url: str) -> State:
    """Bring the database at *url* up to date; return where it was before.

    A database that is not there yet is made. Raises `BadDatabase`: it can't be reached
    or changed, or a newer version of this program has made it.
    """
    with _open(url, writing=True) as connection:
        config = _config(connection)
        was = _state(url, connection, config)
        if not was.up_to_date:
            command.upgrade(config, "head")
    return was


def state(url: str) -> State:
    """Return where the database at *url* stands; raises `BadDatabase`."""
    with _open(url, writing=False) as connection:
        return _state(url, connection, _config(connection))


def damage(url: str) -> list[str]:
    """Return what is wrong with an up-to-date database: [] if nothing is.

    Compares its tables with those of the code; with SQLite looks through the file too,
    which takes about a second per gigabyte.
    """
    with _open(url, writing=False) as connection:
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


def _state(url: str, connection: Connection, config: Config) -> State:
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
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.attributes["connection"] = connection
    return config


@contextmanager
def _open(url: str, *, writing: bool) -> Iterator[Connection]:
    """One transaction on the database; its errors become `BadDatabase`."""
    where = database_url(url)
    if where.get_backend_name() == "sqlite":
        where = where.set(drivername="sqlite")
    engine = create_engine(where, poolclass=NullPool, hide_parameters=True)
    if where.get_backend_name() == "sqlite":
        _prepare(engine, "IMMEDIATE" if writing else "DEFERRED")
    try:
        with engine.begin() as connection:
            yield connection
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise BadDatabase(f"the database {shown(where)}: {reason(error)}") from error
    finally:
        engine.dispose()


def _prepare(engine: Any, mode: str) -> None:
    @event.listens_for(engine, "connect")
    def connected(raw: sqlite3.Connection, _: object) -> None:
        raw.isolation_level = None
        raw.execute(f"PRAGMA busy_timeout = {BUSY_MS}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {mode}")
