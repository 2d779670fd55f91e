"""The supervisors' part of the service, put together: doors, tokens, events, alarms.

`run` makes one, before the calls' world, which wants the doors; what looks at the floor
comes when the floor is there (`watch`).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from ivrflow.acd.desk import Desk
from ivrflow.acd.doors import Doors
from ivrflow.acd.watch import Alarm
from ivrflow.aio import supervise
from ivrflow.config import BadConfig, Settings
from ivrflow.console.alarms import AlarmRoutes
from ivrflow.console.asking import Part
from ivrflow.console.events import EventRoutes, Events
from ivrflow.console.floor import SiteFloor
from ivrflow.console.queues import Floor, QueueRoutes
from ivrflow.console.supervising import SupervisorRoutes
from ivrflow.console.tokens import TokenRoutes
from ivrflow.console.who import People
from ivrflow.db.audit import Ledger
from ivrflow.db.callbacks import SqlCallbacks
from ivrflow.db.doors import SqlDoors
from ivrflow.db.engine import Database
from ivrflow.db.stream import SqlFacts
from ivrflow.db.switches import SqlSwitches
from ivrflow.db.tokens import SqlTokens
from ivrflow.db.work import SqlWork
from ivrflow.facts import Fact, Note
from ivrflow.flow.outbound import DialGuard
from ivrflow.flow.site import Site
from ivrflow.flow.world import Outbox, Trouble
from ivrflow.hashing import Hasher
from ivrflow.service.alarms import Alarms, Levels, Recipients, Watched

REMEMBERED = 7 * 86_400.0
"""Seconds for which an alarm is remembered that was never cleared."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The rest of the service, as supervisors see it. *site* is the live version."""

    site: Callable[[], Site]
    desk: Desk
    switches: SqlSwitches
    callbacks: SqlCallbacks
    work: SqlWork
    levels: Levels
    outbox: Outbox
    dials: DialGuard


class Supervision:
    """Doors and tokens at once, the rest after `watch`. *clock*: seconds since 1970."""

    def __init__(
        self,
        database: Database,
        hasher: Hasher,
        *,
        clock: Callable[[], float],
        time: Callable[[], datetime],
        note: Note,
    ) -> None:
        """*time* is the wall clock of the site."""
        self._clock, self._time, self._note = clock, time, note
        self.doors = Doors(
            SqlDoors(database, time), clock=clock, note=note, away=Trouble
        )
        self.tokens = SqlTokens(database, hasher)
        self.ledger = Ledger(database, clock)
        self.events = Events()
        self._facts = SqlFacts(database)
        self._alarms: Alarms | None = None
        self._seen: Seen | None = None

    async def began(self) -> None:
        """Read what was done before; raises `Trouble`."""
        await self.doors.began()
        await self.tokens.refresh()

    async def watch(self, seen: Seen, settings: Settings) -> None:
        """Look at the floor from now on. Raises `Trouble`, `BadConfig`."""
        self._seen = seen
        self._alarms = Alarms(
            Watched(
                site=seen.site,
                desk=seen.desk,
                doors=self.doors,
                switches=seen.switches,
                levels=seen.levels,
                promises=seen.callbacks,
                work=seen.work,
            ),
            seen.outbox,
            _told(settings),
            clock=self._clock,
            note=self._note,
        )
        since = self._clock() - REMEMBERED
        self._alarms.began(await self._facts.alarms(since))

    def note(self, fact: Fact) -> None:
        """Hear every fact: a `Note`."""
        self.events.note(fact)
        if self._alarms is not None:
            self._alarms.note(fact)

    def people(self) -> People:
        """Whose tokens there are, and who leads whom."""
        seen = self._there()
        floor = SiteFloor(seen.site, lambda: seen.desk.agents)
        return People(self.tokens, floor, self._clock)

    def parts(self) -> Sequence[Part]:
        """The API's parts for supervisors."""
        seen = self._there()
        floor = Floor(
            site=seen.site,
            desk=seen.desk,
            doors=self.doors,
            levels=seen.levels,
            promises=seen.callbacks,
            work=seen.work,
            alarms=self.standing,
            dials=seen.dials if seen.dials.dials else None,
            clock=self._time,
        )
        return (
            QueueRoutes(floor),
            SupervisorRoutes(seen.site, seen.desk, self.ledger),
            AlarmRoutes(self.standing, self._time),
            TokenRoutes(seen.site, self.tokens, self._clock),
            EventRoutes(self.events, self._facts),
        )

    def works(self) -> Sequence[Coroutine[Any, Any, NoReturn]]:
        """What runs beside the calls."""
        assert self._alarms is not None
        return (
            supervise("doors", self.doors.run),
            supervise("tokens", self.tokens.run),
            supervise("alarms", self._alarms.run),
        )

    def _there(self) -> Seen:
        assert self._seen is not None, "`watch` comes first"
        return self._seen

    def standing(self) -> Mapping[Alarm, float]:
        """The alarms that stand, each with the time at which it was raised."""
        return {} if self._alarms is None else self._alarms.standing


def _told(settings: Settings) -> Recipients:
    said = settings.alarms
    if said is None:
        return Recipients()
    if said.mail and settings.smtp is None:
        raise BadConfig("alarms: mail needs a mail server: give the settings smtp:")
    return Recipients(webhook=str(said.webhook or ""), mail=tuple(map(str, said.mail)))
