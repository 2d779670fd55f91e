"""A caller's place in a line, and the agent who comes out of it.

Everything here may be cancelled at any moment: by a hang-up, a key, a time limit, a
shutdown, and by a second one of these while the first is still being cleaned up. Two
things make that bearable. The desk's books are kept without waiting, so there is no
moment between giving an agent back and having given him back; and the one thing that
does wait, hanging up the agent's leg, goes through `finish`.

What is handed over is *owned* by exactly one side at each moment: by the desk until
`give`, then by the place (`_offer`) until it dials, by `agent` from then on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivrflow.acd.estimate import Promise
from ivrflow.acd.model import NOTHING, Agent, Offer, QueueRules, Waiting
from ivrflow.aio import finish
from ivrflow.telephony.channel import (
    Channel,
    DialOrder,
    HungUp,
    NotReached,
    Switch,
    Unreached,
)

if TYPE_CHECKING:
    from ivrflow.acd.books import Books

log = logging.getLogger(__name__)

HANG_UP_WITHIN = 5.0
"""Seconds for hanging up a leg; after that the agent is given back all the same."""

CALLER_GONE = "caller gone"
LOST = "lost"


class LineFull(Exception):
    """As many callers wait as the queue may hold."""


class NobodyCanServe(Exception):
    """Nobody who is signed in could ever serve this caller, with all widening done."""


@dataclass(frozen=True, slots=True)
class Talk:
    """An agent who has answered, and the agent's channel."""

    agent: Agent
    leg: Channel
    offer: Offer
    waited: float
    """Seconds from joining the queue to the answer."""


class Place:
    """A caller's place in a queue. Made by `Desk.line`."""

    def __init__(self, books: Books, waiting: Waiting, rules: QueueRules) -> None:
        self.waiting = waiting
        self.rules = rules
        self.left = "abandoned"
        """How the caller left, for the record, if it was not with an agent: set it to
        "key", "timeout" or "shutdown" before the block ends for that reason."""
        self.connected = False
        self.listening = False
        """Whether someone is inside `agent`, so that an agent may be offered."""
        self.ringing = False
        self.talking = False
        """Whether someone is inside `agent`, with an agent."""
        self._books = books
        self._offer: Offer | None = None
        self._wake: asyncio.Future[None] | None = None
        self._promise = Promise()

    @property
    def ahead(self) -> int:
        """Callers of this queue who come first; 0 when an agent has answered."""
        return 0 if self.connected else self._books.ahead(self.waiting)

    @property
    def position(self) -> int:
        """1 is the next one."""
        return self.ahead + 1

    @property
    def waited(self) -> float:
        """Seconds since joining."""
        return self._books.waited(self.waiting)

    def estimate(self) -> tuple[float, float]:
        """Return the range of seconds, from now on, in which an agent will answer.

        A minute at least, and never worse than last time without a cause.
        """
        if self.connected:
            return (0.0, 0.0)
        return self._books.estimate(self.waiting, self._promise)

    # For the desk ----------------------------------------------------------------

    def give(self, offer: Offer) -> None:
        """An agent is claimed for this caller; from now on the place owns the offer."""
        self._offer = offer
        self.wake()

    def wake(self) -> None:
        """Something may have changed for this caller."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    # For the queue step ----------------------------------------------------------

    @asynccontextmanager
    async def agent(
        self, switch: Switch, *, shown: Mapping[str, str] = NOTHING, caller_id: str = ""
    ) -> AsyncIterator[Talk]:
        """Wait until an agent has answered, and hold the agent while the block runs.

        An agent who does not answer is made not ready, one who is busy, refuses or has
        no phone gets a pause, and the next one rings; the caller keeps the place. After
        the block the agent's leg is hung up and the wrap-up begins.

        Raises `NobodyCanServe` when the last one who could has signed out. Cancelling
        while an agent rings stops that; the caller then still stands in line, is
        offered to nobody, and may come back here. One whose agent is lost before the
        two could talk may come back too: into the old place, by the time of joining.
        """
        if self.listening or self.talking:
            raise RuntimeError(f"{self.waiting.call} has an agent, or waits for one")
        if self.connected:  # the agent was gone before the two could talk
            self.connected = False
            self._books.join(self)
        self.listening = True
        try:
            self._books.listen(self)
            leg = None
            while leg is None:
                offer = await self._claimed()
                order = DialOrder(
                    address=self._books.agent(offer.agent).address,
                    leg=offer.id,
                    ring_for=self.rules.ring,
                    caller_id=caller_id,
                    show=shown,
                )
                leg = await self._ring(switch, offer, order)
        finally:
            self.listening = False
            if self._offer is not None:  # given to us, and we are cancelled
                offer, self._offer = self._offer, None
                self._books.end_offer(offer, CALLER_GONE)
            self._books.aside(self)
        # No await between the answer and here: the leg is in nobody else's hands.
        self.connected = self.talking = True
        waited = self._books.connected(offer, shown)
        try:
            yield Talk(self._books.agent(offer.agent), leg, offer, waited)
        finally:
            await finish(self._part(offer, leg))

    async def _claimed(self) -> Offer:
        """Wait for an offer that the board has confirmed."""
        while self._offer is None:
            if self._books.hopeless(self):
                self.left = "no agents"
                raise NobodyCanServe(self.waiting.queue)
            self._wake = asyncio.get_running_loop().create_future()
            try:
                await self._wake
            finally:
                self._wake = None
        offer, self._offer = self._offer, None
        return offer

    async def _ring(
        self, switch: Switch, offer: Offer, order: DialOrder
    ) -> Channel | None:
        """Return the agent's leg, or None when the offer is over without one."""
        self.ringing = True
        try:
            return await switch.dial(order)
        except NotReached as error:
            how = error.why.value
        except HungUp:
            # The agent's leg, not the caller's: it must not end the call.
            how = Unreached.UNREACHABLE.value
        except BaseException as error:
            self.listening = False  # else the desk would look for the next agent
            cancelled = isinstance(error, asyncio.CancelledError)
            self._books.end_offer(offer, CALLER_GONE if cancelled else LOST)
            raise
        finally:
            self.ringing = False
        self._books.end_offer(offer, how)
        return None

    async def _part(self, offer: Offer, leg: Channel) -> None:
        """Hang up the agent's leg, then give the agent back."""
        # A waiter that was cancelled takes the future along: that is no hang-up.
        agent_left = leg.gone.done() and not leg.gone.cancelled()
        try:
            async with asyncio.timeout(HANG_UP_WITHIN):
                await leg.hang_up()
        except HungUp:
            pass
        except Exception:
            log.exception(
                "call %s: could not hang up the leg of agent %s; he is given back",
                offer.call,
                offer.agent,
            )
        finally:
            self.talking = False
            self._books.talk_ended(offer, "agent" if agent_left else "caller")
