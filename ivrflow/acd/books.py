"""The desk's books: what happens to callers and offers, kept without ever waiting.

No method here is a coroutine. Whoever is cancelled while calling one is cancelled
before or after it, never within: there is no moment at which an agent is taken and
nobody's. What the board must know is noted in the journal and written in its turn.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ivrflow.acd.board import Board
from ivrflow.acd.engine import Engine
from ivrflow.acd.estimate import Pace, Promise
from ivrflow.acd.journal import Entry, Journal
from ivrflow.acd.model import Agent, Need, Offer, Presence, QueueRules, Waiting
from ivrflow.acd.outcome import Freed, Match, Outcome, Widened
from ivrflow.acd.place import CALLER_GONE, LOST, Place
from ivrflow.acd.told import Told
from ivrflow.telephony.channel import Unreached

log = logging.getLogger(__name__)

NO_ANSWER = Unreached.NO_ANSWER.value


@dataclass(frozen=True, slots=True)
class Live:
    """An offer that is not over, for which place it is, and why this agent."""

    offer: Offer
    place: Place
    why: str


class Books:
    """Places, live offers and agents of one desk."""

    def __init__(
        self,
        board: Board,
        queues: Mapping[str, QueueRules],
        *,
        clock: Callable[[], float],
        journal: Journal,
        told: Told,
        new_id: Callable[[], str],
    ) -> None:
        self.engine = Engine(queues)
        self.queues = queues
        self.clock = clock
        self.places: dict[str, Place] = {}
        self.live: dict[str, Live] = {}
        """By the offer's id."""
        self.changes = 0
        """Counts whatever changes an agent."""
        self.touched: dict[str, int] = {}
        """Agent -> the count at the last change."""
        self._board = board
        self._journal = journal
        self._told = told
        self._new_id = new_id
        self._joins: dict[str, Entry] = {}
        self._paces = {
            name: Pace(handle=rules.handle, patience=rules.patience)
            for name, rules in queues.items()
        }

    # Callers ---------------------------------------------------------------------

    def join(self, place: Place) -> None:
        """A caller takes a place in the line."""
        waiting = place.waiting
        self.places[waiting.call] = place
        doing = self.engine.doing(waiting.queue)
        self.engine.join(waiting, self.clock())
        self._joins[waiting.call] = self._journal.add(lambda: self._board.join(waiting))
        self._told.queued(waiting, place.position, doing)

    def leave(self, place: Place) -> None:
        """The caller's place is given up, with an agent or without."""
        call = place.waiting.call
        del self.places[call]
        join = self._joins.pop(call)
        if place.connected:
            return  # `Board.connected` takes the caller out of the line
        # Nobody need ever hear of one who left before the board knew; but a claim that
        # is on its way finds the caller there.
        unknown = not self.engine.is_offered(call) and self._journal.drop(join)
        if not unknown:
            self._journal.add(lambda: self._board.leave(call))
        self.engine.leave(call)
        self._paces[place.waiting.queue].waited(place.waited, lost=True)
        self._told.left(place.waiting, place.left)

    def listen(self, place: Place) -> None:
        """The caller can take an agent from now on."""
        self.act(self.engine.listen(place.waiting.call, self.clock()))

    def aside(self, place: Place) -> None:
        """The caller can't take an agent just now."""
        self.engine.aside(place.waiting.call)

    def listens(self, place: Place) -> bool:
        """Whether an agent who is claimed for this place may be handed over."""
        return place.listening and self.places.get(place.waiting.call) is place

    def hopeless(self, place: Place) -> bool:
        """Whether nobody is claimed for this caller, and nobody ever can be."""
        waiting = place.waiting
        return self.engine.is_waiting(waiting.call) and not self.engine.can_ever_serve(
            waiting
        )

    def waited(self, waiting: Waiting) -> float:
        return max(0.0, self.clock() - waiting.joined)

    def ahead(self, waiting: Waiting) -> int:
        caller = self.engine.line.callers.get(waiting.call)
        return self.engine.line.ahead(caller) if caller else 0

    def estimate(self, waiting: Waiting, promise: Promise) -> tuple[float, float]:
        return promise.renew(
            self._paces[waiting.queue],
            ahead=self.ahead(waiting),
            agents=self.engine.on_duty_for(waiting.call),
        )

    # Offers ----------------------------------------------------------------------

    def act(self, outcomes: Sequence[Outcome]) -> None:
        """Do what the engine has decided."""
        for outcome in outcomes:
            match outcome:
                case Match(call, number, why):
                    place = self.places[call]
                    offer = Offer(
                        id=self._new_id(),
                        call=call,
                        queue=place.waiting.queue,
                        agent=number,
                        at=self.clock(),
                        who=place.waiting.who,
                    )
                    self.live[offer.id] = Live(offer, place, str(why))
                    self.touch(number)
                    self._journal.claim(offer)
                case Widened(call, need, _, after):
                    self._told.widened(self.places[call].waiting, need, after)
                case Freed(number):
                    self.changed(number, "wrap-up over")

    def won(self, offer: Offer) -> None:
        """The board has made *offer* live: hand it to the caller."""
        live = self.live[offer.id]
        self._told.offered(offer, live.why)
        if self.listens(live.place):
            live.place.give(offer)
        else:
            self.end_offer(offer, CALLER_GONE)

    def agent(self, number: str) -> Agent:
        return self.engine.agents[number]

    def connected(self, offer: Offer, shown: Mapping[str, str]) -> float:
        """The agent has answered. Return for how long the caller waited."""
        now = self.clock()
        waiting = self.live[offer.id].place.waiting
        self.engine.connected(offer.agent, now)
        self._journal.add(lambda: self._board.connected(offer.id, at=now))
        waited = self.waited(waiting)
        self._paces[waiting.queue].waited(waited, lost=False)
        self._told.connected(offer, waited, shown)
        self.changed(offer.agent, "answered", offer.call)
        return waited

    def end_offer(self, offer: Offer, how: str) -> None:
        """The phone rang in vain, or not at all: *how* as in the fact `OfferEnded`.

        The agent is given back, or made not ready, or gets a pause, as *how* asks. A
        caller who listens still is offered to the next one.
        """
        now = self.clock()
        rules = self.queues[offer.queue]
        pauses = {
            Unreached.BUSY.value: rules.after_busy,
            Unreached.REJECTED.value: rules.after_reject,
            Unreached.UNREACHABLE.value: rules.after_unreachable,
            LOST: rules.after_unreachable,
        }
        log.info("call %s: agent %s: %s", offer.call, offer.agent, how)
        self._told.offer_ended(offer, how)
        if how == NO_ANSWER:
            self._silent(offer, now)
        self.release(offer, how, now + pauses[how] if how in pauses else None)

    def _silent(self, offer: Offer, now: float) -> None:
        """Who lets it ring is not ready from now on, unless signed out meanwhile."""
        number = offer.agent
        if self.agent(number).presence is not Presence.READY:
            return
        self._journal.add(
            lambda: self._board.set_presence(
                number,
                Presence.NOT_READY,
                at=now,
                reason=NO_ANSWER,
                instead_of=Presence.READY,
            )
        )
        self.act(
            self.engine.set_presence(
                number, Presence.NOT_READY, now, since=now, reason=NO_ANSWER
            )
        )
        log.warning(
            "call %s queue %r: agent %s did not answer in %.0f s; %s is not ready now, "
            "trying the next",
            offer.call,
            offer.queue,
            number,
            self.queues[offer.queue].ring,
            number,
        )
        self.changed(number, NO_ANSWER, offer.call)

    def talk_ended(self, offer: Offer, by: str) -> None:
        """The leg is hung up; wrap-up begins."""
        now = self.clock()
        seconds = now - self.agent(offer.agent).work_since
        wrap_up = self.queues[offer.queue].wrap_up
        self._paces[offer.queue].talked(seconds + wrap_up)
        self._told.talk_ended(offer, seconds, by)
        self.release(offer, "talked", now + wrap_up)
        self.changed(offer.agent, "talk ended", offer.call)

    def release(self, offer: Offer, how: str, free_at: float | None) -> None:
        """Give the agent back, in memory and on the board; see `Board.end_offer`."""
        now = self.clock()
        place = self.live.pop(offer.id).place
        self.end_on_board(offer, how, now, free_at)
        self.touch(offer.agent)
        self.act(self.engine.ended(offer.agent, now, free_at))
        if self.listens(place):
            self.listen(place)
            place.wake()

    def end_on_board(
        self, offer: Offer, how: str, at: float, free_at: float | None
    ) -> None:
        self._journal.add(
            lambda: self._board.end_offer(offer.id, how=how, at=at, free_at=free_at)
        )

    # Agents ----------------------------------------------------------------------

    def changed(self, number: str, why: str, call: str = "") -> None:
        """Note that an agent's presence or work is another one now."""
        self.touch(number)
        self._told.agent_changed(self.agent(number), why, call)

    def touch(self, number: str) -> None:
        """What a reading of the board that has begun says of this agent is old news."""
        self.changes += 1
        self.touched[number] = self.changes

    def wake_the_hopeless(self) -> None:
        """Let those callers know for whom nobody is left who could ever serve them."""
        known: dict[tuple[str, Need, str], bool] = {}
        for place in self.places.values():
            held = place.waiting.preferred
            alone = held.agent if held is not None and held.for_ever else ""
            asked = (place.waiting.queue, place.waiting.widest(), alone)
            if asked not in known:
                known[asked] = self.engine.can_ever_serve(place.waiting)
            if not known[asked]:
                place.wake()
