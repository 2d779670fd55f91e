"""Trouble with the database: waited for at the start, told of while calls run.

A service that gives up because its disk is full, or because somebody makes a copy of
its database, is started again at once, gives up again, and fills a log with it; and
what it was started for, the calls that Asterisk keeps ringing, does not come nearer.
So it waits, and says what for. Only what somebody has to mend in the settings ends it.

Later on, everybody who needs the database knows how to do without it for a while. What
is left is that somebody hears of it (`DatabaseWatch`): in the log and on the wallboard
at once; letters about it go out when it is back, since they wait in it.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NoReturn, Protocol, TypeVar

from ivrflow.db.engine import Broken, DatabaseAway, Refused, database_url
from ivrflow.db.owner import owned
from ivrflow.db.upgrade import state, upgrade, write
from ivrflow.facts import AlarmCleared, AlarmRaised, Note
from ivrflow.flow.world import Trouble

T = TypeVar("T")

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 5.0
"""Seconds between two tries."""

SAID_EVERY = 60.0
"""Seconds after which it is said again what is waited for."""


ALARM = "database"
"""Its name: the database takes nothing, or its file is gone."""

PATIENCE = 5.0
"""Seconds in which nothing could be stored before an alarm is raised."""

LOOK_EVERY = 1.0
"""Seconds between two looks."""

BUSY = 2.0
"""Seconds that one try waits for a lock."""


@asynccontextmanager
async def ours(
    url: str, *, change: bool = True, wait: bool = False
) -> AsyncIterator[None]:
    """Have the database at *url*, alone and with its tables, while the block runs.

    With *change* the tables are made. A database that can't be used now is waited for;
    one that another service has, with *wait* only. Raises `BadDatabase` for what no
    waiting mends.
    """
    async with AsyncExitStack() as stack:
        await waited_for(lambda: stack.enter_async_context(owned(url, wait=wait)))
        made = upgrade if change else state
        await waited_for(lambda: asyncio.to_thread(made, url, busy=BUSY))
        await waited_for(lambda: asyncio.to_thread(write, url, busy=BUSY))
        yield


async def waited_for(work: Callable[[], Awaitable[T]]) -> T:
    """Do *work* again and again, until the database lets it.

    Raises what no waiting mends: `BadDatabase`, `Broken`, `Refused`.
    """
    loop = asyncio.get_running_loop()
    began, said_at, pause = loop.time(), -math.inf, FIRST_PAUSE
    while True:
        try:
            done = await work()
        except (Refused, Broken):
            raise
        except (DatabaseAway, Trouble) as away:
            if loop.time() - said_at >= SAID_EVERY:
                said_at = loop.time()
                log.error(
                    "%s; the service can't begin without it and waits: callers hear "
                    "ringing, and then the fallback of the dialplan",
                    away,
                )
        else:
            if pause > FIRST_PAUSE:
                log.warning("the database is there, after %.0f s", loop.time() - began)
            return done
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


class Written(Protocol):
    """What is asked of `Records`."""

    @property
    def stalls(self) -> bool:
        """Whether the database takes nothing now."""


class File:
    """The file of a database, to be known again. What is no file is always there."""

    def __init__(self, url: str) -> None:
        where = database_url(url)
        sqlite = where.get_backend_name() == "sqlite"
        self._path = Path(str(where.database)) if sqlite else None
        self._was = self._id()

    def _id(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def is_there(self) -> bool:
        """Whether it is there, and still the same. Blocks."""
        return self._id() == self._was


class DatabaseWatch:
    """Raises the alarm `database` when nothing is stored any more. `run` looks."""

    def __init__(
        self,
        records: Written,
        file: File,
        *,
        clock: Callable[[], float],
        note: Note,
    ) -> None:
        """*clock* is seconds since 1970."""
        self._records = records
        self._file = file
        self._clock = clock
        self._note = note
        self._away_since: float | None = None
        self._raised = False
        self._said_at = -math.inf

    async def run(self) -> NoReturn:
        """Look for ever."""
        while True:
            self.look(is_there=await asyncio.to_thread(self._file.is_there))
            await asyncio.sleep(LOOK_EVERY)

    def look(self, *, is_there: bool = True) -> None:
        """Look once. A file that *is_there* no more is written to in vain, though
        nothing fails: what has it open goes on with what nobody will ever read."""
        now = self._clock()
        if not is_there and now - self._said_at >= SAID_EVERY:
            self._said_at = now
            log.error(
                "the file of the database was deleted or replaced while the service "
                "has it: what is written now is lost; start the service again (no call "
                "ends by that), and stop it before such a change"
            )
        if is_there and not self._records.stalls:
            if self._raised and self._away_since is not None:
                seconds = now - self._away_since
                self._note(
                    AlarmCleared(
                        at=now, alarm=ALARM, queue="", agent="", seconds=seconds
                    )
                )
            self._raised, self._away_since = False, None
            return
        if self._away_since is None:
            self._away_since = now
        seconds = now - self._away_since
        if seconds >= PATIENCE and not self._raised:
            self._raised = True
            self._note(
                AlarmRaised(
                    at=now,
                    alarm=ALARM,
                    queue="",
                    agent="",
                    value=seconds,
                    limit=PATIENCE,
                )
            )
