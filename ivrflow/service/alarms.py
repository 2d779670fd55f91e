"""Watches the floor, and tells whom the settings name.

Which alarms there are, and when one begins and ends, is `acd.watch`'s. Here is who
looks (every few seconds), what it looks at, and who hears of it: the log, and through
the outbox a webhook and mailboxes. A letter is tried again until it is taken, and comes
once for a beginning and once for an end; a restart rings no bell a second time.

Alarms that others raise, such as a break over its quota, go the same way: every fact
comes by here.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, Protocol

from ivrflow.acd.desk import Desk
from ivrflow.acd.doors import Doors
from ivrflow.acd.watch import Alarm, Level, Limits, Moment, Watch
from ivrflow.facts import AlarmCleared, AlarmRaised, Fact, Note
from ivrflow.flow.site import Site
from ivrflow.flow.taking import takes_callers
from ivrflow.flow.world import Letter, Outbox, Switches, Trouble
from ivrflow.telling import told

log = logging.getLogger("ivrflow.alarms")

LOOK_EVERY = 5.0
"""Seconds between two looks."""

LATE_EVERY = 30.0
"""Seconds between two looks into the database for promises that are late."""

UNTOLD = 1_000
"""Letters that wait for the outbox while the database is away."""

WEBHOOK = "alarm"
"""The channel of the outbox: the settings' own address, not one of the site's hosts."""


class Levels(Protocol):
    """Service levels of the last hour."""

    def service_level(self, queue: str, seconds: float, now: float) -> tuple[int, int]:
        """Callers answered in time, and all that count, in the last *seconds*."""


class Promises(Protocol):
    """Callbacks, or messages that are work."""

    async def overdue(self, now: float) -> Mapping[str, tuple[int, float]]:
        """Queue -> how many are late, and the oldest one's seconds. `Trouble`."""


@dataclass(frozen=True, kw_only=True)
class Recipients:
    """Who is told, as the settings have it."""

    webhook: str = ""
    mail: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What is looked at."""

    site: Callable[[], Site]
    desk: Desk
    doors: Doors
    switches: Switches
    levels: Levels
    promises: Promises
    work: Promises


class Alarms:
    """The loop. *clock* is seconds since 1970."""

    def __init__(
        self,
        watched: Watched,
        outbox: Outbox,
        to: Recipients,
        *,
        clock: Callable[[], float],
        note: Note,
    ) -> None:
        self._watched = watched
        self._outbox = outbox
        self._to = to
        self._clock = clock
        self._note = note
        self._watch = Watch()
        self._standing: dict[Alarm, float] = {}
        self._late: Mapping[str, float] = {}
        self._late_work: Mapping[str, float] = {}
        self._late_at = 0.0
        self._untold: deque[Letter] = deque(maxlen=UNTOLD)

    @property
    def standing(self) -> Mapping[Alarm, float]:
        """The alarms that stand, whoever raised them, each with its time."""
        return dict(self._standing)

    def began(self, standing: Mapping[Alarm, float]) -> None:
        """These were raised before the service began, and never cleared."""
        self._watch = Watch(standing)
        self._standing = dict(standing)

    def note(self, fact: Fact) -> None:
        """Hear every fact: a `Note`."""
        self._watch.note(fact)
        if isinstance(fact, AlarmRaised):
            self._standing[Alarm.of(fact)] = fact.at
            log.warning("alarm: %s", told(fact))
            self._untold.extend(letters(fact, self._to))
        elif isinstance(fact, AlarmCleared):
            self._standing.pop(Alarm.of(fact), None)
            log.info("alarm over: %s", told(fact))
            self._untold.extend(letters(fact, self._to))

    async def run(self) -> NoReturn:
        """Look for ever, and tell; what can't be told waits for the database."""
        away = False
        while True:
            await self.look()
            try:
                await self.tell()
                away = False
            except Trouble as trouble:
                if not away:
                    log.warning("%s; alarms are sent when it is back", trouble)
                away = True
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Look once."""
        limits = alarm_limits(self._watched.site())
        if limits or self._watch.standing:
            now = self._clock()
            if now >= self._late_at:
                self._late_at = now + LATE_EVERY
                await self._look_for_late()
            for fact in self._watch.look(self._moment(limits), limits):
                self._note(fact)

    async def tell(self) -> None:
        """Hand over to the outbox what was not told yet; raises `Trouble`."""
        while self._untold:
            batch = list(self._untold)
            await self._outbox.put(batch)
            # What came meanwhile stands behind these, and may have pushed some out.
            for letter in batch:
                if self._untold and self._untold[0] is letter:
                    self._untold.popleft()

    async def _look_for_late(self) -> None:
        now, watched = self._clock(), self._watched
        try:
            self._late = await _oldest(watched.promises, now)
            self._late_work = await _oldest(watched.work, now)
        except Trouble as trouble:
            log.warning("promises that are late are looked for again: %s", trouble)

    def _moment(self, limits: Mapping[str, Limits]) -> Moment:
        watched, now = self._watched, self._clock()
        site = watched.site()
        at = datetime.fromtimestamp(now, site.settings.zone)
        return Moment(
            now=now,
            agents=watched.desk.agents.values(),
            first_joined=watched.desk.first_joined(),
            open=frozenset(
                queue
                for queue in limits
                if takes_callers(queue, site, watched.doors, watched.switches, at)
            ),
            levels={
                queue: watched.levels.service_level(queue, level.within, now)
                for queue, limit in limits.items()
                if (level := limit.service_level) is not None
            },
            held=self._watch.held,
            unreached=watched.desk.unreached,
            late=self._late,
            late_work=self._late_work,
        )


async def _oldest(promises: Promises, now: float) -> dict[str, float]:
    """Queue -> for how many seconds its oldest promise is broken. Raises `Trouble`."""
    late = await promises.overdue(now)
    return {queue: seconds for queue, (_, seconds) in late.items()}


def alarm_limits(site: Site) -> dict[str, Limits]:
    """The limits that queues.yaml gives, of the queues that have any."""
    found = {}
    for name, queue in site.queues.items():
        alarms = queue.alarms
        if alarms is None:
            continue
        level = alarms.service_level
        found[str(name)] = Limits(
            longest_wait=alarms.longest_wait,
            no_agent_ready=alarms.no_agent_ready,
            service_level=Level(share=level.share, within=level.within)
            if level
            else None,
            long_talk=alarms.long_talk,
            long_hold=alarms.long_hold,
            long_wrap_up=alarms.long_wrap_up,
            long_pause=alarms.long_pause,
            callback_late=alarms.callback_late,
            promise_late=alarms.promise_late,
        )
    return found


def letters(fact: AlarmRaised | AlarmCleared, to: Recipients) -> Sequence[Letter]:
    """What is sent about *fact*."""
    raised = isinstance(fact, AlarmRaised)
    words = told(fact)
    data = {"state": "raised" if raised else "cleared", "at": fact.at, **fact.details()}
    subject = f"{'Alarm' if raised else 'Over'}: {words}"
    key = f"alarm-{secrets.token_hex(12)}"
    found = []
    if to.webhook:
        found.append(
            Letter(key=key, channel=WEBHOOK, to=to.webhook, text=words, data=data)
        )
    for number, address in enumerate(to.mail, 1):
        found.append(
            Letter(
                key=f"{key}-{number}",
                channel="email",
                to=address,
                subject=subject,
                text=f"{words}\n",
            )
        )
    return found
