"""The open database: how we read it, how we write it, and what its failures mean.

Everything else in this room says *what* to read and write; this module knows how to do
it without hurting anyone:

- Whatever goes wrong becomes `Trouble` with a cure, within `LIMIT` seconds. It never
  quotes values: what a caller has entered stays out of messages and logs.
- A write is one transaction that comes to its end even when the call that asked for it
  is hung up meanwhile. So nobody has to wonder whether a half of it happened.
- SQLite takes one writer at a time. Its own waiting is a sleep of up to 100 ms, so
  writers queue here, in the order in which they came; SQLite's waiting is only for
  other programs that have the file open.

SQLite runs with a write-ahead log, so that readers and the writer don't disturb each
other, and with `synchronous=NORMAL`: what is committed survives the end of this
process, however sudden; a power cut may cost the last moments before it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    ProgrammingError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ivrflow.aio import finish
from ivrflow.db.one_thread import OneThread, pragmas
from ivrflow.flow.world import Trouble

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]
"""What is done inside one transaction."""

LIMIT = 5.0
"""Seconds that a caller waits for the database at most."""

CHECKPOINT = 64
"""Transactions of `Database.write_at_once` from one checkpoint to the next."""

POOL = 5
"""Connections kept; each is a thread with SQLite."""

# At its debug level aiosqlite logs each statement with the values that go with it: card
# numbers among them. No setting of ours may ever turn that on.
logging.getLogger("aiosqlite").setLevel(logging.INFO)

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
"""The driver for each kind of database that we work with."""

FAILURES = (SQLAlchemyError, sqlite3.Error, OSError, UnicodeError, OverflowError)
"""What a database that is away, full, locked or given nonsense raises."""


REFUSALS = (IntegrityError, DataError, ProgrammingError, UnicodeError, OverflowError)
"""What a database raises that is well, but does not take what it was given."""


class Refused(Trouble):
    """The database is there, and does not take this: trying again is of no use."""


class Broken(Trouble):
    """The database is damaged, or lacks its tables: no waiting mends that."""


class BadDatabase(Exception):
    """The database can't be used as it is set up. Says which, why, what to do."""


class DatabaseAway(BadDatabase):
    """It can't be used now: locked, full, read-only, not there. It may be later."""


def database_url(text: str) -> URL:
    """Return *text*, such as `sqlite:////var/lib/ivrflow/ivrflow.db`, with its driver.

    Raises `BadDatabase`.
    """
    try:
        url = make_url(text)
        kind = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        kind = ""
    if kind not in DRIVERS:
        raise BadDatabase(
            "this is no url of a database: write sqlite:////absolute/path.db or "
            "postgresql://user@host/name"
        )
    if kind == "sqlite" and url.database in (None, "", ":memory:"):
        raise BadDatabase(
            "a database in memory can't be shared by several connections; "
            "write sqlite:////absolute/path.db"
        )
    return url.set(drivername=DRIVERS[kind])


def database_file(text: str) -> Path | None:
    """The file of the database at that url; None: it is none. Raises `BadDatabase`."""
    url = database_url(text)
    sqlite = url.get_backend_name() == "sqlite"
    return Path(str(url.database)) if sqlite else None


def shown(url: URL) -> str:
    """Return *url* for people: without its password, and without the driver."""
    return url.set(drivername=url.get_backend_name()).render_as_string()


class Database:
    """One database, open. `close` it in the loop that used it."""

    def __init__(
        self, url: str, *, limit: float = LIMIT, read_only: bool = False
    ) -> None:
        """*read_only*: nothing is changed, and no file is made that is not there.

        Raises `BadDatabase`.
        """
        self.url = database_url(url)
        self.name = shown(self.url)
        self.limit = limit
        self.engine = create_async_engine(
            self.url,
            hide_parameters=True,
            pool_size=POOL,
            max_overflow=0,
            pool_timeout=limit,
        )
        self._writers = self.engine
        self._turn = asyncio.Semaphore(POOL)
        self._thread: OneThread | None = None
        self._reader: OneThread | None = None
        self._reads = asyncio.Lock()
        self._written = 0
        if self.url.get_backend_name() == "sqlite":
            if read_only and not Path(self.url.database or "").is_file():
                raise BadDatabase(f"{self.name}: there is no such file")
            # Shorter than our own limit, so that SQLite itself says what the matter is.
            prepare_sqlite(
                self.engine,
                busy=limit * 0.8,
                ours=not read_only,
                read_only=read_only,
            )
            self._writers = self.engine.execution_options(begin="IMMEDIATE")
            self._turn = asyncio.Semaphore(1)
            if not read_only:
                self._thread = OneThread(self.url, busy=limit * 0.8)
                self._reader = OneThread(self.url, busy=limit * 0.8, begin="DEFERRED")

    async def read(self, work: Work[T]) -> T:
        """Return what *work* reads. Raises `Trouble`. Cancelling ends the statement."""
        return await self._run(self.engine, work)

    async def write(self, work: Work[T]) -> T:
        """Run *work* as one transaction and return its result. Raises `Trouble`.

        If it fails, nothing of it stays. Cancelling is noticed before it begins or
        after it ended, not within.
        """
        try:
            async with asyncio.timeout(self.limit):
                await self._turn.acquire()
        except TimeoutError:
            raise Trouble(self._message("it has been busy for too long")) from None
        try:
            return await finish(self._run(self._writers, work))
        finally:
            self._turn.release()

    async def write_at_once(self, work: Callable[[Connection], T]) -> T:
        """As `write`, for a *work* that waits for nothing but the database.

        With SQLite the whole transaction runs in one thread, without a word to the loop
        in between: several times as fast, and no other task is waited for.
        """
        if self._thread is None:
            return await self.write(lambda db: db.run_sync(work))
        try:
            async with asyncio.timeout(self.limit):
                await self._turn.acquire()
        except TimeoutError:
            raise Trouble(self._message("it has been busy for too long")) from None
        try:
            return await finish(self._told(self._thread.run(work, self.limit)))
        finally:
            self._turn.release()
            self._written += 1
            if self._written % CHECKPOINT == 0 and self._reader is not None:
                self._reader.checkpoint()

    async def read_at_once(self, work: Callable[[Connection], T]) -> T:
        """As `read`, for a *work* that waits for nothing but the database.

        With SQLite it runs in a thread, and so does what it makes of the rows:
        thousands of them don't hold up the loop.
        """
        if self._reader is None:
            return await self.read(lambda db: db.run_sync(work))
        async with self._reads:
            return await finish(self._told(self._reader.run(work, self.limit)))

    async def _run(self, engine: AsyncEngine, work: Work[T]) -> T:
        return await self._told(transact(engine, work, self.limit))

    async def _told(self, work: Awaitable[T]) -> T:
        """Await *work*; say with `Trouble` what went wrong."""
        try:
            return await work
        except TimeoutError:
            # `from None` everywhere: a driver's error may quote values.
            raise Trouble(self._message("it did not answer in time")) from None
        except REFUSALS as error:
            raise Refused(self._message(reason(error))) from None
        except FAILURES as error:
            raise _kind(error)(self._message(reason(error))) from None

    def _message(self, why: str) -> str:
        return f"the database {self.name}: {why}"

    async def close(self) -> None:
        """Close all connections."""
        for thread in (self._thread, self._reader):
            if thread is not None:
                thread.close()
        await self.engine.dispose()


async def transact(engine: AsyncEngine, work: Work[T], seconds: float) -> T:
    """Run *work* as one transaction, *seconds* at most; raise TimeoutError.

    When the time is over, or whoever asked is cancelled, the statement is ended too.
    With SQLite it runs in a thread that knows nothing of cancelling, and a rollback
    would wait behind it: so it is interrupted first.
    """
    driver: Any = None

    async def whole() -> T:
        nonlocal driver
        async with engine.begin() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            return await work(connection)

    async def stop() -> None:
        task.cancel()
        while not task.done():
            # Again and again: it may wait in the thread's queue and not have begun.
            if hasattr(driver, "interrupt"):
                with suppress(ValueError):  # closed meanwhile
                    await driver.interrupt()
            await asyncio.wait([task], timeout=0.05)
        if not task.cancelled():
            task.exception()  # seen: it says that it was interrupted

    task = asyncio.get_running_loop().create_task(whole())
    try:
        async with asyncio.timeout(seconds):
            await asyncio.wait([task])
    except BaseException:
        await finish(stop())
        raise
    return task.result()


def prepare_sqlite(
    engine: AsyncEngine, *, busy: float, ours: bool = True, read_only: bool = False
) -> None:
    """Make the connections of *engine* behave; wait *busy* seconds for a lock.

    A file that is not *ours* keeps the kind of log that its owner has given it.
    """

    @event.listens_for(engine.sync_engine, "do_connect")
    def connecting(_: object, __: object, ___: object, options: Any) -> None:
        options["async_creator_fn"] = _opened

    @event.listens_for(engine.sync_engine, "connect")
    def connected(raw: Any, _: object) -> None:
        # From here on transactions begin and end where we say so: Python's own way
        # begins them late, so that a read before a write would not be protected.
        raw.isolation_level = None
        cursor = raw.cursor()
        for pragma in pragmas(busy=busy, ours=ours, read_only=read_only):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Connection) -> None:
        # A writer says so at once: one that finds out later, after it has read, is
        # refused if someone else wrote meanwhile.
        mode = connection.get_execution_options().get("begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")


async def _opened(*given: Any, **options: Any) -> aiosqlite.Connection:
    """Open a file; if that fails, wait for the end of the thread that has tried.

    It tells its loop that it ends. In a command that ends at once, too, the loop would
    be closed by then, and the thread would end with a trace on the screen.
    """
    connection = aiosqlite.connect(*given, **options)
    # Not waited for at the end of the program, whatever it does then.
    connection._thread.daemon = True
    try:
        return await connection
    except BaseException:
        await finish(asyncio.to_thread(connection._thread.join, 1.0))
        raise


CURES = (
    ("locked", "another program keeps it locked; find out which (`fuser` on the file)"),
    ("readonly", "it can't be written; check the rights of the file and its folder"),
    ("full", "the disk is full; make room"),
    ("unable to open", "it can't be opened; check the path, the folder and its rights"),
    ("no such table", "bring it up to date with `ivrflow db upgrade`"),
    ("malformed", "the file is damaged; bring back a copy"),
    ("not a database", "the file is no SQLite database; check the path"),
    ("disk i/o", "the disk fails; look at the kernel's log"),
)


LASTING = ("no such table", "malformed", "not a database")
"""Signs of what no waiting mends."""


def _kind(error: BaseException) -> type[Trouble]:
    """What one of `FAILURES` is for those who must choose whether to wait."""
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return Refused  # it never came to the database: no column can hold that value
    return Trouble if passes(error) else Broken


def passes(error: BaseException) -> bool:
    """Whether what the database raised may be over by itself some time."""
    cause = getattr(error, "orig", None) or error
    if isinstance(error, REFUSALS) and not isinstance(cause, sqlite3.OperationalError):
        return False
    told = str(cause).lower()
    return not any(sign in told for sign in LASTING)


def reason(error: BaseException) -> str:
    """Say in words why the database failed, with a cure, and without any value."""
    if isinstance(error, NoConnectionFree):
        return "all connections are busy"
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite3.OperationalError):
        # These name tables, columns and places in the SQL; never what is bound to it.
        told = str(cause)
        cure = next((cure for sign, cure in CURES if sign in told.lower()), "")
        return f"{told}; {cure}" if cure else told
    if isinstance(cause, sqlite3.DatabaseError):
        told = str(cause).lower()
        cure = next((cure for sign, cure in CURES if sign in told), "")
        if cure:
            return cure
    code = getattr(cause, "sqlstate", None)
    return f"{type(cause).__name__} {code}" if code else type(cause).__name__
