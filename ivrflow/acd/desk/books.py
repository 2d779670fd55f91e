"""The desk's books: what happens to callers and offers, kept without ever waiting.

No method here is a coroutine. Whoever is cancelled while calling one is cancelled
before or after it, never within: there is no moment at which an agent is taken and
nobody's. What the board must know is noted in the journal and written in its turn.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from ivrflow.acd.desk.acts import Choose, Claim, Connect, End, Join, Leave
from ivrflow.acd.desk.journal import Entry, Journal
from ivrflow.acd.desk.live import Live
from ivrflow.acd.desk.nailed import Lines
from ivrflow.acd.desk.place import Place, Talk
from ivrflow.acd.desk.rings import CALLER_GONE, LOST, LOST_RACE, NOT_ACCEPTED
from ivrflow.acd.desk.told import Told
from ivrflow.acd.disposing import Disposing
from ivrflow.acd.engine import Engine
from ivrflow.acd.engine.outcome import Freed, Match, Outcome, Widened, Withdrawn
from ivrflow.acd.estimate import Promise
from ivrflow.acd.model import Agent, Offer, Presence, QueueRules, Waiting
from ivrflow.acd.paces import Paces
from ivrflow.telephony.channel import Unreached

log = logging.getLogger(__name__)

NO_ANSWER = Unreached.NO_ANSWER.value


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
        self._journal = journal
        self._told = told
        self._new_id = new_id
        self._joins: dict[str, Entry] = {}
        self.paces = Paces(queues)

    # Callers ---------------------------------------------------------------------

    def join(self, place: Place) -> None:
        """A caller takes a place in the line."""
        waiting = place.waiting
        self.places[waiting.call] = place
        doing = self.engine.doing(waiting.queue)
        self.engine.join(waiting, self.clock())
        self._joins[waiting.call] = self._journal.add(Join(waiting))
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
            self._journal.add(Leave(call))
        position = place.position
        self.engine.leave(call)
        self.paces.waited(place.waiting, place.waited, lost=True)
        self._told.left(place.waiting, place.left, position, place.to)

    def change(self, place: Place, waiting: Waiting, by: str, agent: str = "") -> None:
        """The caller stands elsewhere in line from now on, or counts for more, or is
        given to *agent*."""
        old, place.waiting = place.waiting, waiting
        place.rules = self.queues[waiting.queue]
        self._journal.add(Join(waiting))
        self._told.moved(old, waiting, by, agent)
        self.act(self.engine.change(waiting.call, waiting, self.clock()))
        place.wake()

    def listen(self, place: Place) -> None:
        """The caller can take an agent from now on."""
        place.heard_at = self.clock()
        self.act(self.engine.listen(place.waiting.call, place.heard_at))

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
                    self._told.widened(self.places[outcome.call].waiting, outcome)
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
        self._journal.add(Claim(offer), lambda won: self._claimed(offer, won))

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
            self.end_on_board(offer, LOST, self.clock(), None)
        elif live.stopped:
            self.end_offer(offer, live.stopped)
        elif self.listens(live.place):
            live.place.give(offer)
        else:
            self.end_offer(offer, CALLER_GONE)

    def rings(self, offer: Offer, shown: Mapping[str, str]) -> None:
        """The phone is ordered to ring, this moment."""
        live = self.live[offer.id]
        live.rang = True
        self._told.offered(offer, live.why, shown, live.since)

    def agent(self, number: str) -> Agent:
        return self.engine.agents[number]

    def connected(self, offer: Offer, shown: Mapping[str, str]) -> float:
        """The agent has answered. Return for how long the caller waited."""
        now = self.clock()
        place = self.live[offer.id].place
        waiting = place.waiting
        self._journal.add(Connect(offer.id, now), lambda won: _check_winner(offer, won))
        waited = self.waited(waiting)
        self.paces.waited(waiting, waited, lost=False)
        place.told.kept(self.paces.of(waiting.queue), now)
        self._told.connected(offer, waited, shown)
        self.disposing.began(offer)
        self.unreached.pop(offer.agent, None)
        out = self.engine.connected(offer.agent, now)
        self.changed(offer.agent, "answered", offer.call)
        self.act(out)
        return waited

    def end_offer(self, offer: Offer, how: str) -> None:
        """The phone rang in vain, or not at all: *how* as in the fact `OfferEnded`.

        The agent is given back, or made not ready, or gets a pause, as *how* asks. A
        caller who listens still is offered to the next one. One that is over already
        is no error.
        """
        live = self.live.get(offer.id)
        if live is None:
            return
        now = self.clock()
        rules = live.place.rules
        pauses = {
            Unreached.BUSY.value: rules.after_busy,
            Unreached.REJECTED.value: rules.after_reject,
            Unreached.UNREACHABLE.value: rules.after_unreachable,
            NOT_ACCEPTED: rules.after_not_accepted,
            LOST: rules.after_unreachable,
        }
        log.info("call %s: agent %s: %s", offer.call, offer.agent, how)
        if how == Unreached.UNREACHABLE.value:
            self._not_reached(offer, now)
        elif how in (*pauses, NO_ANSWER) and how != LOST:
            self.unreached.pop(offer.agent, None)
        if live.rang:
            self._told.offer_ended(offer, how)
        if how == NO_ANSWER:
            self._silent(offer, now, rules)
        self.release(offer, how, now + pauses[how] if how in pauses else None)

    def _not_reached(self, offer: Offer, now: float) -> None:
        """The agent's phone is not there: said once, not with each caller."""
        if offer.agent not in self.unreached:
            self.unreached[offer.agent] = now
            log.warning(
                "call %s queue %r: the phone of agent %s is not reached; is it "
                "registered? He counts as ready no more until it is, or he gets ready "
                "anew",
                offer.call,
                offer.queue,
                offer.agent,
            )

    def _silent(self, offer: Offer, now: float, rules: QueueRules) -> None:
        """Who lets it ring is not ready from now on, unless signed out meanwhile."""
        number = offer.agent
        if self.agent(number).presence is not Presence.READY:
            return
        self._journal.add(
            Choose(
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
            rules.ring,
            number,
        )
        self.changed(number, NO_ANSWER, offer.call)

    def talk_ended(self, talk: Talk) -> None:
        """The leg is hung up; wrap-up begins. One that is over already is no error."""
        offer = talk.offer
        live = self.live.get(offer.id)
        if live is None:
            return
        now = self.clock()
        agent = self.agent(offer.agent)
        seconds = now - agent.work_since
        wrap_up = talk.wrap_up
        if wrap_up is None:
            wrap_up = agent.wrap_up_after(live.place.rules.wrap_up)
        self.paces.talked(offer.queue, agent, seconds + wrap_up)
        self._told.talk_ended(offer, seconds, talk.by, talk.held)
        end = now + wrap_up
        if talk.wrap_up != 0:  # else he served nobody: he was asked, or tried in vain
            end = self.wrap_up_end(offer, end)
        self.release(offer, "talked", end)
        self.changed(offer.agent, "talk ended", offer.call)

    def wrap_up_end(self, offer: Offer, regular: float) -> float:
        """When the wrap-up after *offer* ends, which would end at *regular*.

        Infinity: not before it is said how the call has ended.
        """
        rules = self.queues.get(offer.queue)
        asked = self.live[offer.id].place.waiting.item != "consult"
        required = asked and rules is not None and rules.dispose
        return self.disposing.ended(offer, regular, required=required)

    def release(self, offer: Offer, how: str, free_at: float | None) -> None:
        """Give the agent back, in memory and on the board; see `Board.end_offer`."""
        now = self.clock()
        live = self.live.pop(offer.id)
        live.over.set()
        place = live.place
        out = self.engine.ended(offer.agent, now, free_at)
        self.end_on_board(offer, how, now, free_at)
        self.touch(offer.agent)
        self.act(out)
        if self.listens(place):
            self.listen(place)
            place.wake()

    def end_on_board(
        self, offer: Offer, how: str, at: float, free_at: float | None
    ) -> None:
        agent = self.engine.agents.get(offer.agent)
        tally = agent.tally if agent is not None else None
        self._journal.add(End(offer.id, how, at, free_at, tally))

    # Agents ----------------------------------------------------------------------

    def changed(
        self, number: str, why: str, call: str = "", by: str = "service"
    ) -> None:
        """Note that an agent's presence or work is another one now."""
        self.touch(number)
        self._told.agent_changed(self.agent(number), why, call, by)
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
