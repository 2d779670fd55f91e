"""Queues that somebody has closed or diverted, from outside their files.

That is an act of people, not of queues.yaml: an evacuation, a line that is down, a team
that went home early. It holds for who comes, and, as asked, for those who wait; it may
have an end; a restart forgets neither. What is asked in a call is in memory, what was
done is in the store first.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NoReturn, Protocol

from ivrflow.aio import finish
from ivrflow.facts import Note, QueueChanged

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at what has ended."""

AGAIN_AFTER = 10.0
"""Seconds until an end that could not be written is tried again."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where callers of a diverted queue go."""

    kind: Literal["queue", "flow", "number"]
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "number" else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How a queue stands. Times are seconds since 1970."""

    state: Literal["open", "closed", "diverted"] = "open"
    to: Way | None = None
    """Of a diverted one."""
    by: str = ""
    at: float = 0.0
    until: float | None = None
    """When it opens by itself; None: when somebody opens it."""
    waiting_too: bool = False
    """Whether it is for those as well who wait already."""


OPEN = Door()


class InCircle(ValueError):
    """Callers would be sent round for ever."""


class Kept(Protocol):
    """Where doors are kept. Both raise what the store raises when it is away."""

    async def all(self) -> Mapping[str, Door]:
        """Queue -> its door, of those that are not open."""

    async def put(
        self, queues: Collection[str], door: Door, *, by: str, at: float
    ) -> None:
        """Keep *door* for all *queues*, or for none, and audit it for each."""


class Doors:
    """The doors of all queues."""

    def __init__(
        self,
        kept: Kept,
        *,
        clock: Callable[[], float],
        note: Note,
        away: type[Exception],
    ) -> None:
        """*clock* is seconds since 1970; *away* what *kept* raises while it is away."""
        self._kept = kept
        self._clock = clock
        self._note = note
        self._away = away
        self._doors: dict[str, Door] = {}
        # What is seen before something is written must hold until it is.
        self._turn = asyncio.Lock()
        self._listeners: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)

    @property
    def all(self) -> Mapping[str, Door]:
        """Queue -> its door, of those that are not open."""
        return MappingProxyType(self._doors)

    async def began(self) -> None:
        """Read what was done before."""
        self._doors = dict(await self._kept.all())

    def of(self, queue: str) -> Door:
        """How *queue* stands now. Never waits."""
        door = self._doors.get(queue, OPEN)
        over = door.until is not None and door.until <= self._clock()
        return OPEN if over else door

    async def change(self, queue: str, seen: Door) -> Door:
        """Wait until *queue* stands in another way than *seen*; return how."""
        while (door := self.of(queue)) == seen:
            changed = asyncio.get_running_loop().create_future()
            listeners = self._listeners[queue]
            listeners.add(changed)
            try:
                await changed
            finally:
                listeners.discard(changed)
        return door

    async def set(self, queues: Collection[str], door: Door) -> None:
        """Let all *queues* stand so: all or none. Raises `InCircle`."""
        async with self._turn:
            if door.to is not None and door.to.kind == "queue":
                self._no_circle(queues, door.to.name)
            await finish(self._put(queues, door, by=door.by))

    async def open(self, queues: Collection[str], *, by: str) -> None:
        """Open *queues*; one that is open is no error."""
        async with self._turn:
            shut = [queue for queue in queues if queue in self._doors]
            if shut:
                await finish(self._put(shut, OPEN, by=by))

    async def run(self) -> NoReturn:
        """Open for ever what has ended."""
        while True:
            now = self._clock()
            for queue, door in list(self._doors.items()):
                if door.until is not None and door.until <= now:
                    try:
                        await self._end(queue, door)
                    except self._away as away:
                        # It is open for callers all the same: `of` knows its end.
                        log.warning("queue %r opens, unwritten yet: %s", queue, away)
                        await asyncio.sleep(AGAIN_AFTER)
            await asyncio.sleep(LOOK_EVERY)

    async def _end(self, queue: str, door: Door) -> None:
        async with self._turn:
            if self._doors.get(queue) is door:  # else it was closed anew meanwhile
                await finish(self._put([queue], OPEN, by=f"end of {door.by}"))

    def _no_circle(self, queues: Collection[str], to: str) -> None:
        way, at = [to], to
        while at not in queues:
            door = self.of(at)
            if door.to is None or door.to.kind != "queue" or door.to.name in way:
                return
            at = door.to.name
            way.append(at)
        raise InCircle(
            f"callers would come back to queue {at!r}: it would lead to "
            + ", which leads to ".join(map(repr, way))
        )

    async def _put(self, queues: Collection[str], door: Door, *, by: str) -> None:
        now = self._clock()
        await self._kept.put(queues, door, by=by, at=now)
        for queue in queues:
            if door.state == "open":
                self._doors.pop(queue, None)
            else:
                self._doors[queue] = door
            log.warning("queue %r: %s", queue, told(door, by))
            self._note(
                QueueChanged(
                    at=now,
                    queue=queue,
                    state=door.state,
                    by=by,
                    to=str(door.to or ""),
                    until=door.until,
                )
            )
            for changed in self._listeners.pop(queue, ()):
                if not changed.done():
                    changed.set_result(None)


def told(door: Door, by: str) -> str:
    """How a queue stands, in words for the log and the audit."""
    to = f" to {door.to}" if door.to else ""
    too = ", those who wait too" if door.waiting_too else ""
    return f"{door.state}{to}{too}, by {by}"
