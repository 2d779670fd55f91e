"""What agents do at each moment, and for how long.

An agent is in one state at a time. Of several that hold, the first in this order:

    ring, talk, hold   whatever was chosen meanwhile: who signs out ends a talk first
    wrap-up            unless signed out
    other              the phone is in a call that is not ours
    ready, paused      as chosen; paused with its reason

An offer that the agent could not take is followed by a short delay of the desk; that is
no wrap-up, and the time counts as what the agent has chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from ivrflow.figures.lasting import Lasting
from ivrflow.figures.ledger import Ledger

RING, TALK, HOLD, WRAP_UP = "ring", "talk", "hold", "wrap-up"
READY, PAUSED, OTHER = "ready", "paused", "other"
OUT = ""
"""Signed out, or not known yet."""

SIGNED_OUT = "logged out"
"""The presence of who is signed out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of an agent's time in one state. Times are seconds since 1970."""

    agent: str
    state: str
    start: float
    end: float
    reason: str = ""
    queue: str = ""
    """Of ring, talk, hold and wrap-up: for which queue and call."""
    call: str = ""


Take = Callable[[Segment], None]


@dataclass(slots=True)
class Person:
    """An agent, as far as facts have told."""

    number: str
    since: float
    """The begin of the segment that is on."""
    counted: float
    """Up to when its seconds are in the sums."""
    presence: str = SIGNED_OUT
    reason: str = ""
    queues: Sequence[str] = ()
    elsewhere: bool = False
    doing: str = ""
    """ring, talk, hold, wrap-up or ""."""
    queue: str = ""
    call: str = ""
    state: str = field(default=OUT)
    shown_reason: str = ""

    def state_now(self) -> str:
        if self.doing in (RING, TALK, HOLD):
            return self.doing
        if self.presence == SIGNED_OUT:
            return OUT
        if self.doing:
            return self.doing
        if self.elsewhere:
            return OTHER
        return READY if self.presence == "ready" else PAUSED

    def segment(self, end: float) -> Segment:
        """The one that is on, up to *end*."""
        busy = self.state in (RING, TALK, HOLD, WRAP_UP)
        return Segment(
            agent=self.number,
            state=self.state,
            start=self.since,
            end=end,
            reason=self.shown_reason,
            queue=self.queue if busy else "",
            call=self.call if busy else "",
        )


class People(Lasting):
    """All agents. The fold tells it what happens."""

    GIVEN = frozenset({"_take"})

    def __init__(self, ledger: Ledger, take: Take) -> None:
        self._ledger = ledger
        self._take = take
        self._known: dict[str, Person] = {}

    def __getitem__(self, number: str) -> Person | None:
        return self._known.get(number)

    def all(self) -> Sequence[Person]:
        return list(self._known.values())

    def left_behind(self, there: Collection[str]) -> Sequence[str]:
        """The numbers of those who are signed in and not *there*, but for who is in a
        talk: that ends first."""
        return [
            person.number
            for person in self._known.values()
            if person.number not in there
            and person.presence != SIGNED_OUT
            and person.doing in ("", WRAP_UP)
        ]

    def chose(
        self,
        number: str,
        at: float,
        *,
        presence: str,
        reason: str,
        work: str,
        queues: Sequence[str],
    ) -> None:
        """What an agent has chosen, and what the desk says that he does."""
        person = self._person(number, at)
        person.presence = presence
        person.reason = reason if presence == "not ready" else ""
        person.queues = tuple(queues) or person.queues
        if work == "talking" and person.doing in ("", RING):
            person.doing = TALK  # we did not hear how it began
        elif (work == "idle" and person.doing in (TALK, HOLD, WRAP_UP)) or (
            presence == SIGNED_OUT and person.doing == WRAP_UP
        ):
            person.doing = ""
        self._settle(person, at)

    def works(
        self, number: str, at: float, doing: str, queue: str = "", call: str = ""
    ) -> None:
        """The agent does something for a call, or "" nothing any more."""
        person = self._person(number, at)
        # What has ended keeps its queue and call until its segment is taken.
        self._settle(person, at, doing=doing)
        if doing:
            person.queue, person.call = queue, call

    def elsewhere(self, number: str, at: float, busy: bool) -> bool:
        """The phone is in a call of others, or out of it; whether that is news."""
        person = self._person(number, at)
        news = person.elsewhere is not busy
        person.elsewhere = busy
        self._settle(person, at)
        return news

    def answered(self, number: str, at: float) -> None:
        """The offer that rings is answered: its time is no vain one."""
        person = self._person(number, at)
        if person.state == RING:
            self._spend(person, at, answered=True)

    def unknown(self, at: float) -> None:
        """The service died at *at*: what anybody does since then nobody knows."""
        for person in self._known.values():
            person.presence = SIGNED_OUT
            person.doing, person.elsewhere = "", False
            self._settle(person, at)

    def settle(self, at: float, *, but: Collection[str] = ()) -> None:
        """Put everybody's seconds up to *at* into the sums, *but* of these.

        Nor those of a phone that rings: how that ends is not known yet.
        """
        for person in self._known.values():
            if person.state != RING and person.number not in but:
                self._spend(person, at)

    def _person(self, number: str, at: float) -> Person:
        found = self._known.get(number)
        if found is None:
            found = self._known[number] = Person(number, since=at, counted=at)
        return found

    def _settle(self, person: Person, at: float, doing: str | None = None) -> None:
        """Begin a new segment if the state is another one now."""
        if doing is not None:
            person.doing = doing
        state = person.state_now()
        reason = person.reason if state == PAUSED else ""
        another = doing in (RING, TALK)
        if state == person.state and reason == person.shown_reason and not another:
            return
        self._spend(person, at)
        if person.state != OUT and at > person.since:
            self._take(person.segment(at))
        person.state, person.shown_reason = state, reason
        person.since = person.counted = at

    def _spend(self, person: Person, until: float, *, answered: bool = False) -> None:
        """Add the seconds that are not counted yet, cut at the ends of spans."""
        at = person.counted
        while person.state != OUT and at < until:
            end = min(until, self._ledger.spans(at)[0].end)
            for sums in self._ledger.agent_sums(person.number, at):
                seconds = end - at
                match person.state:
                    case "ring" if answered:
                        sums.ring += seconds
                    case "ring":
                        sums.ring_vain += seconds
                    case "talk":
                        sums.talk += seconds
                    case "hold":
                        sums.hold += seconds
                    case "wrap-up":
                        sums.wrap_up += seconds
                    case "other":
                        sums.other += seconds
                    case "ready":
                        sums.ready += seconds
                    case _:
                        reason = person.shown_reason
                        sums.paused[reason] = sums.paused.get(reason, 0.0) + seconds
            at = end
        person.counted = max(person.counted, until)
