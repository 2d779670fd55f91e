"""Look-ups in databases, as `data.yaml` has them: `sql` finds a row, `insert` adds one.

The databases belong to others (a CRM, an ERP). So:

- a select runs on a connection that can't write: SQLite opens the file for reading and
  refuses all else; on PostgreSQL the transaction is `READ ONLY` (and the service's role
  there should be one that may only read);
- values are bound, never pasted, and a name never comes from data: the table is the
  author's word, and its columns are held against the table as it really is;
- it takes as long as `timeout` says, and reads two rows at most: a second one is an
  error, not a choice (with `many` so many rows, and the others are not read);
- what is stored with `once` is stored once: its key stands in a unique column, and the
  insert does nothing where the key is there;
- a secret is looked up only by a source with `verify`, and is never stored; what is
  masked is bound like any other value.

Each failure is a `Trouble` that names the source and the database, and no value.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from sqlalchemy import (
    Executable,
    TableClause,
    column,
    event,
    insert,
    inspect,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ivrflow.db.engine import (
    FAILURES,
    REFUSALS,
    Work,
    database_url,
    prepare_sqlite,
    reason,
    transact,
)
from ivrflow.flow.rows import place, typed
from ivrflow.flow.world import Row, Trouble
from ivrflow.secret import Masked, Secret

if TYPE_CHECKING:
    from ivrflow.flow.site.data import DataSource

T = TypeVar("T")

TIMEOUT = 2.0
"""Seconds for a source that says nothing."""

CONNECTIONS = 4
"""To each database, and as many again for stores."""

BUSY = 1.0
"""Seconds that SQLite itself waits for a lock."""

NO_UNIQUE_INDEX = "42P10"
"""PostgreSQL's code for a conflict with a column that is not unique."""

LONGEST_TEXT = 10_000
BIGGEST = 2**63


@dataclass(frozen=True)
class Engines:
    """The ways into one database: one that can only read, and one for stores."""

    reads: AsyncEngine
    stores: AsyncEngine


class SqlLookups:
    """A flow's `Lookups` for sources with `sql` and `insert`.

    *databases* are the urls by the names that `data.yaml` uses. Nothing is opened
    before the first look-up; `close` closes all, in the loop that used them.
    """

    def __init__(self, databases: Mapping[str, str]) -> None:
        self._engines = {name: _engines(url) for name, url in databases.items()}
        self._columns: dict[tuple[str, str], frozenset[str]] = {}

    async def find(self, source: DataSource, values: Mapping[str, Any]) -> Row | None:
        """Return the one row, typed as `gives` says; None if there is none."""
        rows = await self._rows(source, values, 2)
        if len(rows) > 1:
            raise Trouble(
                f"{place(source)}: more than one row; the select must find one at most"
            )
        return typed(source, rows[0]) if rows else None

    async def find_all(
        self, source: DataSource, values: Mapping[str, Any]
    ) -> Sequence[Row]:
        """Return the first rows, at most `many`, in the order of the select."""
        rows = await self._rows(source, values, int(source.many or 1))
        return tuple(typed(source, row) for row in rows)

    async def _rows(
        self, source: DataSource, values: Mapping[str, Any], most: int
    ) -> list[Mapping[str, Any]]:
        statement = text(str(source.sql))
        bound = _bound(source, statement.compile().params, values)

        async def work(db: AsyncConnection) -> list[Mapping[str, Any]]:
            # Streamed: else the driver would fetch all rows before we take some.
            found = await db.stream(statement, bound)
            rows: list[Mapping[str, Any]] = [
                dict(row) for row in await found.mappings().fetchmany(most)
            ]
            await found.close()
            return rows

        return await self._run(source, self._of(source).reads, work)

    async def store(
        self,
        source: DataSource,
        values: Mapping[str, Any],
        *,
        key: str = "",
        look_first: bool = False,
    ) -> bool:
        """Insert one row, whose columns are the names of *values*.

        False: it was there already: with `once` by its key, else, if *look_first*, as a
        row that has all these values.
        """
        name = str(source.insert)
        row = {name: _plain(source, name, value) for name, value in values.items()}
        if not row:
            raise Trouble(
                f"{place(source)}: nothing to store; `with` gives the columns"
            )
        if source.once is not None:
            row[str(source.once)] = key or secrets.token_hex(16)
        into = table(name, *(column(name) for name in row))

        async def work(db: AsyncConnection) -> bool:
            await self._check_columns(db, source, name, row)
            if source.once is not None:
                stored = await db.execute(_once(db, into, row, str(source.once)))
                return stored.rowcount > 0
            if look_first and await db.scalar(_like(into, row)):
                return False
            await db.execute(insert(into).values(row))
            return True

        # What has a key can be done again: a connection that broke while it committed
        # leaves nobody in doubt.
        tries = 1 if source.once is None else 2
        return await self._run(source, self._of(source).stores, work, tries)

    async def close(self) -> None:
        """Close all connections."""
        for engines in self._engines.values():
            await engines.reads.dispose()
            await engines.stores.dispose()

    def _of(self, source: DataSource) -> Engines:
        name = str(source.database)
        if name not in self._engines:
            known = ", ".join(self._engines) or "none"
            raise Trouble(
                f"{place(source)}: the settings have no database {name!r} (they have "
                f"{known}); give its url there"
            )
        return self._engines[name]

    async def _run(
        self, source: DataSource, engine: AsyncEngine, work: Work[T], tries: int = 1
    ) -> T:
        """Run *work* in a transaction, *tries* times at most, within one timeout."""
        seconds = TIMEOUT if source.timeout is None else float(source.timeout)
        now = asyncio.get_running_loop().time
        until = now() + seconds
        where = f"{place(source)}: database {str(source.database)!r}"
        while True:
            tries -= 1
            try:
                return await transact(engine, work, until - now())
            except TimeoutError:
                raise Trouble(
                    f"{where} did not answer within {seconds:g} s; look whether it is "
                    f"up, and whether the statement needs an index"
                ) from None
            except FAILURES as error:
                if tries <= 0 or isinstance(error, REFUSALS):
                    raise Trouble(f"{where}: {_told(source, error)}") from None

    async def _check_columns(
        self, db: AsyncConnection, source: DataSource, name: str, row: Mapping[str, Any]
    ) -> None:
        key = (str(source.database), name)
        if not row.keys() <= self._columns.get(key, frozenset()):
            # Not known yet, or the table has grown meanwhile.
            self._columns[key] = await db.run_sync(_columns, source, name)
        for unknown in row.keys() - self._columns[key]:
            near = get_close_matches(unknown, self._columns[key], n=1)
            raise Trouble(
                f"{place(source)}: table {name!r} has no column {unknown!r}"
                + (f"; did you mean {near[0]!r}?" if near else "")
            )


def _once(
    db: AsyncConnection, into: TableClause, row: Mapping[str, Any], key: str
) -> Executable:
    """An insert that does nothing where a row has the same *key* column."""
    if db.dialect.name == "postgresql":
        # Here, as it takes long to load: most services have no PostgreSQL.
        from sqlalchemy.dialects import postgresql

        new = postgresql.insert(into).values(row)
        return new.on_conflict_do_nothing(index_elements=[key])
    return sqlite.insert(into).values(row).on_conflict_do_nothing(index_elements=[key])


def _like(into: TableClause, row: Mapping[str, Any]) -> Executable:
    """A select that finds a row with these values."""
    alike = (into.c[name].is_not_distinct_from(value) for name, value in row.items())
    return select(literal(1)).select_from(into).where(*alike).limit(1)


def _told(source: DataSource, error: BaseException) -> str:
    """Why the database failed; of a column for `once` that is not unique, the cure."""
    cause = getattr(error, "orig", None) or error
    if source.once is not None and (
        "ON CONFLICT" in str(cause) or getattr(cause, "sqlstate", "") == NO_UNIQUE_INDEX
    ):
        return (
            f"`once` needs a unique column; make a unique index on "
            f"{source.insert!s} ({source.once!s})"
        )
    return reason(error)


def _columns(connection: Connection, source: DataSource, name: str) -> frozenset[str]:
    try:
        found = inspect(connection).get_columns(name)
    except NoSuchTableError:
        raise Trouble(
            f"{place(source)}: database {str(source.database)!r} has no table {name!r}"
        ) from None
    return frozenset(c["name"] for c in found)


def _engines(url_text: str) -> Engines:
    url = database_url(url_text)
    options = {
        "hide_parameters": True,
        "pool_size": CONNECTIONS,
        "max_overflow": 0,
        # The source's own timeout is the limit that counts.
        "pool_timeout": 30,
    }
    if url.get_backend_name() != "sqlite":
        options["pool_pre_ping"] = True
        reads = create_async_engine(url, **options)

        @event.listens_for(reads.sync_engine, "begin")
        def begun(connection: Connection) -> None:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")

        return Engines(reads, create_async_engine(url, **options))

    def opened(mode: str) -> AsyncEngine:
        # Never created by us: a path with a slip of the pen would be an empty database.
        file = url.set(
            database=f"file:{quote(url.database or '')}",
            query={"mode": mode, "uri": "true"},
        )
        return create_async_engine(file, **options)

    reads, stores = opened("ro"), opened("rw")
    prepare_sqlite(reads, busy=BUSY, ours=False, read_only=True)
    prepare_sqlite(stores, busy=BUSY, ours=False)
    return Engines(reads, stores.execution_options(begin="IMMEDIATE"))


def _bound(
    source: DataSource, wanted: Mapping[str, Any], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values that the select binds; those it does not name stay outside."""
    bound = {}
    for name in wanted:
        value = values.get(name)
        if value is None:
            raise Trouble(
                f"{place(source)}: there is no value for :{name}; `with` must give one "
                f"that is set"
            )
        if isinstance(value, Secret) and source.verify:
            value = value.reveal()
        bound[name] = _plain(source, name, value)
    return bound


def _plain(source: DataSource, name: str, value: Any) -> Any:
    """Return *value* as every driver takes it; raise `Trouble` for what none takes."""
    match value:
        case None | bool():
            return value
        case int() if abs(value) < BIGGEST:
            return int(value)
        case float():
            return value
        case str() if len(value) <= LONGEST_TEXT:
            return str(value)
        case Decimal() if value.is_finite():
            # SQLite has no decimals and its driver takes none; a text becomes a number
            # in a numeric column, and PostgreSQL reads it as one too.
            return format(value, "f")
        case datetime():
            return value.isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Masked():
            return value.reveal()
        case Secret():
            raise Trouble(
                f"{place(source)}: {name!r} is a secret; it can't be stored, and only "
                f"a source with `verify` can look it up"
            )
    raise Trouble(
        f"{place(source)}: {name!r} is no value that a database takes, or is too long"
    )
