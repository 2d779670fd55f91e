"""Agents for visits: offers, talks, wrap-ups, and how they are counted.

An engagement is known by its offer's id. Its counts belong to the queue's span in which
the caller came, and to the agent's span in which each thing happened.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ivrflow.facts import (
    AgentOffered,
    CallerTransferBegan,
    CallerTransferEnded,
    Connected,
    Held,
    OfferEnded,
    Resumed,
    TalkEnded,
)
from ivrflow.figures.calls import Calls
from ivrflow.figures.lasting import Lasting
from ivrflow.figures.ledger import Ledger
from ivrflow.figures.people import HOLD, RING, SIGNED_OUT, TALK, WRAP_UP, People
from ivrflow.figures.record import CallSoFar, push
from ivrflow.figures.sums import count
from ivrflow.figures.visits import ANSWERED, CONSULT, LOST, WAITING, Visit, Visits

TRANSFER = "transfer"
"""`TalkEnded.by` where the caller was given to somebody else."""


@dataclass(slots=True)
class Engagement:
    """An agent for a visit."""

    offer: str
    agent: str
    visit: Visit
    began: float = 0.0
    """The talk."""
    ended: float = 0.0
    held: float = 0.0
    held_since: float | None = None
    took_over: float | None = None
    """Of a consult: when the caller was given to this agent."""
    served: Visit | None = None
    """Of a consult: the caller's visit, from then on."""
    wraps: CallSoFar | None = None
    """Whose wrap-up it is, when the talk is over."""

    @property
    def counts(self) -> Visit:
        """The visit where it is counted."""
        return self.served or self.visit


class Engagements(Lasting):
    """Those that are on."""

    def __init__(
        self, ledger: Ledger, calls: Calls, visits: Visits, people: People
    ) -> None:
        self._ledger = ledger
        self._calls = calls
        self._visits = visits
        self._people = people
        self._offers: dict[str, Engagement] = {}
        self._talks: dict[str, Engagement] = {}
        self._wrapping: dict[str, Engagement] = {}
        """By agent."""
        self._transfers: dict[str, tuple[Engagement | None, str]] = {}

    # Offers ---------------------------------------------------------------------------

    def offered(self, fact: AgentOffered) -> None:
        """A phone rings."""
        if fact.offer in self._offers or fact.offer in self._talks:
            return
        visit = self._visits.of(fact.call)
        if visit is None:
            visit = self._visits.made_up(fact.call, fact.queue, fact.at)
        self._offers[fact.offer] = Engagement(fact.offer, fact.agent, visit)
        idle = visit.idle_more(fact.at, fact.idle)
        for sums in self._ledger.queue_sums(visit.keys):
            sums.idle += idle
        known = self._calls.known(fact.call)
        if known is not None:
            known.offers += 1
        self.wrapped_up(fact.agent, fact.at)
        self._people.works(fact.agent, fact.at, RING, fact.queue, fact.call)

    def offer_ended(self, fact: OfferEnded) -> None:
        """It rang in vain."""
        engaged = self._offers.pop(fact.offer, None)
        if engaged is None:
            return  # told again, or how it began was lost
        self._count(engaged, fact.at, fact.how)
        self._people.works(fact.agent, fact.at, "")

    def _count(self, engaged: Engagement, at: float, how: str) -> None:
        for sums in self._ledger.queue_sums(engaged.visit.keys):
            count(sums.offers, how)
        for his in self._ledger.agent_sums(engaged.agent, at):
            count(his.offers, how)

    # Talks ----------------------------------------------------------------------------

    def connected(self, fact: Connected) -> None:
        """An agent answered."""
        if fact.offer in self._talks:
            return
        engaged = self._offers.pop(fact.offer, None)
        visit = engaged.visit if engaged is not None else self._visits.of(fact.call)
        if visit is None or visit.state != WAITING:
            if engaged is None and visit is not None and visit.left_at == fact.at:
                return  # told again, when the talk was over
            entered = fact.at - fact.waited
            visit = self._visits.made_up(fact.call, fact.queue, entered)
        if engaged is None:
            engaged = Engagement(fact.offer, fact.agent, visit)
        engaged.visit, engaged.began = visit, fact.at
        self._talks[fact.offer] = engaged
        self._visits.answer(visit, fact.at)
        self._count(engaged, fact.at, ANSWERED)
        known = self._calls.known(fact.call)
        if known is not None:
            push(known.agents, fact.agent)
        self._people.answered(fact.agent, fact.at)
        self._people.works(fact.agent, fact.at, TALK, fact.queue, fact.call)

    def call_began(self, call: CallSoFar) -> None:
        """A callback's customer answered: the agent was there before the call was."""
        for engaged in self._talks.values():
            if engaged.visit.call == call.call:
                push(call.queues, engaged.visit.queue)
                push(call.agents, engaged.agent)
                call.outcome = ANSWERED

    def held(self, fact: Held) -> None:
        engaged = self._talks.get(fact.offer)
        if engaged is not None and engaged.held_since is None:
            engaged.held_since = fact.at
            self._people.works(fact.agent, fact.at, HOLD, fact.queue, fact.call)

    def resumed(self, fact: Resumed) -> None:
        engaged = self._talks.get(fact.offer)
        if engaged is not None and engaged.held_since is not None:
            engaged.held += fact.at - engaged.held_since
            engaged.held_since = None
            self._people.works(fact.agent, fact.at, TALK, fact.queue, fact.call)

    def talk_ended(self, fact: TalkEnded) -> None:
        """The agent's part is over, or was told to be so before."""
        engaged = self._talks.pop(fact.offer, None)
        if engaged is not None:
            self._end(engaged, fact.at, fact.seconds, fact.by, fact.held)

    def _end(
        self, engaged: Engagement, at: float, seconds: float, by: str, told: float
    ) -> None:
        visit, agent = engaged.visit, engaged.agent
        held = engaged.held
        if engaged.held_since is not None:
            held += at - engaged.held_since
        held = min(seconds, max(held, told))
        with_caller = seconds
        if visit.item == CONSULT:
            taken = engaged.took_over
            with_caller = 0.0 if taken is None else max(held, at - taken)
        for sums in self._ledger.queue_sums(engaged.counts.keys):
            # However many agents had this caller, one after the other: one was handled.
            sums.handled += visit.item != CONSULT
            sums.talk += with_caller - held
            sums.hold += held
            count(sums.ended_by, by)
        for his in self._ledger.agent_sums(agent, at):
            his.handled += 1
            count(his.ended_by, by)
        known = self._calls.known(visit.call)
        if known is not None and (with_caller or visit.item != CONSULT):
            known.talk += with_caller - held
            known.hold += held
            known.hung_up = by
            known.wrapping += 1
            engaged.wraps = known
        engaged.ended = at
        visit.given_away = by == TRANSFER
        self.wrapped_up(agent, at)
        self._wrapping[agent] = engaged
        person = self._people[agent]
        if person is None or person.presence == SIGNED_OUT:
            # Signed out, or nothing but talks is told of him: there is no wrap-up.
            self.wrapped_up(agent, at)
            self._people.works(agent, at, "")
        else:
            self._people.works(agent, at, WRAP_UP, visit.queue, visit.call)
        self._visits.forget_some_time(visit)

    def wrapped_up(self, agent: str, at: float) -> None:
        """The wrap-up of *agent* is over, if one was on."""
        engaged = self._wrapping.pop(agent, None)
        if engaged is None:
            return
        seconds = max(0.0, at - engaged.ended)
        for sums in self._ledger.queue_sums(engaged.counts.keys):
            sums.wrap_up += seconds
        if engaged.wraps is not None:
            engaged.wraps.wrap_up += seconds
            engaged.wraps.wrapping -= 1
            self._calls.tell(engaged.wraps)

    # Transfers ------------------------------------------------------------------------

    def transfer_began(self, fact: CallerTransferBegan) -> None:
        self._transfers[fact.offer] = (self._talks.get(fact.offer), fact.mode)

    def transfer_ended(self, fact: CallerTransferEnded) -> None:
        engaged, mode = self._transfers.pop(fact.offer, (None, ""))
        if not mode:
            return
        if engaged is not None:
            for sums in self._ledger.queue_sums(engaged.counts.keys):
                count(sums.transfers, f"{mode} {fact.how}")
        for his in self._ledger.agent_sums(fact.agent, fact.at):
            count(his.transfers, f"{mode} {fact.how}")
        if mode == "attended" and fact.how == "done":
            self._took_over(fact, engaged)
        known = self._calls.known(fact.call)
        if known is not None:
            push(known.transfers, f"{mode} to {fact.to}: {fact.how}")
            self._calls.tell(known)

    def _took_over(self, fact: CallerTransferEnded, before: Engagement | None) -> None:
        """Who was asked has the caller now, whom *before* has had.

        That one may have been asked before, too, and then has taken over already.
        """
        for other in self._talks.values():
            if (
                other.visit.item == CONSULT
                and other.took_over is None
                and self._calls.is_about(other.visit.call, fact.call)
            ):
                other.took_over = fact.at
                other.served = before.counts if before is not None else None

    # The service ----------------------------------------------------------------------

    def calls(self) -> set[str]:
        """The calls for which a phone rings, or somebody talks."""
        on = (*self._offers.values(), *self._talks.values())
        return {engaged.visit.call for engaged in on}

    def with_callers(self, calls: Collection[str]) -> set[str]:
        """The agents who talk with these."""
        talks = self._talks.values()
        return {engaged.agent for engaged in talks if engaged.visit.call in calls}

    def lost(self, at: float, calls: Collection[str] | None = None) -> None:
        """What was on for these calls, None: for all, ended with the service, at
        *at*."""

        def over(engaged: Engagement) -> bool:
            return calls is None or engaged.visit.call in calls

        for engaged in [e for e in self._offers.values() if over(e)]:
            self._count(engaged, at, LOST)
            del self._offers[engaged.offer]
            if calls is not None:
                self._people.works(engaged.agent, at, "")
        for engaged in [e for e in self._talks.values() if over(e)]:
            end = max(at, engaged.began)
            self._end(engaged, end, end - engaged.began, LOST, 0.0)
            del self._talks[engaged.offer]
        if calls is not None:
            return
        for agent in [*self._wrapping]:
            self.wrapped_up(agent, at)
        self._transfers.clear()
