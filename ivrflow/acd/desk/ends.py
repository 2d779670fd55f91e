"""How offers and talks end: what their agents get then, and what is noted of it.

A phone that rang in vain costs its agent a pause, or makes him not ready; a talk is
followed by its wrap-up. Each end frees the agent and may have the caller offered anew.
Nothing here waits: it is a part of the desk's books.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from ivrflow.acd.desk.acts import Choose, End
from ivrflow.acd.desk.place import Talk
from ivrflow.acd.desk.rings import LOST, NOT_ACCEPTED
from ivrflow.acd.model import Offer, Presence, QueueRules
from ivrflow.telephony.channel import Unreached

if TYPE_CHECKING:
    from ivrflow.acd.desk.books import Books

log = logging.getLogger(__name__)

NO_ANSWER = Unreached.NO_ANSWER.value


class Ends:
    """The ends of offers that are in the books; each is taken once."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def offer(self, offer: Offer, how: str) -> None:
        """The phone rang in vain, or not at all: *how* as in the fact `OfferEnded`.

        The agent is given back, or made not ready, or gets a pause, as *how* asks. A
        caller who listens still is offered to the next one. One that is over already
        is no error.
        """
        books = self._books
        live = books.live.get(offer.id)
        if live is None:
            return
        now = books.clock()
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
            books.unreached.pop(offer.agent, None)
        if live.rang:
            books.told.offer_ended(offer, how)
        if how == NO_ANSWER:
            self._silent(offer, now, rules)
        self.release(offer, how, now + pauses[how] if how in pauses else None)

    def _not_reached(self, offer: Offer, now: float) -> None:
        """The agent's phone is not there: said once, not with each caller."""
        books = self._books
        if offer.agent not in books.unreached:
            books.unreached[offer.agent] = now
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
        books = self._books
        number = offer.agent
        if books.agent(number).presence is not Presence.READY:
            return
        books.journal.add(
            Choose(
                number,
                Presence.NOT_READY,
                at=now,
                reason=NO_ANSWER,
                instead_of=Presence.READY,
            )
        )
        books.act(
            books.engine.set_presence(
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
        books.changed(number, NO_ANSWER, offer.call)

    def hung_up(self, talk: Talk) -> None:
        """The leg is hung up; wrap-up begins. One that is over already is no error."""
        self.talk(talk.offer, by=talk.by, held=talk.held, wrap_up=talk.wrap_up)

    def talk(
        self,
        offer: Offer,
        *,
        by: str,
        held: float = 0.0,
        wrap_up: float | None = None,
        at: float | None = None,
    ) -> None:
        """A talk is over, now or as of *at*; see `Talk` for the others."""
        books = self._books
        live = books.live.get(offer.id)
        if live is None:
            return
        at = books.clock() if at is None else at
        agent = books.engine.agents.get(offer.agent)
        began = offer.connected or at
        if agent is not None and live.seated:
            began = agent.work_since
        seconds = at - began
        regular = live.place.rules.wrap_up
        after = regular if agent is None else agent.wrap_up_after(regular)
        if wrap_up is not None:
            after = wrap_up
        books.paces.talked(offer.queue, agent, seconds + after)
        if not live.end_told:
            told = partial(books.told.talk_ended, offer, seconds, by, held, at)
            books.held.note_end(offer, told)
        end = at + after
        if wrap_up != 0:  # else he served nobody: he was asked, or tried in vain
            end = self._wrap_up_end(offer, end)
        self.release(offer, "talked", end)
        if agent is not None:
            books.changed(offer.agent, "talk ended", offer.call)

    def _wrap_up_end(self, offer: Offer, regular: float) -> float:
        """When the wrap-up after *offer* ends, which would end at *regular*.

        Infinity: not before it is said how the call has ended.
        """
        books = self._books
        rules = books.queues.get(offer.queue)
        asked = books.live[offer.id].place.waiting.item != "consult"
        required = asked and rules is not None and rules.dispose
        return books.disposing.ended(offer, regular, required=required)

    def release(self, offer: Offer, how: str, free_at: float | None) -> None:
        """Give the agent back, in memory and on the board; see `Board.end_offer`."""
        books = self._books
        now = books.clock()
        live = books.live.pop(offer.id)
        live.over.set()
        place = live.place
        out = books.engine.ended(offer.agent, now, free_at) if live.seated else []
        self.on_board(offer, how, now, free_at)
        books.touch(offer.agent)
        books.act(out)
        if books.listens(place):
            books.listen(place)
            place.wake()

    def on_board(
        self, offer: Offer, how: str, at: float, free_at: float | None
    ) -> None:
        """The board hears of the end in its turn; see `Board.end_offer`."""
        books = self._books
        agent = books.engine.agents.get(offer.agent)
        tally = agent.tally if agent is not None else None
        books.journal.add(End(offer.id, how, at, free_at, tally))
