"""Watches what comes from outside: trunks that are there, and calls that come by them.

A line that is dead makes no noise: nobody calls, no queue is long, all looks well. So
two things are looked at every few seconds, and told as alarms:

    trunk_gone   an endpoint that the settings name is away for too long
    no_call      nobody has called for too long, at a time when somebody should

`no_call` counts from the last call, from the moment at which the time began when
somebody should, or from the start of the service, whichever was last. What the agents
do by phone are no calls for this, nor those that the service makes itself.

An Asterisk that can't be asked proves nothing: what stood stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from ivrflow.acd.doors import Doors
from ivrflow.acd.watch import CALM, Alarm
from ivrflow.config import BadConfig, Settings
from ivrflow.facts import AlarmCleared, AlarmRaised, CallStarted, Fact, Note
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.site import Site
from ivrflow.flow.taking import takes_callers
from ivrflow.flow.world import Switches
from ivrflow.service.synthetic import ALARM as SYNTHETIC
from ivrflow.service.synthetic import Wanted, same_number, wanted_of

LOOK_EVERY = 15.0
"""Seconds between two looks."""

TRUNK_GONE = "trunk_gone"
NO_CALL = "no_call"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the settings want to be told of. Seconds."""

    trunks: tuple[str, ...] = ()
    trunk_gone: float = 60.0
    no_call: float | None = None
    """None: nobody need be told."""
    hours: str = ""
    """The timetable in which somebody should call; "": as long as a queue is open."""
    synthetic: Wanted | None = None
    """The calls that the service makes to itself: they are none of somebody's."""


def limits_of(settings: Settings, site: Site) -> Limits:
    """What *settings* say; raises `BadConfig` if *site* lacks the timetable."""
    said, synthetic = settings.alarms, wanted_of(settings)
    if said is None:
        return Limits(synthetic=synthetic)
    if said.hours is not None and said.hours not in site.hours:
        hint = did_you_mean(said.hours, map(str, site.hours))
        raise BadConfig(
            f"alarms: hours: hours.yaml of the site has no timetable "
            f"{str(said.hours)!r}{hint}"
        )
    return Limits(
        trunks=tuple(map(str, said.trunks)),
        trunk_gone=float(said.trunk_gone),
        no_call=None if said.no_call is None else float(said.no_call),
        hours=str(said.hours or ""),
        synthetic=synthetic,
    )


class Lines:
    """What is known of trunks and calls, from one moment to the next. Pure.

    All times are seconds since 1970.
    """

    def __init__(self, limits: Limits, began: float) -> None:
        """*began*: when the service did."""
        self._limits = limits
        self._away: dict[str, float] = {}
        """Trunk -> since when it is away."""
        self._back: dict[str, float] = {}
        """Trunk that is told of -> since when it is back."""
        self._last_call = began
        self._open_since: float | None = None

    def called(self, at: float) -> None:
        """Somebody has called."""
        self._last_call = max(self._last_call, at)

    def trunk(self, trunk: str, there: bool, now: float) -> None:
        """A trunk was looked at."""
        if there:
            self._away.pop(trunk, None)
            self._back.setdefault(trunk, now)
        else:
            self._away.setdefault(trunk, now)
            self._back.pop(trunk, None)

    def open(self, *, is_open: bool, now: float) -> None:
        """Whether somebody should call now."""
        if not is_open:
            self._open_since = None
        elif self._open_since is None:
            self._open_since = now

    def news(
        self, standing: Collection[Alarm], now: float
    ) -> Iterator[tuple[Alarm, float, float]]:
        """What begins and ends, each with how long it was so and with its limit.

        One that is in *standing* ends, one that is not begins.
        """
        most = self._limits.trunk_gone
        for trunk in self._limits.trunks:
            alarm = Alarm(TRUNK_GONE, what=trunk)
            away = self._away.get(trunk)
            if alarm not in standing:
                if away is not None and now - away >= most:
                    yield alarm, now - away, most
            elif now - self._back.get(trunk, now) >= CALM:
                # A trunk that comes and goes rings one bell.
                yield alarm, now - self._back[trunk], most
        for alarm in standing:
            if not self._named(alarm):
                yield alarm, 0.0, 0.0
        alarm, limit = Alarm(NO_CALL), self._limits.no_call
        quiet = self._quiet(now)
        over = limit is not None and quiet >= limit
        if over != (alarm in standing):
            yield alarm, quiet, limit or 0.0

    def _named(self, alarm: Alarm) -> bool:
        """Whether the settings name it still; of others than ours they need not."""
        if alarm.name == TRUNK_GONE:
            return alarm.what in self._limits.trunks
        if alarm.name == SYNTHETIC:
            synthetic = self._limits.synthetic
            return synthetic is not None and synthetic.dial == alarm.what
        return True

    def _quiet(self, now: float) -> float:
        """For how long nobody has called who should have."""
        if self._open_since is None:
            return 0.0
        return now - max(self._last_call, self._open_since)


@dataclass(frozen=True, kw_only=True)
class Around:
    """What is asked. *clock* is seconds since 1970."""

    site: Callable[[], Site]
    doors: Doors
    switches: Switches
    there: Callable[[str], Awaitable[bool | None]]
    """Whether a trunk is; None: nobody can say now."""
    standing: Callable[[], Mapping[Alarm, float]]
    clock: Callable[[], float]
    note: Note


class Outside:
    """The loop. It `hear`s every fact."""

    def __init__(self, limits: Limits, around: Around) -> None:
        self._limits = limits
        self._around = around
        self._lines = Lines(limits, around.clock())

    def hear(self, fact: Fact) -> None:
        """Hear every fact: a `Note`."""
        # A talk of our own, as an agent's sign-in, has a name that is no flow's.
        if not isinstance(fact, CallStarted):
            return
        synthetic = self._limits.synthetic
        if synthetic is not None and same_number(fact.caller, synthetic.caller):
            return
        if fact.flow in self._around.site().flows:
            self._lines.called(fact.at)

    async def run(self) -> NoReturn:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Look once, and note what began and what ended."""
        around, lines = self._around, self._lines
        for trunk in self._limits.trunks:
            there = await around.there(trunk)
            if there is not None:
                lines.trunk(trunk, there, around.clock())
        now = around.clock()
        lines.open(is_open=self._is_open(now), now=now)
        standing = around.standing()
        for alarm, seconds, limit in list(lines.news(standing.keys(), now)):
            self._note(alarm, seconds, limit, standing.get(alarm), now)

    def _note(
        self, alarm: Alarm, value: float, limit: float, since: float | None, now: float
    ) -> None:
        name, what = alarm.name, alarm.what
        fact = (
            AlarmRaised(
                at=now,
                alarm=name,
                queue="",
                agent="",
                value=value,
                limit=limit,
                what=what,
            )
            if since is None
            else AlarmCleared(
                at=now, alarm=name, queue="", agent="", seconds=now - since, what=what
            )
        )
        self._around.note(fact)

    def _is_open(self, now: float) -> bool:
        """Whether somebody should call now, by the site as it is live."""
        around, site = self._around, self._around.site()
        at = datetime.fromtimestamp(now, site.settings.zone)
        timetable = site.hours.get(self._limits.hours) if self._limits.hours else None
        if timetable is not None:
            return timetable.now_at(at, around.switches).open
        return any(
            takes_callers(str(queue), site, around.doors, around.switches, at)
            for queue in site.queues
        )
