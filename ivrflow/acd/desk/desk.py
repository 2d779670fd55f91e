"""Where callers wait, agents sign in, and each is told of the other.

The desk is the door: `line` for callers, what `Attendance` has for agents, `change` and
`free` for who watches over both. It keeps the live board in memory (the engine) and the
truth on the `Board`; how the two stay at one, `keeper` says.
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import NoReturn

from ivrflow.acd.desk.attendance import (
    Attendance,
    NotInWrapUp,
    UnknownAgent,
    UnknownQueue,
)
from ivrflow.acd.desk.board import Board, BoardAway
from ivrflow.acd.desk.held import Past, rules_of
from ivrflow.acd.desk.keeper import Keeper
from ivrflow.acd.desk.place import NOBODY, LineFull, NobodyCanServe, Place, Talk
from ivrflow.acd.desk.state import State, state_of
from ivrflow.acd.desk.told import Told
from ivrflow.acd.model import Agent, Offer, Preferred, QueueRules, Waiting
from ivrflow.facts import Fact, Note

__all__ = [
    "Desk",
    "LineFull",
    "NobodyCanServe",
    "NobodyWouldServe",
    "NotInWrapUp",
    "Place",
    "Talk",
    "UnknownAgent",
    "UnknownCaller",
    "UnknownQueue",
]

log = logging.getLogger(__name__)

FIRST = 1e6
"""Added to the priority of a caller whom somebody has chosen."""


class UnknownCaller(LookupError):
    """Nobody waits under that id."""

    def __init__(self, call: str) -> None:
        super().__init__(f"no caller {call!r} waits in a queue")
        self.call = call


class NobodyWouldServe(ValueError):
    """A caller who stood there would be turned away at once."""

    def __init__(self, call: str, why: str) -> None:
        super().__init__(f"{why}: {call} waits on as before")


class Desk(Attendance):
    """Finds agents for callers."""

    def __init__(
        self,
        board: Board,
        queues: Mapping[str, QueueRules],
        *,
        clock: Callable[[], float],
        note: Note,
        new_id: Callable[[], str],
        adopts: bool = False,
        past: Past | None = None,
    ) -> None:
        """*clock* is the wall clock in seconds (UTC), best one that never jumps: the
        wall time at the start of the service plus the loop's time since then. *new_id*
        makes the names of offers, which name the agents' legs too.

        *adopts*: what the board has live at the start is held, and nobody new is
        offered, until `adopted` is called; else it ends at once. *past* tells which
        facts an earlier life has noted; None: of all that the board has."""
        told = Told(note, clock)
        super().__init__(
            Keeper(
                board,
                queues,
                clock=clock,
                told=told,
                new_id=new_id,
                adopts=adopts,
                past=past,
            ),
            told,
        )
        self._queues = queues
        self._clock = clock

    @property
    def owed(self) -> int:
        """Acts that the board does not know yet."""
        return len(self._keeper.journal)

    async def run(self) -> NoReturn:
        """Load what the board knows, then pair callers and agents for ever."""
        await self._keeper.run()

    @property
    def loaded(self) -> bool:
        """Whether the board was read: callers can join."""
        return self._keeper.loaded

    async def until_loaded(self) -> None:
        """Wait until it was, for some seconds; raises `BoardAway`."""
        await self._keeper.until_loaded()

    async def reload(self) -> None:
        """Read the agents again: after they were enrolled anew. Raises `BoardAway`."""
        await self._keeper.reload()

    def adopted(self, at: float | None = None) -> None:
        """All callers of an earlier life who are still there are back in line.

        What nobody has claimed ends, as of *at* (seconds since 1970; None: now), and
        agents are offered again, first to who is first in line. A second time, or where
        nothing is adopted, it does nothing.
        """
        self._keeper.adopted(self._clock() if at is None else at)

    def hold(self) -> None:
        """Offer nobody new from now on: the service is about to leave its calls to the
        next one. What rings goes on, and so do talks."""
        self._keeper.leave()

    async def written(self, within: float) -> bool:
        """Wait until the board has all that is noted, *within* seconds at most; return
        whether it has."""
        return await self._keeper.written(within)

    def learn(self, facts: Iterable[Fact], agents: Iterable[Agent]) -> None:
        """Learn from what was, in its order, how long talks and patience last."""
        self._books.paces.learn(facts, {agent.number: agent for agent in agents})

    # Callers ---------------------------------------------------------------------

    @asynccontextmanager
    async def line(self, waiting: Waiting) -> AsyncIterator[Place]:
        """Stand in line while the block runs.

        Raises `LineFull` or `NobodyCanServe` at once, noting it, and `BoardAway` if the
        desk could not even load its agents yet. However the block ends, the caller is
        out of the line. What is no call (`Waiting.item`) never finds the line full: it
        was promised.
        """
        await self._keeper.until_loaded()
        rules = self._queues[waiting.queue]
        if waiting.call in self._books.places:
            raise RuntimeError(f"call {waiting.call} stands in a line already")
        # Who stood here when the service died has his place.
        known = self._books.held.knows(waiting.call)
        refused = "" if known else self.refuses(waiting)
        if refused:
            self._told.left(waiting, refused)
            if refused == "full":
                raise LineFull(f"{rules.longest_line} wait already, the most")
            raise NobodyCanServe(NOBODY)
        place = Place(self._books, waiting, rules)
        self._books.join(place)
        try:
            yield place
        finally:
            self._books.leave(place)

    @asynccontextmanager
    async def again(self, waiting: Waiting, offer: Offer) -> AsyncIterator[Place]:
        """Stand in line as one who talks already, since an earlier life of the service.

        Never waits for the board, and never raises: two who talk are not parted
        because a database is away. *offer* is connected; see `Place.talk_on`.
        """
        place = Place(self._books, waiting, rules_of(self._queues, waiting.queue))
        self._books.held.talks(place, offer)
        try:
            yield place
        finally:
            self._books.leave(place)

    def holds(self, call: str) -> bool:
        """Whether this one waited, or was offered, in an earlier life of the service,
        and is not back yet."""
        return self._books.held.knows(call)

    def not_back(self) -> Sequence[Waiting]:
        """Who stood in line in an earlier life of the service, and is not back yet."""
        return list(self._books.held.line.values())

    def refuses(self, waiting: Waiting) -> str:
        """Why `line` would refuse this one now: "full", "no agents", or "" if it
        would not."""
        longest = self._queues[waiting.queue].longest_line
        length = self._engine.line.calls.get(waiting.queue, 0)
        length += self._books.held.length(waiting.queue)
        if waiting.item == "call" and longest is not None and length >= longest:
            return "full"
        return "" if self._engine.can_ever_serve(waiting) else "no agents"

    def free_for(self, waiting: Waiting) -> int:
        """Count the agents who could take it this moment."""
        return self._engine.free_for(waiting, self._clock())

    def fitting(self, call: str) -> tuple[int, int]:
        """Count the agents who could take one in line: those who could this moment,
        and those who could at all, ready or at work. `KeyError`: nobody stands there.
        """
        waiting = self._engine.line.callers[call].waiting
        return self.free_for(waiting), self._engine.on_duty_for(call)

    async def anyone_for(self, waiting: Waiting) -> bool:
        """Whether anyone who is signed in could ever serve it. Raises `BoardAway`."""
        await self._keeper.until_loaded()
        return self._engine.can_ever_serve(waiting)

    async def all_busy(self, waiting: Waiting) -> bool:
        """Whether nobody could take this caller at once. Raises `BoardAway`."""
        await self._keeper.until_loaded()
        return not self.free_for(waiting)

    async def last_agent(self, who: str, within: float) -> str | None:
        """Return who last talked with *who* in the last *within* seconds.

        None if nobody did, if that agent is signed out, or if the board is away: a
        caller need not wait for a courtesy.
        """
        try:
            await self._keeper.until_loaded()
            since = self._clock() - within
            found = await self._keeper.board.last_agent(who, since=since)
        except BoardAway:
            return None
        return found if found and self._engine.is_signed_in(found) else None

    # Who watches over both --------------------------------------------------------

    def waiting(self) -> Sequence[Place]:
        """All who stand in line or talk, as they joined."""
        return list(self._books.places.values())

    async def change(
        self,
        call: str,
        *,
        queue: str | None = None,
        priority: float | None = None,
        agent: str | None = None,
        by: str,
    ) -> None:
        """Move one who waits to *queue*, or with another *priority*, or give the call
        to *agent*, and to nobody else, before all who wait for him.

        The time of joining stays. Whoever rings goes on ringing. When *agent* signs
        out, anyone may take the call. *by* is who does it.
        Raises `UnknownCaller`, `UnknownQueue`, `UnknownAgent`, `NobodyWouldServe`.
        """
        await self._keeper.until_loaded()
        place = self._books.places.get(call)
        if place is None or place.connected:
            raise UnknownCaller(call)
        waiting = place.waiting
        if queue is not None:
            if queue not in self._queues:
                raise UnknownQueue(queue)
            waiting = replace(waiting, queue=queue)
            if not self._engine.can_ever_serve(waiting):
                raise NobodyWouldServe(call, f"nobody is signed in for {queue!r}")
        if priority is not None:
            waiting = replace(waiting, priority=priority)
        if agent is not None:
            await self._known(agent)
            waiting = replace(
                waiting,
                preferred=Preferred(agent, math.inf, anyway=True),
                priority=max(waiting.priority, FIRST),
            )
            if not self._engine.is_signed_in(agent):
                raise NobodyWouldServe(call, f"agent {agent} is signed out")
            if not self._engine.can_ever_serve(waiting):
                raise NobodyWouldServe(call, f"agent {agent} takes no {waiting.item}s")
        self._books.change(place, waiting, by, agent or "")

    def first_joined(self) -> dict[str, float]:
        """Queue -> when who waits longest has joined; no queue where nobody waits.

        Callers only: what is work beside them may wait for hours.
        """
        first: dict[str, float] = {}
        for place in self._books.places.values():
            waiting = place.waiting
            if waiting.item == "call" and not place.connected:
                known = first.get(waiting.queue, waiting.joined)
                first[waiting.queue] = min(known, waiting.joined)
        return first

    def state(self) -> State:
        """Return who is there and who waits, for the API."""
        books = self._books
        return state_of(
            self._engine, self._queues, books.places, books.unreached, self._clock()
        )
