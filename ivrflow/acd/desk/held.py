"""What an earlier life of the service has left on the board, until somebody claims it.

A service that died has left phones that ring, talks that go on and callers who wait:
Asterisk does all that without us. So what the board has live when it is first read is
not over: it is *held*, with its agents busy, and whoever comes back into the line finds
his place and his offers again. Nobody new is offered meanwhile, so that no one who
waited longer is passed by. When adoption is over, what nobody has claimed ends here,
with its facts.

The board and the facts have two writers, so either may know a moment more than the
other: `Past` tells which facts are there, and what is missing is noted when it is
claimed, never twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from ivrflow.acd.desk.acts import Connect, Leave
from ivrflow.acd.desk.live import Live
from ivrflow.acd.desk.place import Place
from ivrflow.acd.desk.rings import LOST, LOST_RACE
from ivrflow.acd.model import NOTHING, Offer, QueueRules, Waiting
from ivrflow.facts import CallerQueued, Connected

if TYPE_CHECKING:
    from ivrflow.acd.desk.books import Books

log = logging.getLogger(__name__)

OUTAGE = "outage"
"""How a wait or a talk has ended that was over when nobody was there to see it."""

Fact = tuple[str, str]
"""The kind of a fact, and the offer or, of `CallerQueued`, the call that it is of."""


class Past(Protocol):
    """What was noted in earlier lives of the service."""

    async def told(self, calls: Collection[str]) -> Mapping[Fact, float]:
        """Which facts are there of these calls' offers (made, connected, ended), and
        `CallerQueued` of those who have not left the line since; each with its time.
        Raises `BoardAway`."""

    async def unjoined(self, known: Collection[str]) -> Collection[Waiting]:
        """Who joined a line, as a fact says, and the board has never heard of: nobody
        of *known*, nobody who has left since. Raises `BoardAway`.

        Of the last minute of the earlier life; without their needs.
        """

    async def untold(self) -> Collection[Ended]:
        """Which offers are over on the board, and no fact says so. Raises `BoardAway`.

        Of those that some fact tells of, of the last minute of the earlier life.
        """


@dataclass(frozen=True, slots=True)
class Ended:
    """An offer whose end could not be noted any more."""

    offer: Offer
    how: str
    """As `Board.end_offer` has it: "talked", or how it rang in vain."""
    at: float
    told: Collection[str]
    """The kinds of facts that tell of it."""


class Held:
    """Offers and callers of an earlier life that nobody has claimed yet."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.offers: dict[str, Offer] = {}
        """By id."""
        self.line: dict[str, Waiting] = {}
        """By call."""
        self._unjoined: dict[str, Waiting] = {}
        """By call: those of whom only the facts know."""
        self._of_call: dict[str, list[Offer]] = {}
        self._early: set[str] | None = set()
        """Talks that went on before the board was read: they may be over by then.
        None: it was read."""
        self._ended: list[tuple[str, Callable[[], None]]] = []
        """Of them, those that have ended since: the offer, and what notes that."""
        self._unsaid: set[str] = set()
        """Of these, those that are over on the board, and of which no fact says so."""
        self._told: Mapping[Fact, float] | None = None
        """None: nobody knows; then all is taken as told."""

    def take(
        self,
        offers: Sequence[Offer],
        waiting: Sequence[Waiting],
        told: Mapping[Fact, float] | None,
        unjoined: Collection[Waiting] = (),
    ) -> None:
        """Hold what the board has, but for what is claimed already."""
        books = self._books
        self._told = told
        early, self._early = self._early or set(), None
        for id in early.intersection(books.live).difference(one.id for one in offers):
            books.live[id].end_told = True
        on_board, ended, self._ended = {one.id for one in offers}, self._ended, []
        for id, note in ended:
            # An earlier life may have noted it, and died before all knew of it.
            if id in self._unsaid or (id in on_board and not self.has_ended(id)):
                note()
        self._unjoined = {
            one.call: one for one in unjoined if one.call not in books.places
        }
        self.offers = {
            one.id: self._as_noted(one)
            for one in offers
            if one.id not in books.live and one.id not in early
        }
        for one in list(self.offers.values()):
            if one.connected is None and self.has_ended(one.id):
                del self.offers[one.id]  # only the board has not heard of it
                books.ends.on_board(one, LOST, books.clock(), None)
        self.line = {one.call: one for one in waiting if one.call not in books.places}
        for offer in self.offers.values():
            self._of_call.setdefault(offer.call, []).append(offer)

    def _as_noted(self, offer: Offer) -> Offer:
        """*offer* as a talk, if a fact says so and the board has not heard of it."""
        at = (self._told or {}).get((Connected.__name__, offer.id))
        if offer.connected is not None or at is None:
            return offer
        self._books.journal.add(Connect(offer.id, at))
        return replace(offer, connected=at)

    def tell(self, untold: Collection[Ended]) -> None:
        """Note the ends that the earlier life could not note any more; before `take`.

        Whoever ended a talk then is not known, and for how long it was on hold neither.
        """
        told, live = self._books.told, self._books.live
        for end in untold:
            offer = end.offer
            if offer.id in (self._early or ()) and offer.id not in live:
                self._unsaid.add(offer.id)  # it has ended in this life, too
                continue
            if offer.connected is None:
                told.offer_ended(offer, end.how, at=end.at)
                continue
            if "Connected" not in end.told:
                waited = offer.connected - offer.at
                told.connected(offer, waited, NOTHING, at=offer.connected)
            seconds = max(0.0, end.at - offer.connected)
            told.talk_ended(offer, seconds, OUTAGE, 0.0, at=end.at)

    def is_told(self, kind: str, whose: str) -> bool:
        return self._told is None or (kind, whose) in self._told

    def knows(self, call: str) -> bool:
        """Whether this caller waited, or was offered, when the service died."""
        return call in self.line or call in self._of_call

    def length(self, queue: str) -> int:
        """Callers of *queue* who are not back yet."""
        return sum(
            one.queue == queue and one.item == "call" for one in self.line.values()
        )

    def of_agent(self, number: str) -> Offer | None:
        """The offer that keeps this agent busy; None if none does."""
        found = (one for one in self.offers.values() if one.agent == number)
        return next(found, None)

    def is_noted(self, kind: str, whose: str) -> bool:
        """Whether it is known that this fact is there."""
        return self._told is not None and (kind, whose) in self._told

    def has_ended(self, offer: str) -> bool:
        """Whether a fact says that this offer is over, whatever the board has."""
        return any(self.is_noted(kind, offer) for kind in ("OfferEnded", "TalkEnded"))

    def note_end(self, offer: Offer, note: Callable[[], None]) -> None:
        """Have the end of a talk noted, unless it is; when that is known."""
        if self._early is not None and offer.id in self._early:
            self._ended.append((offer.id, note))
        elif not self.has_ended(offer.id):
            note()

    # Claimed -----------------------------------------------------------------------

    def waiting(self, call: str) -> Waiting | None:
        """The caller is back: how he stood, as supervisors may have changed it."""
        return self.line.pop(call, None)

    def is_queued(self, waiting: Waiting, *, back: bool) -> bool:
        """Whether `CallerQueued` is there of one who takes his place now.

        *back*: the board had him in line.
        """
        if back:
            return self.is_told(CallerQueued.__name__, waiting.call)
        before = self._unjoined.pop(waiting.call, None)
        if before is None or before.queue == waiting.queue:
            return before is not None
        self._books.told.left(before, OUTAGE)  # he stands elsewhere now
        return False

    def claim(self, place: Place) -> None:
        """The caller of *place*, who is back, has his offers again."""
        mine = list(self._of_call.get(place.waiting.call, ()))
        talk = next((one for one in mine if one.connected is not None), None)
        for offer in mine:
            live = self.resume(place, offer)
            if offer is talk:
                place.again = offer
            elif talk is not None:
                self._books.ends.offer(offer, LOST_RACE)
            else:
                place.rung.append(live)

    def resume(self, place: Place, offer: Offer) -> Live:
        """*offer* is live again, and its agent serves the caller of *place*."""
        books = self._books
        # One that was ended here, or that no board has told us of, is remembered by the
        # call itself, which it would not be if it had not been told.
        known = self._take_off(offer)
        told = not known or self.is_told("AgentOffered", offer.id)
        live = Live(offer, place, "", offer.at, rang=told, again=told)
        books.live[offer.id] = live
        self.seat(live)
        unsaid = known and not self.is_told("Connected", offer.id)
        if offer.connected is not None and unsaid:
            waited = max(0.0, offer.connected - place.waiting.joined)
            books.told.connected(offer, waited, NOTHING, at=offer.connected)
        return live

    def talks(self, place: Place, offer: Offer) -> None:
        """The caller of *place* has talked since an earlier life; see `Desk.again`.

        The agent need not be known yet. What the board says of *offer* does not count:
        the two have each other. Where it is over there, or was given up here, its end
        is told, and not a second time.
        """
        self.waiting(place.waiting.call)
        over = self._early is None and offer.id not in self.offers
        if self._early is not None:
            self._early.add(offer.id)
        self._books.places[place.waiting.call] = place
        place.connected, place.again = True, offer
        self.resume(place, offer).end_told = over
        assert offer.connected is not None
        # Perhaps the answer never came to the board.
        self._books.journal.add(Connect(offer.id, offer.connected))

    def seat(self, live: Live) -> None:
        """Let the engine have an offer of an earlier life, if it knows the agent."""
        offer, waiting, books = live.offer, live.place.waiting, self._books
        engine = books.engine
        live.seated = offer.agent in engine.agents and engine.take_up(
            waiting, offer.agent, offer.at, round=not offer.alone
        )
        if not live.seated:
            return
        books.touch(offer.agent)
        if offer.connected is not None:
            books.disposing.began(offer)
            books.act(engine.connected(offer.agent, offer.connected))
        books.tell_of(offer.agent)

    def _take_off(self, offer: Offer) -> bool:
        """Hold *offer* no longer; False: it was not held."""
        held = self.offers.pop(offer.id, None)
        if held is None:
            return False
        beside = self._of_call[held.call]
        beside.remove(held)
        if not beside:
            del self._of_call[held.call]
        return True

    # Never claimed -----------------------------------------------------------------

    def give_up(self, at: float) -> None:
        """Nobody else will come: end what is left, as of *at*."""
        books = self._books
        left, self.line = self.line, {}
        for offer in list(self.offers.values()):
            self.end(offer, at)
        for waiting in left.values():
            books.journal.add(Leave(waiting.call))
            if self.is_told(CallerQueued.__name__, waiting.call):
                books.told.left(waiting, OUTAGE, at=at)
        unjoined, self._unjoined = self._unjoined, {}
        for waiting in unjoined.values():
            books.told.left(waiting, OUTAGE, at=max(at, waiting.joined))
        if left:
            log.info("%d callers have hung up while nobody was there", len(left))

    def end(self, offer: Offer, at: float) -> None:
        """Nobody has this offer any more: its agent is free, or has a wrap-up."""
        books = self._books
        began = offer.at if offer.connected is None else offer.connected
        waiting = Waiting(call=offer.call, queue=offer.queue, joined=offer.at)
        rules = rules_of(books.queues, offer.queue)
        live = self.resume(Place(books, waiting, rules), offer)
        log.info("call %s: its offer to agent %s is over", offer.call, offer.agent)
        if offer.connected is not None:
            books.ends.talk(offer, by=OUTAGE, at=max(at, began))
            return
        if live.rang:
            books.told.offer_ended(offer, LOST, at=max(at, began))
        books.ends.release(offer, LOST, None)


def rules_of(queues: Mapping[str, QueueRules], name: str) -> QueueRules:
    """The rules of a queue that may be in the site no more."""
    return queues.get(name) or QueueRules(name=name)
