"""A connection to SQLite that lives in a thread of its own, for whole transactions.

Asking a thread for each statement costs more than the statement. Here the thread gets
the transaction: it begins, does all, commits, and only then the loop hears of it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

T = TypeVar("T")


LONGEST_LOG = 4000
"""Pages after which a writer has to bring them into the file itself: a safe end, since
`OneThread.checkpoint` mostly comes before it."""


def pragmas(*, busy: float, ours: bool, read_only: bool) -> Iterator[str]:
    """How a connection to SQLite behaves; it waits *busy* seconds for a lock.

    A file that is not *ours* keeps the kind of log that its owner has given it.
    """
    yield f"busy_timeout = {round(busy * 1000)}"
    yield "foreign_keys = ON"
    if read_only:
        yield "query_only = ON"
    if ours:
        yield f"wal_autocheckpoint = {LONGEST_LOG}"
        yield "journal_mode = WAL"
        yield "synchronous = NORMAL"


class OneThread:
    """One connection, opened when it is first needed, and its thread."""

    def __init__(self, url: URL, *, busy: float, begin: str = "IMMEDIATE") -> None:
        """*busy* is how long SQLite itself waits for a lock, in seconds.

        *begin* is how a transaction begins: DEFERRED where nothing is written.
        """
        self._begin = begin
        self._url = url.set(drivername="sqlite")
        self._busy = busy
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="board")
        self._engine: Engine | None = None
        self._raw: sqlite3.Connection | None = None

    async def run(self, work: Callable[[Connection], T], seconds: float) -> T:
        """Run *work* as one transaction; raise `TimeoutError` after *seconds*.

        It has come to its end then, one way or the other: the statement that runs is
        interrupted, and nothing of the transaction stays. One at a time. Not to be
        cancelled: `finish` it.
        """
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._thread, self._whole, work)
        await asyncio.wait([running], timeout=seconds)
        late = not running.done()
        while not running.done():
            # Again and again: it may not have begun.
            if self._raw is not None:
                self._raw.interrupt()
            await asyncio.wait([running], timeout=0.05)
        if late and running.exception() is not None:
            raise TimeoutError
        return running.result()

    def checkpoint(self) -> None:
        """Have what the log holds brought into the file, soon, beside the writers.

        SQLite lets the writer do that to whom it falls due, a hundredth of all: and for
        the disk's ten or twenty milliseconds nobody else's phone rings.
        """
        self._thread.submit(self._checkpoint)

    def _checkpoint(self) -> None:
        if self._engine is None:
            self._engine = self._opened()
        with suppress(SQLAlchemyError, sqlite3.Error), self._engine.connect():
            if self._raw is not None:
                self._raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _whole(self, work: Callable[[Connection], T]) -> T:
        if self._engine is None:
            self._engine = self._opened()
        with self._engine.begin() as connection:
            return work(connection)

    def _opened(self) -> Engine:
        engine = create_engine(
            self._url,
            hide_parameters=True,
            poolclass=StaticPool,
            # It is interrupted and closed from another thread than that of its own.
            connect_args={"check_same_thread": False},
        )

        @event.listens_for(engine, "connect")
        def connected(raw: sqlite3.Connection, _: object) -> None:
            raw.isolation_level = None
            for pragma in pragmas(busy=self._busy, ours=True, read_only=False):
                raw.execute(f"PRAGMA {pragma}")
            self._raw = raw

        @event.listens_for(engine, "begin")
        def begun(connection: Any) -> None:
            connection.exec_driver_sql(f"BEGIN {self._begin}")

        return engine

    def close(self) -> None:
        """Close the connection. Nothing must run any more, but a checkpoint."""
        self._thread.shutdown(cancel_futures=True)
        if self._engine is not None:
            self._engine.dispose()
        self._raw = None
