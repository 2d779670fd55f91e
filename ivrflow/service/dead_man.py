"""The dead-man's timer: no caller stays in our hands when we can do nothing more.

Asterisk keeps a call of a dead service for ever: music plays on, silence lasts. So each
caller's channel has a time limit there, which this part moves ahead all the time. When
it stops doing so, because the process died, hangs or was cut off, the channel leaves us
and the dialplan has the last word (`dialplan/ivrflow.conf`). Who talks with somebody
has no limit: two people need no service.

AMI moves a limit also while a prompt plays, as an order of ARI would not. Where AMI is
not there, a limit that nobody moves would end good calls. So it is taken off, by ARI
(see `asterisk.ari.time_limit`).

AMI moves the limit of any channel, whoever has it. A process that stood still for
longer than a limit lasts does not know yet whom it has lost: who talks to the overflow
number by now would be cut off by a limit of ours. So it asks first.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from ivrflow.asterisk.ami.client import TIME_LIMIT, AmiAway, AmiRefused
from ivrflow.asterisk.ari.callers import Callers
from ivrflow.asterisk.ari.errors import AriError, Gone
from ivrflow.flow.live import LiveCalls

log = logging.getLogger(__name__)

PARTS = 4.5
"""So often is a limit moved before it would be over: each 10 s of 45."""

LOOKS = 20
"""So often are all calls looked at, while each limit is moved once."""

AT_ONCE = 16
"""Actions that are under way together."""

PATIENCE = 5.0
"""Seconds that AMI may be away before limits are taken off."""

NO_LIMIT = "0"
IN_LINE = "IVRFLOW_LINE"
LANGUAGE = "IVRFLOW_LANGUAGE"


class SetsVariables(Protocol):
    """AMI, as far as it is needed here."""

    @property
    def ready(self) -> bool:
        """Whether it can be asked now."""

    async def set_variable(self, channel: str, variable: str, value: str) -> bool:
        """Set it at once; False if there is no such channel. Raises `AmiAway`, and
        `AmiRefused` where nothing was set."""


@dataclass(frozen=True)
class Standing:
    """What the dialplan should know of a caller whom it gets back."""

    in_line: bool = False
    """He waits in a queue: he hears music and comes back to us."""
    language: str = ""
    """The language of his call; "" if it is not known."""


def standing_in(live: LiveCalls) -> Callable[[str], Standing | None]:
    """How the callers of *live* stand; None for one whose call has not begun here."""

    def standing(channel: str) -> Standing | None:
        call = live.of(channel)
        if call is None:
            return None
        waits = call.node is not None and call.node.verb == "queue"
        return Standing(waits, call.language)

    return standing


def _as_found(variables: Mapping[str, Any]) -> Standing:
    """What a process before us had told of a channel with those *variables*.

    In line is who has exactly 1 there: the dialplan counts on while it has him.
    """
    return Standing(variables.get(IN_LINE) == "1", str(variables.get(LANGUAGE, "")))


@dataclass
class _Told:
    """What Asterisk was told last of a channel."""

    at: float = -math.inf
    limit: str = ""
    moved: float = -math.inf
    """When its limit was last moved."""
    standing: Standing = Standing()
    runs_out: float = math.inf
    """When its limit has run out, unless it is moved."""


class DeadMan:
    """Watches over the callers of one Asterisk while it runs."""

    def __init__(
        self,
        ami: SetsVariables | None,
        callers: Callers,
        standing: Callable[[str], Standing | None],
        *,
        take_off: Callable[[str], Awaitable[None]],
        is_ours: Callable[[str], Awaitable[bool]],
        limit: float = 45.0,
    ) -> None:
        """*limit* is seconds. *take_off* frees a channel of it by ARI; *is_ours* asks
        Asterisk whether a channel is still in our hands: False where it can't tell.

        Without *ami* there is no dead-man's timer, and the dialplan's is taken off.
        """
        self._ami = ami
        self._callers = callers
        self._standing_now = standing
        self._take_off = take_off
        self._is_ours = is_ours
        self._limit = str(math.ceil(limit))
        self._every = limit / PARTS
        self._told: dict[str, _Told] = {}
        self._urgent: dict[str, None] = {}
        self._due: dict[str, None] = {}
        self._work_there = asyncio.Event()
        self._busy: set[str] = set()
        """Channels that one of the workers serves now."""
        self._again: set[str] = set()
        """Those of them for which there are more news meanwhile."""
        self._well_at = -math.inf
        """When AMI last did what it was told, or was ready for it."""
        self._failing = False

    @property
    def _well(self) -> bool:
        return self._ami is not None and self._ami.ready and not self._failing

    async def run(self) -> NoReturn:
        """Watch until cancelled."""
        self._well_at = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._work())
            group.create_task(self._hear())
            await self._go_round()
        raise AssertionError("the rounds never end")

    async def _hear(self) -> NoReturn:
        """Who comes, begins to talk or ends a talk is served before all others."""
        callers = self._callers
        while True:
            await callers.changed.wait()
            callers.changed.clear()  # first: news that comes meanwhile is not lost
            while callers.news:
                self._urgent[callers.news.pop()] = None
            self._work_there.set()

    async def _go_round(self) -> NoReturn:
        """Look at all calls again and again: which limit is due, who stands otherwise?

        What is due is spread: after a restart all came in the same moment.
        """
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            if self._well:
                self._well_at = now
            for gone in [id for id in self._told if id not in self._callers]:
                del self._told[gone]
            late = now - self._every
            due = []
            for id in self._callers:
                told = self._told.get(id)
                if told is None or (
                    self._well and told.standing != self._standing(id, told)
                ):
                    self._urgent[id] = None
                elif told.at <= late:
                    due.append((told.at, id))
            most = math.ceil(1.5 * len(self._callers) / LOOKS) + 1
            self._due.update((id, None) for _, id in sorted(due)[:most])
            if self._urgent or self._due:
                self._work_there.set()
            await asyncio.sleep(self._every / LOOKS)

    async def _work(self) -> NoReturn:
        while True:
            first = self._urgent or self._due
            if not first:
                self._work_there.clear()
                await self._work_there.wait()
                continue
            id = next(iter(first))
            self._urgent.pop(id, None)
            self._due.pop(id, None)
            if id in self._busy:
                self._again.add(id)
            elif id in self._callers:
                self._busy.add(id)
                try:
                    await self._serve(id)
                finally:
                    self._busy.discard(id)
                if id in self._again:
                    self._again.discard(id)
                    self._urgent[id] = None

    async def _serve(self, id: str) -> None:
        if (told := self._told.get(id)) is None:
            told = self._told[id] = _Told(standing=_as_found(self._callers.found(id)))
        if self._well and not self._differs(id, told):
            return
        told.at = asyncio.get_running_loop().time()
        if told.at >= told.runs_out and not await self._is_ours(id):
            return  # the dialplan has it; the news of that are on their way
        if self._ami is not None and self._ami.ready:
            with suppress(AmiAway):
                await self._tell(self._ami, id, told)
                return
        away = told.at - self._well_at
        if self._ami is not None:
            told.at -= 0.9 * self._every  # tried again soon
        if (self._ami is None or away > PATIENCE) and told.limit != NO_LIMIT:
            try:
                await self._take_off(id)
            except Gone:
                pass
            except AriError:
                return  # the next round tries again
            told.limit, told.runs_out = NO_LIMIT, math.inf

    def _differs(self, id: str, told: _Told) -> bool:
        """Whether there is anything to tell: who is new comes by two ways."""
        now = asyncio.get_running_loop().time()
        return (
            now >= told.at + self._every
            or told.limit != self._wanted(id)
            or told.standing != self._standing(id, told)
        )

    def _standing(self, id: str, told: _Told) -> Standing:
        """How he stands; while that is not known, as it was told."""
        return self._standing_now(id) or told.standing

    def _wanted(self, id: str) -> str:
        return NO_LIMIT if self._callers.talks(id) else self._limit

    async def _tell(self, ami: SetsVariables, id: str, told: _Told) -> None:
        """Tell Asterisk what there is to tell. Raises `AmiAway`."""
        standing, before = self._standing(id, told), told.standing
        limit, known = self._wanted(id), told.limit
        moved_just_now = limit == known and told.at < told.moved + self._every / 2
        asked = not moved_just_now
        told.standing = standing
        try:
            if moved_just_now:
                told.at = told.moved  # so it is due when it was
            else:
                told.limit = ""
                there = await ami.set_variable(id, TIME_LIMIT, limit)
                told.limit = known = limit
                told.moved = told.at
                told.runs_out = (
                    math.inf if limit == NO_LIMIT else told.at + float(limit)
                )
                if not there:
                    return  # it has just gone; so we will hear
            if standing.in_line != before.in_line:
                asked = True
                await ami.set_variable(id, IN_LINE, "1" if standing.in_line else "0")
            if standing.language != before.language:
                asked = True
                await ami.set_variable(id, LANGUAGE, standing.language)
        except AmiAway as away:
            told.standing = before
            if isinstance(away, AmiRefused):
                # As it was: what was taken off by ARI needs no second time, which
                # would wait there for the end of each prompt that plays.
                told.limit = known
            if not self._failing:
                self._failing = True
                log.warning(
                    "the dead-man's timer of calls can't be moved: %s; if that lasts, "
                    "it is taken off them",
                    away,
                )
            raise
        if asked and self._failing:
            self._failing = False
            log.info("the dead-man's timer works again")
