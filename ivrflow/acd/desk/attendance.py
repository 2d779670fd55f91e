"""The agents' half of the desk: who is there, who is free, and who is freed.

What an agent chooses, or somebody for him, is on the board when the call returns.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from ivrflow.acd.desk.acts import Able, Choose, Count, FreeAt
from ivrflow.acd.desk.keeper import Keeper
from ivrflow.acd.desk.nailed import Lines
from ivrflow.acd.desk.rings import LOST, hang_up
from ivrflow.acd.desk.told import Told
from ivrflow.acd.disposing import DispositionOwed, NothingToDispose
from ivrflow.acd.model import Agent, Presence, Skills, Work

log = logging.getLogger(__name__)

SIGNED_IN = "signed in"

FREE_WITHIN = 6.0
"""Seconds in which a leg that is hung up gives its agent back, else he is freed all the
same; a little longer than hanging up may take."""


class UnknownAgent(LookupError):
    """There is no agent of that number."""

    def __init__(self, number: str) -> None:
        super().__init__(f"there is no agent {number!r} in agents.yaml")
        self.number = number


class UnknownQueue(LookupError):
    """There is no queue of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no queue {name!r} in queues.yaml")
        self.name = name


class NotInWrapUp(ValueError):
    """The agent is in no wrap-up that could be made longer or shorter."""

    def __init__(self, agent: Agent, work: Work) -> None:
        super().__init__(f"agent {agent.number} is in no wrap-up, but {work.value}")
        self.number = agent.number


class Attendance:
    """Agents come, go, and rest. Each method raises `UnknownAgent`; the coroutines
    `BoardAway` after a few seconds: it may have happened then. *by* is who does it, for
    the record: an agent's number, "" for the agent himself, "service" for us."""

    def __init__(self, keeper: Keeper, told: Told) -> None:
        self._keeper = keeper
        self._told = told
        self._books = keeper.books
        self._engine = keeper.books.engine

    @property
    def agents(self) -> Mapping[str, Agent]:
        """Number -> agent, as the desk has them now; it may change under your hands."""
        return self._engine.agents

    @property
    def unreached(self) -> Mapping[str, float]:
        """Agent -> since when no offer has reached his phone: he is ready in vain. Who
        is reached again, signs in or out, or gets ready anew, is out of it."""
        return self._books.unreached

    async def until_loaded(self) -> None:
        """Return when the agents have been read, at the start; raises `BoardAway`."""
        await self._keeper.until_loaded()

    @property
    def lines(self) -> Lines | None:
        """Who keeps phones up; None where nobody does, and every phone rings."""
        return self._books.lines

    @lines.setter
    def lines(self, lines: Lines | None) -> None:
        self._books.lines = lines

    def on_agent(self, hear: Callable[[Agent], None]) -> None:
        """Have *hear* told at once of each agent who is another one now.

        It must be quick, and never raise.
        """
        self._books.on_agent.append(hear)

    # What agents choose ---------------------------------------------------------------

    async def sign_in(self, number: str, endpoint: str = "", *, by: str = "") -> None:
        """Sign in, not ready yet; *endpoint* "" is the agent's own phone."""
        await self._choose(number, Presence.NOT_READY, SIGNED_IN, endpoint, by=by)

    async def sign_out(self, number: str, *, by: str = "") -> None:
        """Sign out. A talk that is on goes on."""
        await self._choose(number, Presence.LOGGED_OUT, by=by)

    async def not_ready(self, number: str, reason: str = "", *, by: str = "") -> None:
        """Take no calls, for a break's name or "". A talk that is on goes on."""
        await self._choose(number, Presence.NOT_READY, reason, by=by)

    async def ready(self, number: str, *, by: str = "") -> None:
        """Take calls from now on. It ends a wrap-up, and signs in who is not.

        Raises `DispositionOwed` for a wrap-up that must not end yet.
        """
        agent = await self._known(number)
        if agent.owes:
            raise DispositionOwed(number)
        if agent.work is Work.WRAP_UP:
            await self._free_at(number, self._keeper.clock())
        await self._choose(number, Presence.READY, by=by)

    async def wrap_up(self, number: str, until: float, *, by: str = "") -> None:
        """Let the wrap-up end at *until* (wall-clock seconds), or now if that is past.

        Raises `NotInWrapUp`, also for one who talks: his wrap-up is still to come; and
        `DispositionOwed`.
        """
        agent = await self._known(number)
        if agent.owes:
            raise DispositionOwed(number)
        now = self._keeper.clock()
        work = agent.work_at(now)
        if work is not Work.WRAP_UP:
            raise NotInWrapUp(agent, work)
        until = max(until, now)
        await self._free_at(number, until)
        self._told.wrap_up_changed(number, until, by or number)

    async def dispose(self, number: str, disposition: str, *, by: str = "") -> None:
        """Say how the agent's talk, or the last one, has ended: one of queues.yaml's.

        A wrap-up that lasted until this was said ends when it would have, or now. It
        may be said anew. Raises `NothingToDispose`.
        """
        agent = await self._known(number)
        disposing = self._books.disposing
        talk = disposing.of(number)
        if talk is None:  # it was before the start
            offer = await self._keeper.board.last_talk(number)
            if offer is None:
                raise NothingToDispose(number)
            talk = disposing.recall(offer)
        talk.said = True
        self._told.disposed(talk.offer, disposition, by or number)
        if agent.owes:
            await self._free_at(number, max(talk.until, self._keeper.clock()))

    async def _free_at(self, number: str, free_at: float) -> None:
        at = self._keeper.clock()

        def written(_: bool) -> None:
            if number in self._engine.agents:
                self._books.touch(number)
                now = self._keeper.clock()
                self._books.act(self._engine.set_free_at(number, free_at, now), at)

        await self._keeper.durably(FreeAt(number, free_at, at), written)

    async def _choose(
        self,
        number: str,
        presence: Presence,
        reason: str = "",
        sits_at: str | None = None,
        *,
        by: str,
    ) -> None:
        await self._known(number)
        at = self._keeper.clock()

        def written(_: bool) -> None:
            if number not in self._engine.agents:  # removed meanwhile
                return
            tally = self._engine.agents[number].tally
            out = self._engine.set_presence(
                number,
                presence,
                self._keeper.clock(),
                since=at,
                reason=reason,
                sits_at=sits_at,
            )
            if presence is not Presence.NOT_READY or reason == SIGNED_IN:
                self._books.unreached.pop(number, None)  # he may have mended it
            agent = self._engine.agents[number]
            if agent.tally != tally:  # a new working day
                self._keeper.journal.add(Count(number, agent.tally))
            self._books.act(out, since=at)
            self._books.changed(number, reason or presence.value, by=by or number)
            if presence is Presence.LOGGED_OUT:
                self._books.wake_the_hopeless()

        act = Choose(number, presence, at=at, reason=reason, sits_at=sits_at)
        await self._keeper.durably(act, written)

    async def _known(self, number: str) -> Agent:
        await self._keeper.until_loaded()
        if number not in self._engine.agents:
            raise UnknownAgent(number)
        return self._engine.agents[number]

    # What others see and do -----------------------------------------------------------

    def phone(self, number: str, busy: bool, state: str) -> None:
        """The agent's phone is in a call that is not ours (*busy*), or is out of it.

        *state* is what the switch calls it. Not kept on the board: whoever watches the
        phones looks at them anew at each start. One whom nobody knows is no error.
        """
        agent = self._engine.agents.get(number)
        if agent is None or agent.elsewhere is busy:
            return
        self._books.touch(number)
        out = self._engine.set_elsewhere(number, busy, self._keeper.clock())
        self._told.phone_changed(number, busy, state)
        self._books.act(out)

    async def set_abilities(
        self,
        number: str,
        *,
        queues: Collection[str] | None = None,
        skills: Skills | None = None,
        by: str,
    ) -> None:
        """Change what the agent serves and can do; None leaves it as it is.

        It stays, over restarts and new versions of the site, until the agents are
        enrolled anew (`ivrflow agent apply`). Raises `UnknownQueue`.
        """
        await self._known(number)
        for name in queues or ():
            if name not in self._books.queues:
                raise UnknownQueue(name)

        await self._keeper.durably(Able(number, queues, skills))
        await self._keeper.reload()
        if number in self._engine.agents:
            self._told.abilities_changed(self._engine.agents[number], by)

    async def free(self, number: str, *, by: str) -> str:
        """Free an agent who is stuck: silence his phone, or end his talk or wrap-up.

        Return what he was freed from: "offer", "talk", "wrap-up", or "nothing", when at
        least the board was looked at again, and what there was of earlier lives is
        gone. He keeps his presence.
        """
        agent = await self._known(number)
        log.warning("agent %s is freed by %s", number, by)
        live = self._books.offer_of(number)
        if live is None and (held := self._books.held.of_agent(number)) is not None:
            self._books.held.end(held, self._keeper.clock())
            return "offer" if held.connected is None else "talk"
        if live is None:
            now = self._keeper.clock()
            if agent.work_at(now) is Work.WRAP_UP:
                await self._free_at(number, now)
                self._told.wrap_up_changed(number, now, by)
                return "wrap-up"
            await self._keeper.reload()
            return "nothing"
        offer, talk = live.offer, live.place.talk
        if talk is not None and talk.offer.id == offer.id:
            freed = "talk"
            await hang_up(talk.leg, offer)
        else:
            freed = "offer"
            self._books.stop(live, LOST)
        with suppress(TimeoutError):
            async with asyncio.timeout(FREE_WITHIN):
                await live.over.wait()
        if not live.over.is_set():
            log.warning("agent %s: nobody gave the %s up; it is ended", number, freed)
        # What is over already is not ended a second time.
        if freed == "talk" and talk is not None:
            talk.by = talk.by or "agent"
            self._books.ends.hung_up(talk)
        else:
            self._books.ends.offer(offer, LOST)
        return freed
