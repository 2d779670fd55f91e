"""Keeps the desk's books and the board at one: what is written, read, and put right.

- What the engine decides is claimed on the board first; only when the claim is durable
  does a phone ring.
- What an agent chooses is on the board first; then the engine hears of it.
- What ends (a caller leaves, an offer or a talk is over) is known to the engine at
  once, and written next. If we crash in between, the board says too much, never too
  little. What it has live when it is first read is held until adoption is over
  (`held`); where nobody adopts, it ends at once.

All writes go through one journal, in order, written by `run`. While the board is away,
callers wait on, talks go on, nobody new is rung, and all is written when it is back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import NoReturn

from msgspec.structs import replace

from ivrflow.acd.desk.acts import Act, Join, Leave
from ivrflow.acd.desk.board import Board, BoardAway
from ivrflow.acd.desk.books import Books
from ivrflow.acd.desk.held import Fact, Past
from ivrflow.acd.desk.journal import Journal, Then
from ivrflow.acd.desk.rings import LOST
from ivrflow.acd.desk.told import Told
from ivrflow.acd.model import Agent, Offer, QueueRules, Waiting, Work
from ivrflow.aio import finish

log = logging.getLogger(__name__)

WITHIN = 5.0
"""Seconds that an agent's choice, or a caller's joining at start, waits for the board;
also the longest pause between two tries to reach it."""

FIRST_PAUSE = 0.2
"""Seconds before the first new try to reach the board."""

LOOK_AGAIN = 30.0
"""Seconds between two comparisons with the board."""

SETTLE = 2.0
"""Seconds for callers who waited for the board to be read, to take their places."""

AFTER_REFUSAL = 1.0
"""Seconds before an agent is tried again whose claim the board refused."""


class Keeper:
    """The books of one desk, and the board behind them."""

    def __init__(
        self,
        board: Board,
        queues: Mapping[str, QueueRules],
        *,
        clock: Callable[[], float],
        told: Told,
        new_id: Callable[[], str],
        adopts: bool = False,
        past: Past | None = None,
    ) -> None:
        """*adopts*: callers of an earlier life may come back until `adopted` is called.
        *past* tells what was noted in it; None: all that the board has."""
        self.board = board
        self._past = past
        self._adopting = adopts
        self._leaving = False
        self._adopted_at: float | None = None
        """As of when what is left is over, once adoption is; None: not yet."""
        self.journal = Journal(board.write)
        self.books = Books(
            queues,
            clock=clock,
            journal=self.journal,
            told=told,
            new_id=new_id,
        )
        self.books.shut = adopts
        self.clock = clock
        self._engine = self.books.engine
        self._loaded = asyncio.Event()
        self._asked: set[asyncio.Future[None]] = set()
        """Who waits for the next comparison with the board."""
        self._reloads, self._reloaded = 0, 0
        """How many have asked for one, still waiting or not, and how many had it."""

    async def run(self) -> NoReturn:
        """Load what the board knows, then pair callers and agents for ever.

        Cancelled, it writes what is still owed to the board, if that is there. So calls
        should end first.
        """
        loop = asyncio.get_running_loop()
        look_at, pause = loop.time(), FIRST_PAUSE
        try:
            while True:
                self.journal.news.clear()  # before looking: later news is not lost
                due = self._engine.next_due()
                self.books.act(self._engine.tick(self.clock()), since=due)
                try:
                    await finish(self.journal.write_next())
                    wanted = self.books.refused or self._reloads > self._reloaded
                    if (wanted or loop.time() >= look_at) and not self.journal:
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
                if not self.journal:
                    await self._rest(look_at - loop.time())
        finally:
            await finish(self._write_last())

    async def _rest(self, longest: float) -> None:
        """Wait until something happens or is due, or *longest* seconds."""
        due = self._engine.next_due()
        if due is not None:
            longest = min(longest, due - self.clock())
        with suppress(TimeoutError):
            # Never 0: two clocks that differ in the last digit must not spin here.
            async with asyncio.timeout(max(longest, 0.001)):
                await self.journal.news.wait()

    async def _write_last(self) -> None:
        try:
            async with asyncio.timeout(WITHIN):
                while self.journal:
                    await self.journal.write_next()
        except (BoardAway, TimeoutError) as error:
            log.warning("the desk ends with things unwritten: %r", error)

    # For the desk ---------------------------------------------------------------------

    async def written(self, within: float) -> bool:
        """Wait until the board has all that is noted, *within* seconds at most; return
        whether it has."""
        if owed := self.journal.owed():
            await asyncio.wait(owed, timeout=within)
        return all(done.done() for done in owed)

    @property
    def loaded(self) -> bool:
        """Whether the agents are known."""
        return self._loaded.is_set()

    async def until_loaded(self) -> None:
        """Wait until the agents are known; raises `BoardAway`."""
        try:
            async with asyncio.timeout(WITHIN):
                await self._loaded.wait()
        except TimeoutError:
            raise BoardAway("the desk could not load its agents yet") from None

    async def durably(self, act: Act, then: Then | None = None) -> None:
        """Have it written by `run`, in its turn; raise `BoardAway` if that fails.

        *then* hears of it at once, also if we are cancelled meanwhile.
        """
        entry = self.journal.add(act, then)
        try:
            await _wait_for_board(entry.done)
        except BoardAway:
            self.journal.drop(entry)
            raise
        if entry.left_out:
            raise BoardAway("the board does not take it; the log says why")

    async def reload(self) -> None:
        """Read the agents again: after they were enrolled anew. Raises `BoardAway`."""
        done = asyncio.get_running_loop().create_future()
        self._asked.add(done)
        self._reloads += 1
        self.journal.news.set()
        try:
            await _wait_for_board(done)
        finally:
            self._asked.discard(done)  # none stays behind while the board is away

    def adopted(self, at: float) -> None:
        """Whoever was still there is back: end as of *at* what nobody has claimed.

        Where the board could not be read yet, its callers have `SETTLE` once it is.
        """
        if not self._adopting or self._adopted_at is not None:
            return
        self._adopted_at = at
        if self._loaded.is_set():
            self._end_adoption()

    def _end_adoption(self) -> None:
        assert self._adopted_at is not None
        self._adopting = False
        self.books.held.give_up(self._adopted_at)
        if not self._leaving:
            self.books.open_up()
        self.journal.news.set()

    def leave(self) -> None:
        """Offer nobody new any more: the service is about to go."""
        self._leaving = True
        self.books.shut_down()

    # The board ------------------------------------------------------------------------

    async def _compare(self) -> None:
        """Take from the board what we don't know; end there what is not ours.

        Only when the journal is empty: else the board would tell us old news.
        """
        books, seen = self.books, self.books.changes
        # Who asks from here on wants to see what comes then.
        asked, reloads = set(self._asked), self._reloads
        agents = await self.board.agents()
        offers = await self.board.offers()
        waiting = await self.board.waiting()
        now = self.clock()
        if self._adopting and not self._loaded.is_set():
            await self._hold(offers, waiting)
        held = books.held
        for offer in offers:
            if offer.id not in books.live and offer.id not in held.offers:
                log.info(
                    "call %s: its offer to agent %s is over", offer.call, offer.agent
                )
                books.ends.on_board(offer, LOST, now, None)
        for caller in waiting:
            if caller.call not in books.places and caller.call not in held.line:
                self.journal.add(Leave(caller.call))
        busy = {offer.agent for offer in held.offers.values()}
        busy |= {live.offer.agent for live in books.live.values() if not live.seated}
        fresh = [
            self._fresh(a, a.number in busy)
            for a in agents
            if books.touched.get(a.number, -1) <= seen
        ]
        old = {a.number: self._engine.agents.get(a.number) for a in fresh}
        books.act(self._engine.see(fresh, now))
        for number, was in old.items():
            if self._engine.agents[number] != was:
                books.tell_of(number)
        for live in books.live.values():
            if not live.seated:
                held.seat(live)
        gone = self._engine.agents.keys() - {a.number for a in agents}
        for number in gone:
            if not self._engine.serving(number):
                self._engine.forget(number)
                books.unreached.pop(number, None)
        if not self._loaded.is_set():
            self._loaded.set()
            if self._adopting and self._adopted_at is not None:
                asyncio.get_running_loop().call_later(SETTLE, self._end_adoption)
        for done in asked:
            if not done.done():
                done.set_result(None)
        self._asked -= asked
        self._reloaded = reloads
        if any(a.number not in self._engine.agents for a in agents):
            self._reloads += 1  # his talk has ended meanwhile: what we read was old
        refused, books.refused = books.refused, []
        for refusal in refused:
            self._give_up(refusal)
        books.wake_the_hopeless()

    async def _hold(self, offers: list[Offer], waiting: list[Waiting]) -> None:
        """Hold what the board has for those who may come back."""
        calls = {offer.call for offer in offers} | {one.call for one in waiting}
        told: Mapping[Fact, float] | None = None
        unjoined: Collection[Waiting] = ()
        if self._past is not None:
            told = await self._past.told(calls) if calls else {}
            unjoined = await self._past.unjoined(calls)
            untold = await self._past.untold()
            self.books.held.tell(untold)
        self.books.held.take(offers, waiting, told, unjoined)
        if calls:
            log.info(
                "%d offers and talks, and %d callers in line, are held until their "
                "calls are adopted",
                len(offers),
                len(waiting),
            )

    def _fresh(self, agent: Agent, busy: bool) -> Agent:
        """An agent as the board has him, with what no board knows; *busy* with what an
        earlier life gave him."""
        known = self._engine.agents.get(agent.number)
        if agent.work not in (Work.WRAP_UP, Work.IDLE) and not busy:
            # Whoever is in no offer of ours is in none: those are just being ended.
            agent = replace(agent, work=Work.IDLE)
        if agent.live:
            agent = replace(
                agent,
                reserve=agent.reserve & agent.queues,
                on_demand=agent.on_demand & agent.queues,
            )
        if known is not None and known.elsewhere:
            agent = replace(agent, elsewhere=True)
        return agent

    def _give_up(self, offer: Offer) -> None:
        """The board refused *offer*, and has just told us all that it knows.

        Most often the agent got not ready while the claim was on its way.
        """
        live = self.books.live.get(offer.id)
        if live is None:
            return  # freed by hand meanwhile
        log.info("call %s: agent %s is not free after all", offer.call, offer.agent)
        place = live.place
        if self.books.places.get(offer.call) is place and not place.connected:
            self.journal.add(Join(place.waiting))
        # A pause, so that what we still don't understand can't make us spin.
        self.books.ends.release(offer, LOST, self.clock() + AFTER_REFUSAL)


async def _wait_for_board(done: asyncio.Future[None]) -> None:
    # `wait` leaves the future alone when we are cancelled.
    await asyncio.wait([done], timeout=WITHIN)
    if not done.done():
        raise BoardAway("the board does not answer; try again")
