"""The desk's books: what happens to callers and offers, kept without ever waiting.

No method here is a coroutine. Whoever is cancelled while calling one is cancelled
before or after it, never within: there is no moment at which an agent is taken and
nobody's. What the board must know is noted in the journal and written in its turn.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from ivrflow.acd.desk.acts import Claim, Connect, Join, Leave
from ivrflow.acd.desk.ends import Ends
from ivrflow.acd.desk.held import Held
from ivrflow.acd.desk.journal import Entry, Journal
from ivrflow.acd.desk.live import Live
from ivrflow.acd.desk.nailed import Lines
from ivrflow.acd.desk.place import Place
from ivrflow.acd.desk.rings import CALLER_GONE, LOST, LOST_RACE
from ivrflow.acd.desk.told import Told
from ivrflow.acd.disposing import Disposing
from ivrflow.acd.engine import Engine
from ivrflow.acd.engine.outcome import Freed, Match, Outcome, Widened, Withdrawn
from ivrflow.acd.estimate import Promise
from ivrflow.acd.model import Agent, Offer, QueueRules, Waiting
from ivrflow.acd.paces import Paces
from ivrflow.facts import Connected

log = logging.getLogger(__name__)


class Books:
    """Places, live offers and agents of one desk."""

    def __init__(
        self,
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
        self.refused: list[Offer] = []
        """Offers that the board refused. They stay until we have looked why."""
        self.disposing = Disposing()
        self.lines: Lines | None = None
        """Whose phones stay up; None where nobody looks after any."""
        self.on_agent: list[Callable[[Agent], None]] = []
        """Who hears at once of each agent who has changed; quick, and never raises."""
        self.unreached: dict[str, float] = {}
        """Agent -> since when no offer has reached his phone. In memory: after a
        restart the next offer tells it again."""
        self.changes = 0
        """Counts whatever changes an agent."""
        self.touched: dict[str, int] = {}
        """Agent -> the count at the last change."""
        self.journal = journal
        self.told = told
        self.held = Held(self)
        """What an earlier life has left, until it is claimed or given up."""
        self.ends = Ends(self)
        """How offers and talks end."""
        self.shut = False
        """Whether nobody new is offered: until adoption is over, and at the end."""
        self._new_id = new_id
        self._joins: dict[str, Entry] = {}
        self.paces = Paces(queues)

    # Callers ---------------------------------------------------------------------

    def join(self, place: Place) -> None:
        """A caller takes a place in the line, or has the one of an earlier life."""
        call = place.waiting.call
        self.places[call] = place
        old = self.held.waiting(call)
        if old is not None and old.queue in self.queues:
            place.waiting, place.rules = old, self.queues[old.queue]
        place.known = old is not None
        waiting = place.waiting
        doing = self.engine.doing(waiting.queue)
        self.engine.join(waiting, self.clock())
        self.held.claim(place)
        if place.again is not None:
            place.connected = True  # which has taken him out of the line
            return
        self._joins[call] = self.journal.add(Join(waiting))
        if not self.held.is_queued(waiting, back=old is not None):
            self.told.queued(waiting, place.position, doing)

    def leave(self, place: Place) -> None:
        """The caller's place is given up, with an agent or without."""
        call = place.waiting.call
        del self.places[call]
        for live in place.rung:  # he has left before he could hear them
            self.ends.offer(live.offer, CALLER_GONE)
        if place.again is not None:
            self.ends.talk(place.again, by="caller")
        join = self._joins.pop(call, None)
        if place.connected or join is None:
            return  # `Board.connected` takes the caller out of the line
        # Nobody need ever hear of one who left before the board knew; but a claim that
        # is on its way finds the caller there.
        unknown = (
            not place.known
            and not self.engine.is_offered(call)
            and self.journal.drop(join)
        )
        if not unknown:
            self.journal.add(Leave(call))
        position = place.position
        self.engine.leave(call)
        self.paces.waited(place.waiting, place.waited, lost=True)
        self.told.left(place.waiting, place.left, position, place.to)

    def change(self, place: Place, waiting: Waiting, by: str, agent: str = "") -> None:
        """The caller stands elsewhere in line from now on, or counts for more, or is
        given to *agent*."""
        old, place.waiting = place.waiting, waiting
        place.rules = self.queues[waiting.queue]
        self.journal.add(Join(waiting))
        self.told.moved(old, waiting, by, agent)
        self.act(self.engine.change(waiting.call, waiting, self.clock()))
        place.wake()

    def listen(self, place: Place) -> None:
        """The caller can take an agent from now on."""
        place.heard_at = self.clock()
        if not self.shut:
            self.act(self.engine.listen(place.waiting.call, place.heard_at))

    def shut_down(self) -> None:
        """Offer nobody new from now on; what rings goes on."""
        self.shut = True
        for place in self.places.values():
            if place.listening:
                self.engine.aside(place.waiting.call)

    def open_up(self) -> None:
        """Offer agents again, first to who is first in line."""
        self.shut = False
        listening = [call for call, place in self.places.items() if place.listening]
        for call in self.engine.in_order(listening):
            self.act(self.engine.listen(call, self.clock()))
            self.places[call].wake()  # perhaps nobody can serve him any more

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
        rivals = self.engine.rivals(waiting.call)
        return promise.renew(
            self.paces.of(waiting.queue),
            ahead=self.ahead(waiting) + rivals,
            agents=self.engine.on_duty_for(waiting.call),
            now=self.clock(),
        )

    # Offers ----------------------------------------------------------------------

    def act(self, outcomes: Sequence[Outcome], since: float | None = None) -> None:
        """Do what the engine has decided. *since* is from when on it could have been
        decided, if not only now."""
        for outcome in outcomes:
            match outcome:
                case Match():
                    self._match(outcome, since)
                case Withdrawn(call, number):
                    self._withdraw(call, number)
                case Widened():
                    self.told.widened(self.places[outcome.call].waiting, outcome)
                case Freed(number):
                    rested = self.engine.rests(number)
                    self.changed(number, "rest over" if rested else "wrap-up over")

    def _match(self, match: Match, since: float | None) -> None:
        now = self.clock()
        place = self.places[match.call]
        offer = Offer(
            id=self._new_id(),
            call=match.call,
            queue=place.waiting.queue,
            agent=match.agent,
            at=now,
            who=place.waiting.who,
            alone=match.round == 0,
        )
        self.live[offer.id] = Live(
            offer, place, str(match.why), now if since is None else min(since, now)
        )
        self.touch(match.agent)
        self.journal.add(Claim(offer), lambda won: self._claimed(offer, won))

    def _withdraw(self, call: str, number: str) -> None:
        """Another agent was quicker."""
        for live in list(self.live.values()):
            offer = live.offer
            if (offer.call, offer.agent) == (call, number):
                self.stop(live, LOST_RACE)

    def stop(self, live: Live, how: str) -> None:
        """End an offer that is no talk yet, when its phone is silent."""
        if not live.place.stop(live.offer, how):
            live.stopped = how

    def _claimed(self, offer: Offer, won: bool) -> None:
        """The board has made *offer* live, or not: hand it to the caller."""
        if not won:
            self.refused.append(offer)
            return
        live = self.live.get(offer.id)
        if live is None:  # freed by hand while the claim was on its way
            self.ends.on_board(offer, LOST, self.clock(), None)
        elif live.stopped:
            self.ends.offer(offer, live.stopped)
        elif self.listens(live.place):
            live.place.give(offer)
        else:
            self.ends.offer(offer, CALLER_GONE)

    def rings(self, offer: Offer, shown: Mapping[str, str]) -> None:
        """The phone is ordered to ring, this moment."""
        live = self.live[offer.id]
        if not live.rang:
            live.rang = True
            self.told.offered(offer, live.why, shown, live.since)

    def agent(self, number: str) -> Agent:
        return self.engine.agents[number]

    def connected(self, offer: Offer, shown: Mapping[str, str]) -> float:
        """The agent has answered. Return for how long the caller waited."""
        now = self.clock()
        place = self.live[offer.id].place
        waiting = place.waiting
        self.journal.add(Connect(offer.id, now), lambda won: _check_winner(offer, won))
        waited = self.waited(waiting)
        self.paces.waited(waiting, waited, lost=False)
        place.told.kept(self.paces.of(waiting.queue), now)
        if not self.held.is_noted(Connected.__name__, offer.id):
            self.told.connected(offer, waited, shown)
        self.disposing.began(offer)
        self.unreached.pop(offer.agent, None)
        out = self.engine.connected(offer.agent, now)
        self.changed(offer.agent, "answered", offer.call)
        self.act(out)
        return waited

    # Agents ----------------------------------------------------------------------

    def changed(
        self, number: str, why: str, call: str = "", by: str = "service"
    ) -> None:
        """Note that an agent's presence or work is another one now."""
        self.touch(number)
        self.told.agent_changed(self.agent(number), why, call, by)
        self.tell_of(number)

    def tell_of(self, number: str) -> None:
        """Let those know who listen that this agent is another one now."""
        for hear in self.on_agent:
            hear(self.agent(number))

    def touch(self, number: str) -> None:
        """What a reading of the board that has begun says of this agent is old news."""
        self.changes += 1
        self.touched[number] = self.changes

    def offer_of(self, number: str) -> Live | None:
        """The live offer of this agent; None if there is none."""
        for live in self.live.values():
            if live.offer.agent == number:
                return live
        return None

    def wake_the_hopeless(self) -> None:
        """Let those callers know for whom nobody is left who could ever serve them."""
        known: dict[object, bool] = {}
        for place in self.places.values():
            waiting = place.waiting
            # Callers who ask for the same thing are asked about once.
            asked = (
                waiting.queue,
                waiting.item,
                waiting.widest(),
                waiting.preferred,
                tuple((w.agents, w.teams, w.queues) for w in waiting.widening),
            )
            if asked not in known:
                known[asked] = self.engine.can_ever_serve(waiting)
            if not known[asked]:
                place.wake()


def _check_winner(offer: Offer, won: bool) -> None:
    if not won:
        log.error(
            "call %s: the board has agent %s not as the one who answered; does another "
            "service use this database? The talk goes on",
            offer.call,
            offer.agent,
        )
