"""Where callers wait, agents sign in, and each is told of the other.

The desk keeps the live board in memory (the engine) and the truth on the `Board`:

- What the engine decides is claimed on the board first; only when the claim is durable
  does a phone ring.
- What an agent chooses is on the board first; then the engine hears of it.
- What ends (a caller leaves, an offer or a talk is over) is known to the engine at
  once, and written next. If we crash in between, the board says too much, never too
  little, and `run` puts that right when it starts.

All writes go through one journal, in order, written by `run`. While the board is away,
callers wait on, talks go on, nobody new is rung, and all is written when it is back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import NoReturn

from msgspec.structs import replace

from ivrflow.acd.board import Board, BoardAway
from ivrflow.acd.books import Books
from ivrflow.acd.journal import Journal, Write
from ivrflow.acd.model import Agent, Offer, Presence, QueueRules, Waiting, Work
from ivrflow.acd.place import LOST, LineFull, NobodyCanServe, Place, Talk
from ivrflow.acd.state import State, state_of
from ivrflow.acd.told import Told
from ivrflow.aio import finish
from ivrflow.facts import Note

__all__ = ["Desk", "LineFull", "NobodyCanServe", "Place", "Talk", "UnknownAgent"]

log = logging.getLogger(__name__)

WITHIN = 5.0
"""Seconds that an agent's choice, or a caller's joining at start, waits for the board;
also the longest pause between two tries to reach it."""

FIRST_PAUSE = 0.2
"""Seconds before the first new try to reach the board."""

LOOK_AGAIN = 30.0
"""Seconds between two comparisons with the board."""

AFTER_REFUSAL = 1.0
"""Seconds before an agent is tried again whose claim the board refused."""


class UnknownAgent(LookupError):
    """There is no agent of that number."""

    def __init__(self, number: str) -> None:
        super().__init__(f"there is no agent {number!r} in agents.yaml")
        self.number = number


class Desk:
    """Finds agents for callers."""

    def __init__(
        self,
        board: Board,
        queues: Mapping[str, QueueRules],
        *,
        clock: Callable[[], float],
        note: Note,
        new_id: Callable[[], str],
    ) -> None:
        """*clock* is the wall clock in seconds (UTC), best one that never jumps: the
        wall time at the start of the service plus the loop's time since then. *new_id*
        makes the names of offers, which name the agents' legs too."""
        self._board = board
        self._queues = queues
        self._clock = clock
        self._told = Told(note, clock)
        self._journal = Journal(self._claim)
        self._books = Books(
            board,
            queues,
            clock=clock,
            journal=self._journal,
            told=self._told,
            new_id=new_id,
        )
        self._engine = self._books.engine
        self._loaded = asyncio.Event()
        self._refused: list[Offer] = []
        """Offers that the board refused. They stay until we have looked why."""
        self._asked: list[asyncio.Future[None]] = []
        """Who waits for the next comparison with the board."""

    async def run(self) -> NoReturn:
        """Load what the board knows, then pair callers and agents for ever.

        Cancelled, it writes what is still owed to the board, if that is there. So calls
        should end first.
        """
        loop = asyncio.get_running_loop()
        look_at, pause = loop.time(), FIRST_PAUSE
        try:
            while True:
                self._journal.news.clear()  # before looking: later news is not lost
                self._books.act(self._engine.tick(self._clock()))
                try:
                    await finish(self._journal.write_next())
                    wanted = self._refused or self._asked or loop.time() >= look_at
                    if wanted and not self._journal:
                        await self._compare()
                        look_at = loop.time() + LOOK_AGAIN
                except BoardAway as error:
                    if pause == FIRST_PAUSE:
                        log.warning("the board is away (%s); callers wait on", error)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, WITHIN)
                    continue
                if pause != FIRST_PAUSE:
                    log.info("the board is back; the desk goes on")
                    pause = FIRST_PAUSE
                if not self._journal:
                    await self._rest(look_at - loop.time())
        finally:
            await finish(self._write_last())

    async def _rest(self, longest: float) -> None:
        """Wait until something happens or is due, or *longest* seconds."""
        due = self._engine.next_due()
        if due is not None:
            longest = min(longest, due - self._clock())
        with suppress(TimeoutError):
            # Never 0: two clocks that differ in the last digit must not spin here.
            async with asyncio.timeout(max(longest, 0.001)):
                await self._journal.news.wait()

    async def _write_last(self) -> None:
        try:
            async with asyncio.timeout(WITHIN):
                while self._journal:
                    await self._journal.write_next()
        except (BoardAway, TimeoutError) as error:
            log.warning("the desk ends with things unwritten: %r", error)

    # The board -------------------------------------------------------------------

    async def reload(self) -> None:
        """Read the agents again: after they were enrolled anew. Raises `BoardAway`."""
        done = asyncio.get_running_loop().create_future()
        self._asked.append(done)
        self._journal.news.set()
        await _wait_for_board(done)

    async def _compare(self) -> None:
        """Take from the board what we don't know; end there what is not ours.

        Only when the journal is empty: else the board would tell us old news.
        """
        books, seen = self._books, self._books.changes
        asked = len(self._asked)
        agents = await self._board.agents()
        offers = await self._board.offers()
        waiting = await self._board.waiting()
        now = self._clock()
        for offer in offers:
            if offer.id not in books.live:
                log.info(
                    "call %s: its offer to agent %s is over", offer.call, offer.agent
                )
                books.end_on_board(offer, LOST, now, None)
        for caller in waiting:
            if caller.call not in books.places:
                self._journal.add(_leaving(self._board, caller.call))
        fresh = [
            # Whoever is in no offer of ours is in none: those have just been ended.
            a if a.work is Work.WRAP_UP else replace(a, work=Work.IDLE)
            for a in agents
            if books.touched.get(a.number, -1) <= seen
        ]
        books.act(self._engine.see(fresh, now))
        gone = self._engine.agents.keys() - {a.number for a in agents}
        for number in gone:
            if not self._engine.serving(number):
                self._engine.forget(number)
        self._loaded.set()
        for done in self._asked[:asked]:
            if not done.done():
                done.set_result(None)
        del self._asked[:asked]
        refused, self._refused = self._refused, []
        for offer in refused:
            self._give_up(offer)
        books.wake_the_hopeless()

    async def _claim(self, offers: Sequence[Offer]) -> None:
        """Claim a batch on the board, then hand each offer to its caller."""
        won: frozenset[str] = frozenset()
        try:
            won = await self._board.claim(offers)
        except BoardAway:
            raise
        except Exception:
            log.exception("the board failed at a claim; it counts as refused")
        for offer in offers:
            if offer.id in won:
                self._books.won(offer)
            else:
                self._refused.append(offer)

    def _give_up(self, offer: Offer) -> None:
        """The board refused *offer*, and has just told us all that it knows.

        Most often the agent got not ready while the claim was on its way.
        """
        log.info("call %s: agent %s is not free after all", offer.call, offer.agent)
        live = self._books.live[offer.id]
        if self._books.places.get(offer.call) is live.place:
            self._journal.add(lambda: self._board.join(live.place.waiting))
        # A pause, so that what we still don't understand can't make us spin.
        self._books.release(offer, LOST, self._clock() + AFTER_REFUSAL)

    async def _durably(self, write: Write) -> None:
        """Have it written by `run`, in its turn; raise `BoardAway` if that fails."""
        entry = self._journal.add(write)
        try:
            await _wait_for_board(entry.done)
        except BoardAway:
            self._journal.drop(entry)
            raise

    async def _until_loaded(self) -> None:
        try:
            async with asyncio.timeout(WITHIN):
                await self._loaded.wait()
        except TimeoutError:
            raise BoardAway("the desk could not load its agents yet") from None

    # Callers ---------------------------------------------------------------------

    @asynccontextmanager
    async def line(self, waiting: Waiting) -> AsyncIterator[Place]:
        """Stand in line while the block runs.

        Raises `LineFull` or `NobodyCanServe` at once, noting it, and `BoardAway` if the
        desk could not even load its agents yet. However the block ends, the caller is
        out of the line.
        """
        await self._until_loaded()
        rules = self._queues[waiting.queue]
        if waiting.call in self._books.places:
            raise RuntimeError(f"call {waiting.call} stands in a line already")
        longest = rules.longest_line
        if longest is not None and self._engine.line.length(rules.name) >= longest:
            self._told.left(waiting, "full")
            raise LineFull(rules.name)
        if not self._engine.can_ever_serve(waiting):
            self._told.left(waiting, "no agents")
            raise NobodyCanServe(rules.name)
        place = Place(self._books, waiting, rules)
        self._books.join(place)
        try:
            yield place
        finally:
            self._books.leave(place)

    async def all_busy(self, waiting: Waiting) -> bool:
        """Whether nobody could take this caller at once. Raises `BoardAway`."""
        await self._until_loaded()
        return not self._engine.free_for(waiting, self._clock())

    async def last_agent(self, who: str, within: float) -> str | None:
        """Return who last talked with *who* in the last *within* seconds.

        None if nobody did, if that agent is signed out, or if the board is away: a
        caller need not wait for a courtesy.
        """
        try:
            await self._until_loaded()
            found = await self._board.last_agent(who, since=self._clock() - within)
        except BoardAway:
            return None
        return found if found and self._engine.is_signed_in(found) else None

    # Agents ----------------------------------------------------------------------

    async def sign_in(self, number: str, endpoint: str = "") -> None:
        """Sign in, not ready yet; *endpoint* "" is the agent's own phone.

        This and the next three are on the board when they return. They raise
        `UnknownAgent`, and `BoardAway` after a few seconds: it may have happened then.
        """
        await self._choose(number, Presence.NOT_READY, "signed in", endpoint)

    async def sign_out(self, number: str) -> None:
        """Sign out. A talk that is on goes on."""
        await self._choose(number, Presence.LOGGED_OUT)

    async def not_ready(self, number: str, reason: str = "") -> None:
        """Take no calls, for a break's name or "". A talk that is on goes on."""
        await self._choose(number, Presence.NOT_READY, reason)

    async def ready(self, number: str) -> None:
        """Take calls from now on. It ends a wrap-up, and signs in who is not."""
        agent = await self._known(number)
        if agent.work is Work.WRAP_UP:
            await self._end_wrap_up(number)
        await self._choose(number, Presence.READY)

    async def _known(self, number: str) -> Agent:
        await self._until_loaded()
        if number not in self._engine.agents:
            raise UnknownAgent(number)
        return self._engine.agents[number]

    async def _end_wrap_up(self, number: str) -> None:
        at = self._clock()

        async def write() -> None:
            await self._board.set_free_at(number, at, at=at)
            if number in self._engine.agents:
                self._books.touch(number)
                self._books.act(self._engine.set_free_at(number, at, self._clock()))

        await self._durably(write)

    async def _choose(
        self,
        number: str,
        presence: Presence,
        reason: str = "",
        sits_at: str | None = None,
    ) -> None:
        await self._known(number)
        at = self._clock()

        async def write() -> None:
            await self._board.set_presence(
                number, presence, at=at, reason=reason, sits_at=sits_at
            )
            if number not in self._engine.agents:  # removed meanwhile
                return
            self._books.act(
                self._engine.set_presence(
                    number,
                    presence,
                    self._clock(),
                    since=at,
                    reason=reason,
                    sits_at=sits_at,
                )
            )
            self._books.changed(number, reason or presence.value)
            if presence is Presence.LOGGED_OUT:
                self._books.wake_the_hopeless()

        await self._durably(write)

    def state(self) -> State:
        """Return who is there and who waits, for the API."""
        places = self._books.places.values()
        ringing = {place.waiting.call for place in places if place.ringing}
        return state_of(self._engine, self._queues, ringing, self._clock())


async def _wait_for_board(done: asyncio.Future[None]) -> None:
    # `wait` leaves the future alone when we are cancelled.
    await asyncio.wait([done], timeout=WITHIN)
    if not done.done():
        raise BoardAway("the board does not answer; try again")


def _leaving(board: Board, call: str) -> Write:
    return lambda: board.leave(call)
