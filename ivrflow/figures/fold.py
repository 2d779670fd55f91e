"""The one fold: facts, one after the other, become sums, records and segments.

It is told facts in the order in which they happened, by whoever hears or reads them. At
each moment offered = answered + abandoned + flowed out + waiting (see `visits`).

Facts may be missing (the database was away) or doubled (a commit whose answer got
lost). What lacks its beginning is made up from what its end tells, and counted in
`holes`; what has ended does not end again.

A service that begins takes over what the last one left. Until it says that this is done
(`AdoptionEnded`), each call that was on is in doubt: it has gone on all the time if it
is resumed, and else it ended while nobody was there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ivrflow.facts import (
    AbilitiesChanged,
    AdoptionEnded,
    AgentChanged,
    AgentOffered,
    AgentSeen,
    CallbackAsked,
    CallbackEnded,
    CallEnded,
    CallerMoved,
    CallerQueued,
    CallerTransferBegan,
    CallerTransferEnded,
    CallRecorded,
    CallResumed,
    CallStarted,
    Connected,
    Disposed,
    EstimateSaid,
    Fact,
    FactsLost,
    Held,
    LeftQueue,
    OfferEnded,
    PhoneChanged,
    Resumed,
    ServiceBegan,
    ServiceEnded,
    ServiceLeft,
    TalkEnded,
    TransferEnded,
    WorkBegan,
    WorkEnded,
)
from ivrflow.figures.calls import Calls
from ivrflow.figures.engagements import Engagements
from ivrflow.figures.lasting import Lasting
from ivrflow.figures.ledger import CALL, MESSAGE, Ledger
from ivrflow.figures.people import People, Segment
from ivrflow.figures.record import CallRecord, TakeRecord
from ivrflow.figures.spans import Spans, quarters
from ivrflow.figures.sums import QueueSum, total
from ivrflow.figures.visits import Visit, Visits


def _no_record(_: CallRecord) -> None:
    """For those who want none."""


def _no_segment(_: Segment) -> None:
    """For those who want none."""


class Fold(Lasting):
    """Takes facts and keeps the sums; tells records and segments as they are over."""

    GIVEN = frozenset({"_acts"})

    def __init__(
        self,
        spans: Spans = quarters,
        *,
        on_record: TakeRecord = _no_record,
        on_segment: Callable[[Segment], None] = _no_segment,
    ) -> None:
        self.ledger = Ledger(spans)
        self.people = People(self.ledger, on_segment)
        self.visits = Visits(self.ledger, calls := Calls(on_record))
        self.lost = 0
        """`FactsLost.count`, added up."""
        self.last_at = 0.0
        self._doubtful: set[str] = set()
        """Calls that were on when the last service ended, until it is known better."""
        self._left_at: float | None = None
        """When the service was stopped with calls up, until the next one begins."""
        self._at_other_phones: set[str] = set()
        """Agents who were in a call of others when the last service ended."""
        self._calls = calls
        self._engaged = Engagements(self.ledger, calls, self.visits, self.people)
        self._acts: dict[type[Fact], Callable[[Any], None]] = {
            CallStarted: self._started,
            CallResumed: self._resumed,
            CallEnded: self._ended,
            CallRecorded: calls.recorded,
            Disposed: calls.disposed,
            TransferEnded: calls.transferred,
            CallerQueued: self.visits.queued,
            CallerMoved: self.visits.moved,
            LeftQueue: self.visits.left,
            EstimateSaid: self.visits.estimated,
            AgentOffered: self._engaged.offered,
            OfferEnded: self._engaged.offer_ended,
            Connected: self._engaged.connected,
            Held: self._engaged.held,
            Resumed: self._engaged.resumed,
            TalkEnded: self._engaged.talk_ended,
            CallerTransferBegan: self._engaged.transfer_began,
            CallerTransferEnded: self._engaged.transfer_ended,
            AgentChanged: self._agent_changed,
            AgentSeen: self._agent_changed,
            AbilitiesChanged: self._abilities,
            PhoneChanged: self._phone,
            CallbackAsked: self._callback_asked,
            CallbackEnded: self._callback_ended,
            WorkBegan: self._work_began,
            WorkEnded: self._work_ended,
            ServiceBegan: self._service_began,
            AdoptionEnded: self._adoption_ended,
            ServiceEnded: self._service_ended,
            ServiceLeft: self._service_left,
            FactsLost: self._facts_lost,
        }

    @property
    def kinds(self) -> tuple[type[Fact], ...]:
        """The kinds of facts from which something comes."""
        return tuple(self._acts)

    @property
    def holes(self) -> int:
        """Facts that must have been, as others tell, and that we were not told."""
        return self.visits.holes

    def note(self, fact: Fact) -> None:
        """Take one fact. Of most kinds nothing comes."""
        act = self._acts.get(type(fact))
        if act is not None:
            act(fact)
            self.last_at = max(self.last_at, fact.at)

    def settle(self, now: float) -> None:
        """Put the seconds that agents have spent up to *now* into the sums.

        But those of a call that is in doubt: perhaps it has been over for a while. Nor
        those in which no service was there: the next one will tell of them.
        """
        if self._left_at is not None:
            now = min(now, self._left_at)
        doubtful = self._doubtful and self._engaged.with_callers(self._doubtful)
        self.people.settle(now, but=doubtful or ())

    def total(self, queue: str | None = None, item: str = CALL) -> QueueSum:
        """All that was counted of *queue*, None: of all, in the first of the spans."""
        first = self.ledger.spans(0.0)[0].seconds
        return total(
            (
                sums
                for key, sums in self.ledger.queues.items()
                if key.item == item
                and key.span.seconds == first
                and queue in (None, key.queue)
            ),
            QueueSum,
        )

    def waiting(self) -> list[Visit]:
        """Who is in a queue now, and has no agent."""
        return self.visits.waiting()

    # What concerns several ------------------------------------------------------------

    def _started(self, fact: CallStarted) -> None:
        # Told again: it had come to no step when the last service died, or its place
        # is not known any more. It is up.
        self._doubtful.discard(fact.call)
        call = self._calls.started(fact)
        if call is not None and self.visits.of(fact.call) is not None:
            self._engaged.call_began(call)

    def _ended(self, fact: CallEnded) -> None:
        self.visits.call_ended(fact.call, fact.at)
        self._calls.ended(fact)

    def _resumed(self, fact: CallResumed) -> None:
        self._doubtful.discard(fact.call)
        self._calls.resumed(fact.call)

    def _service_left(self, fact: ServiceLeft) -> None:
        self._left_at = fact.at

    def _service_began(self, fact: ServiceBegan) -> None:
        self._left_at = None
        if not fact.adopts:
            # Whatever was on when the last one ended is over, since what it last told.
            self._all_over(self.last_at)
            return
        on = {*self._calls.up(), *self._engaged.calls()}
        on.update(visit.call for visit in self.visits.waiting())
        self._doubtful |= on
        # Who is in a call of others is told anew, and it is the same call.
        for person in self.people.all():
            if person.elsewhere:
                self._at_other_phones.add(person.number)
                self.people.elsewhere(person.number, fact.at, False)

    def _adoption_ended(self, fact: AdoptionEnded) -> None:
        """What nobody has taken up, and of whose end nobody told, is over."""
        lost, self._doubtful = self._doubtful, set()
        self._at_other_phones.clear()
        if lost:
            self._engaged.lost(fact.over_at, lost)
            self.visits.lost(fact.over_at, lost)
            self._calls.lost(fact.over_at, lost)

    def _service_ended(self, fact: ServiceEnded) -> None:
        """Nobody is there any more; nothing that agents do is told from now on."""
        self._all_over(fact.at)

    def _all_over(self, at: float) -> None:
        self._doubtful.clear()
        self._engaged.lost(at)
        self.people.unknown(at)
        self.visits.lost(at)
        self._calls.lost(at)

    def _facts_lost(self, fact: FactsLost) -> None:
        self.lost += fact.count

    # Agents ---------------------------------------------------------------------------

    def _agent_changed(self, fact: AgentChanged | AgentSeen) -> None:
        if fact.work == "idle" or fact.presence == "logged out":
            self._engaged.wrapped_up(fact.agent, fact.at)
        self.people.chose(
            fact.agent,
            fact.at,
            presence=fact.presence,
            reason=fact.reason,
            work=fact.work,
            queues=fact.queues,
        )

    def _abilities(self, fact: AbilitiesChanged) -> None:
        person = self.people[fact.agent]
        if person is not None:
            person.queues = tuple(fact.queues)

    def _phone(self, fact: PhoneChanged) -> None:
        known = fact.agent in self._at_other_phones
        if self.people.elsewhere(fact.agent, fact.at, fact.busy) and fact.busy:
            if known:
                self._at_other_phones.discard(fact.agent)
                return
            for his in self.ledger.agent_sums(fact.agent, fact.at):
                his.other_calls += 1

    # Promises -------------------------------------------------------------------------

    def _callback_asked(self, fact: CallbackAsked) -> None:
        self._asked(fact.queue, CALL, fact.at)

    def _callback_ended(self, fact: CallbackEnded) -> None:
        self._settled(fact, CALL, fact.how == "taken back")

    def _work_began(self, fact: WorkBegan) -> None:
        self._asked(fact.queue, MESSAGE, fact.at)

    def _work_ended(self, fact: WorkEnded) -> None:
        self._settled(fact, MESSAGE, fact.how == "withdrawn")

    def _asked(self, queue: str, item: str, at: float) -> None:
        for sums in self.ledger.queue_sums(self.ledger.keys(queue, item, at)):
            sums.asked += 1

    def _settled(
        self, fact: CallbackEnded | WorkEnded, item: str, taken_back: bool
    ) -> None:
        keys = self.ledger.keys(fact.queue, item, fact.at)
        for sums in self.ledger.queue_sums(keys):
            if taken_back:
                sums.taken_back += 1
            else:
                sums.promises += 1
                sums.kept += fact.in_time


FOLDED = Fold().kinds
"""The kinds of facts from which something comes."""
