"""A caller's place in a line, and the agent who comes out of it.

Everything here may be cancelled at any moment: by a hang-up, a key, a time limit, a
shutdown, and by a second one of these while the first is still being cleaned up. Two
things make that bearable. The desk's books are kept without waiting, so there is no
moment between giving an agent back and having given him back; and the one thing that
does wait, hanging up the agent's leg, goes through `finish`.

What is handed over is *owned* by exactly one side at each moment: by the desk until
`give`, then by the place's `Rings` while phones ring, by `agent` from the answer on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ivrflow.acd.desk.rings import (
    NOT_ACCEPTED,
    AskAgent,
    Rings,
    Ways,
    Won,
    hang_up,
    leg_of,
)
from ivrflow.acd.estimate import Promise
from ivrflow.acd.model import NOTHING, Agent, Offer, QueueRules, Waiting
from ivrflow.aio import finish
from ivrflow.telephony.channel import Channel, NotReached, Switch, Unreached

if TYPE_CHECKING:
    from ivrflow.acd.desk.books import Books
    from ivrflow.acd.desk.live import Live


NOBODY = "nobody who is signed in can serve this call"


class LineFull(Exception):
    """As many callers wait as the queue may hold."""


class NobodyCanServe(Exception):
    """Nobody who is signed in could ever serve this caller, with all widening done."""


@dataclass(eq=False, slots=True)
class Talk:
    """An agent who has answered, and the agent's channel.

    Who holds the talk sets the last three, and they are read when the block ends.
    """

    agent: Agent
    leg: Channel
    """Hang it up to end the talk. Of an agent who is nailed up that gives the line
    back, and the phone stays up."""
    offer: Offer
    waited: float
    """Seconds from joining the queue to the answer."""
    asked: bool = False
    """Whether the agent has been told already what the call is, and has accepted."""
    by: str = ""
    """Who ended it, as in `TalkEnded`; "": agent or caller, by who hung up."""
    held: float = 0.0
    """Seconds for which the caller was on hold."""
    wrap_up: float | None = None
    """Seconds; None: as the queue has it."""


class Place:
    """A caller's place in a queue. Made by `Desk.line`."""

    def __init__(self, books: Books, waiting: Waiting, rules: QueueRules) -> None:
        self.waiting = waiting
        """As it was last changed, by a supervisor; *rules* are those of its queue."""
        self.rules = rules
        self.left = "abandoned"
        """How the caller left, for the record, if it was not with an agent: set it to
        "key", "timeout", "overflow" or "shutdown" before the block ends that way."""
        self.to = ""
        """Where the caller flowed to, for the record: a queue, a flow, a number."""
        self.wrap_up: float | None = None
        """Seconds of wrap-up after a talk that says none; None: as the queue has it."""
        self.connected = False
        self.listening = False
        """Whether someone is inside `agent`, so that an agent may be offered."""
        self.heard_at = 0.0
        """Since when it is listening, in wall-clock seconds."""
        self.talk: Talk | None = None
        """While someone is inside `agent`, with an agent."""
        self.known = False
        """Whether the board has the caller in line since an earlier life."""
        self.rung: list[Live] = []
        """Offers of an earlier life of the service that ring for this caller."""
        self.again: Offer | None = None
        """The one of an earlier life whose agent has answered, until the two talk."""
        self._books = books
        self._rings: Rings | None = None
        self.told = Promise()
        """What the caller was told of the wait."""

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

    @property
    def ringing(self) -> bool:
        """Whether a phone rings for this caller."""
        return bool(self._rings)

    @property
    def talking(self) -> bool:
        """Whether someone is inside `agent`, with an agent."""
        return self.talk is not None

    def estimate(self) -> tuple[float, float]:
        """Return the range of seconds, from now on, in which an agent will answer.

        A minute at least, and never worse than last time without a cause.
        """
        if self.connected:
            return (0.0, 0.0)
        return self._books.estimate(self.waiting, self.told)

    # For the desk ----------------------------------------------------------------

    def give(self, offer: Offer) -> None:
        """An agent is claimed for this caller; from now on the place owns the offer.

        Only while it is listening.
        """
        assert self._rings is not None
        self._rings.give(offer)

    def stop(self, offer: Offer, how: str) -> bool:
        """End what rings for *offer*, as the fact `OfferEnded` is to say; False if
        nothing does. It is ended when the phone is silent."""
        return self._rings is not None and self._rings.stop(offer.id, how)

    def wake(self) -> None:
        """Something may have changed for this caller."""
        if self._rings is not None:
            self._rings.wake()

    def deaf(self) -> None:
        """No agent is to be offered any more."""
        if self.listening:
            self.listening = False
            self._books.aside(self)

    def answered(self, won: Won, shown: Mapping[str, str]) -> None:
        """An agent has answered, the first one."""
        self.listening = False
        self.connected = True
        waited = self._books.connected(won.offer, shown)
        agent = self._books.agent(won.offer.agent)
        offer = replace(won.offer, connected=self._books.clock())
        self.talk = Talk(agent, won.leg, offer, waited, won.asked)

    # For the queue step ----------------------------------------------------------

    @asynccontextmanager
    async def agent(
        self,
        switch: Switch,
        *,
        shown: Mapping[str, str] = NOTHING,
        caller_id: str = "",
        ask: AskAgent | None = None,
    ) -> AsyncIterator[Talk]:
        """Wait until an agent has answered, and hold the agent while the block runs.

        An agent who does not answer is made not ready, one who is busy, refuses or has
        no phone gets a pause, and the next one rings; the caller keeps the place. After
        the block the agent's leg is hung up and the wrap-up begins. *ask* tells an
        agent who must press 1 what the call is.

        Raises `NobodyCanServe` when the last one who could has signed out, and for a
        consult with one agent `NotReached`, when this one's phone is not answered.
        Cancelling while an agent rings stops that; the caller then still stands in
        line, is offered to nobody, and may come back here. One whose agent is lost
        before the two could talk may come back too: into the old place, by the time of
        joining.
        """
        if self._rings is not None or self.talk is not None:
            raise RuntimeError(f"{self.waiting.call} has an agent, or waits for one")
        if self.connected and self.again is None:
            self._rejoin()  # the agent was gone before the two could talk
        held = self.waiting.preferred
        only = held is not None and held.for_ever and self.waiting.item == "consult"
        ways = Ways(switch=switch, shown=shown, caller_id=caller_id, ask=ask, once=only)
        rings = self._rings = Rings(self._books, self, ways)
        try:
            if self.again is not None:
                await self._find_again(self.again, switch)
            if self.talk is None:
                self.listening = True
                self._books.listen(self)
                self._ring_on(rings)
                await rings.winner(self._hopeless)
            if self.talk is None:
                raise self._nobody(rings.failed if only else "")
            yield self.talk
        finally:
            self._rings = None
            self.deaf()
            # Cancelled between the answer and the block, there is a talk all the same.
            if self.talk is not None:
                await finish(self._part(self.talk))

    @asynccontextmanager
    async def talk_on(
        self, agent: Agent, leg: Channel, offer: Offer, *, waited: float, held: float
    ) -> AsyncIterator[Talk]:
        """Hold an agent who has talked with the caller since an earlier life.

        As `agent`, of a place of `Desk.again`; *held* are seconds on hold so far.
        """
        self.again = None
        self.talk = Talk(agent, leg, offer, waited, asked=True, held=held)
        try:
            yield self.talk
        finally:
            if self.talk is not None:
                await finish(self._part(self.talk))

    def left_meanwhile(self, *, held: float) -> None:
        """The agent of a place of `Desk.again` has hung up while nobody was there."""
        offer, self.again = self.again, None
        assert offer is not None
        self._books.ends.talk(offer, by="agent", held=held, wrap_up=self.wrap_up)

    def _rejoin(self) -> None:
        self.connected = False
        self._books.join(self)

    def _ring_on(self, rings: Rings) -> None:
        """Go on ringing whom an earlier life has rung, or was about to ring."""
        rung, self.rung = self.rung, []
        for live in rung:
            if live.stopped:
                self._books.ends.offer(live.offer, live.stopped)
            elif live.offer.id in self._books.live:
                rings.give(live.offer)

    async def _find_again(self, offer: Offer, switch: Switch) -> None:
        """Have the agent again who has answered in an earlier life, if he is there."""
        agent = self._books.agent(offer.agent)
        leg = await leg_of(agent, offer, switch, self._books.lines)
        self.again = None
        if leg is None or leg.gone.done():
            self._books.ends.talk(offer, by="agent")
            self._rejoin()
            return
        waited = max(0.0, (offer.connected or offer.at) - self.waiting.joined)
        self.talk = Talk(agent, leg, offer, waited, asked=agent.confirm)

    def _hopeless(self) -> bool:
        return self._books.hopeless(self)

    def _nobody(self, failed: str) -> Exception:
        """Why there is no agent: *failed* is how the only one's phone was not answered,
        "" if there was no such phone."""
        held = self.waiting.preferred
        if failed and held is not None:
            reasons = {why.value: why for why in Unreached}
            reasons[NOT_ACCEPTED] = Unreached.REJECTED
            return NotReached(held.agent, reasons.get(failed, Unreached.UNREACHABLE))
        self.left = "no agents"
        return NobodyCanServe(NOBODY)

    async def _part(self, talk: Talk) -> None:
        """Hang up the agent's leg, then give the agent back."""
        leg = talk.leg
        # A waiter that was cancelled takes the future along: that is no hang-up.
        agent_left = leg.gone.done() and not leg.gone.cancelled()
        try:
            await hang_up(leg, talk.offer)
        finally:
            self.talk = None
            talk.by = talk.by or ("agent" if agent_left else "caller")
            if talk.wrap_up is None:
                talk.wrap_up = self.wrap_up
            self._books.ends.hung_up(talk)
