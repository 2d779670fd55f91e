"""Where calls stand, and which were up when the last service died.

Bookmarks are written by `Records`, with the facts before them; here they are read. What
stands in them is for the flow to check: a row is no proof of who has written it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from sqlalchemy import Connection, func, insert, select, update

from ivrflow.db.engine import Database
from ivrflow.db.records import Records
from ivrflow.db.tables import asterisks, call_bookmarks, calls, facts
from ivrflow.flow.world import Trouble

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class OpenCall:
    """A call of whose end nobody has told. *started* is in seconds since 1970."""

    call: str
    started: float
    flow: str
    bookmark: str = ""
    """"" where none was kept: it had not come to a step that acts."""


@dataclass(frozen=True, kw_only=True)
class Before:
    """What is known of the service of before, and of its Asterisk."""

    startup_time: str = ""
    """Which Asterisk it had; "" if it never had one."""
    alive: float = 0.0
    """When it last told something, or had its Asterisk before it."""


@dataclass(frozen=True)
class Open:
    """The calls that the database has as open, by id."""

    calls: Mapping[str, OpenCall] = field(default_factory=dict)
    bookmarks: Mapping[str, str] = field(default_factory=dict)
    """Call -> bookmark: also of one that ended and came back."""


class SqlBookmarks:
    """The bookmarks of a service: what flows keep, and what adoption reads."""

    def __init__(self, records: Records, database: Database) -> None:
        self._database = database
        self.keep = records.keep

    async def of(self, calls: Collection[str]) -> Mapping[str, str]:
        """The bookmarks of these calls; {} and a line in the log where the database is
        away."""

        def work(db: Connection) -> dict[str, str]:
            # Of these alone: hundreds of callers may be brought back one by one.
            theirs = call_bookmarks.c.call.in_(calls)
            query = select(call_bookmarks.c.call, call_bookmarks.c.text).where(theirs)
            return {row.call: row.text for row in db.execute(query)}

        try:
            return await self._database.read_at_once(work)
        except Trouble as trouble:
            log.warning("bookmarks are those of the channels alone: %s", trouble)
            return {}

    async def open(self) -> Open:
        """All calls that are open, and all bookmarks. Raises `Trouble`."""

        def work(db: Connection) -> Open:
            texts = {
                row.call: row.text
                for row in db.execute(
                    select(call_bookmarks.c.call, call_bookmarks.c.text)
                )
            }
            # Sorted here: SQLite would go through all calls that ever were, by the
            # index of their times, instead of taking the few that are open.
            rows = sorted(
                db.execute(
                    select(calls.c.id, calls.c.started, calls.c.flow).where(
                        calls.c.ended.is_(None)
                    )
                ),
                key=attrgetter("started"),
            )
            return Open(
                {
                    row.id: OpenCall(
                        call=row.id,
                        started=row.started,
                        flow=row.flow,
                        bookmark=texts.get(row.id, ""),
                    )
                    for row in rows
                },
                texts,
            )

        return await self._database.read_at_once(work)

    async def before(self, app: str) -> Before:
        """What the last service has left for the Asterisk of *app*. Raises
        `Trouble`."""

        def work(db: Connection) -> Before:
            last = select(func.max(facts.c.id)).scalar_subquery()
            told = db.scalar(select(facts.c.at).where(facts.c.id == last)) or 0.0
            row = db.execute(select(asterisks).where(asterisks.c.app == app)).first()
            if row is None:
                return Before(alive=told)
            return Before(startup_time=row.startup_time, alive=max(told, row.seen))

        return await self._database.read_at_once(work)

    async def seen(self, app: str, startup_time: str, now: float) -> None:
        """Note that we have this Asterisk before us. A database that is away is told
        by others: then the next time counts."""
        new = {"startup_time": startup_time[:80], "seen": now}

        def work(db: Connection) -> None:
            this = update(asterisks).where(asterisks.c.app == app).values(new)
            if db.execute(this).rowcount == 0:
                db.execute(insert(asterisks).values(app=app, **new))

        try:
            await self._database.write_at_once(work)
        except Trouble as trouble:
            log.debug("not noted that Asterisk is there: %s", trouble)
