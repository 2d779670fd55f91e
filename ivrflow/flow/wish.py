"""A wish to be called back: a promise that outlives the call in which it was given.

Pure values. What is done about a wish is `flow/calling_back.py`'s, where it is kept is
the database's; the rules that both go by stand here, so that a twin in memory and a
table can't disagree about them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Literal

from ivrflow.acd.model import Need, Waiting, Widening
from ivrflow.facts import CallbackEnded, CallbackTried
from ivrflow.flow.outbound import WRITTEN


class WishState(Enum):
    """What has become of a wish."""

    WAITING = "waiting"
    KEPT = "kept"
    GIVEN_UP = "given up"
    TAKEN_BACK = "taken back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What `callbacks:` in queues.yaml says; seconds."""

    tries: int = 3
    pause: float = 300.0
    promise: float = 7200.0
    late_priority: float = 10.0
    most: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Somebody wants to be called, in the place that he had in a queue's line.

    Times are seconds since 1970. A call has one wish for each queue at most.
    """

    call: str
    queue: str
    number: str
    since: float
    """When the caller first joined the queue: the place in the line."""
    asked: float
    """When the caller confirmed the number."""
    promised: float
    """Until when it must have been tried, whatever queues.yaml says by then."""
    due: float | None = None
    """The time of the caller's choice; None: as soon as the place comes."""
    need: Need = field(default_factory=Need)
    priority: float = 0.0
    widening: tuple[Widening, ...] = ()
    language: str = ""
    shown: Mapping[str, str] = field(default_factory=dict)
    """What the agent's screen gets."""
    state: WishState = WishState.WAITING
    tries: int = 0
    """How often the number was dialled."""
    tried: float | None = None
    """When it was dialled first."""
    not_before: float = 0.0
    """The next try comes no sooner: a pause after one that failed."""

    @property
    def key(self) -> tuple[str, str]:
        return (self.call, self.queue)

    @property
    def name(self) -> str:
        """As a log calls it."""
        return f"callback of call {self.call}"

    def same(self, other: Wish) -> bool:
        """Whether one who stands in line for *other* stands for this too."""
        return self.number == other.number

    @property
    def ready_at(self) -> float:
        """From when on an agent may be looked for."""
        return max(self.due or 0.0, self.not_before)

    @property
    def joined(self) -> float:
        """The place in the line: that of the caller, or the time that he chose.

        Who chose a time gave his place up for it: else everybody who waits at that time
        would have to let him pass.
        """
        return self.since if self.due is None else self.due

    def in_time(self, now: float) -> bool:
        """Whether it was tried, or at *now* still could be, as was promised."""
        return (now if self.tried is None else self.tried) <= self.promised

    def item(self, number: int) -> str:
        """The id of the work item for the *number*th try."""
        return f"{self.call[:40]}-callback{number}-{self.queue[:20]}"

    def waiting(self, rules: Rules, *, again: bool = False) -> Waiting:
        """The work item that stands in line for it. Each try is one of its own;
        *again* is the one that was dialled last, and never came to its end.

        A promise that is over counts for more: a broken one is mended first.
        """
        late = Widening(
            after=max(0.0, self.promised - self.joined), priority=rules.late_priority
        )
        return Waiting(
            call=self.item(self.tries if again else self.tries + 1),
            queue=self.queue,
            item="callback",
            origin=self.call,
            joined=self.joined,
            need=self.need,
            priority=self.priority,
            widening=(*self.widening, late),
            who=self.number,
        )

    def told_tried(self, now: float, *, agent: str, how: str) -> CallbackTried:
        """The fact that it was tried; *how* as there."""
        return CallbackTried(
            at=now,
            call=self.call,
            queue=self.queue,
            number=self.number,
            agent=agent,
            how=how,
        )

    def told_ended(
        self, now: float, state: WishState, *, by: str = ""
    ) -> CallbackEnded:
        """The fact that it waits no more; *by* as there."""
        return CallbackEnded(
            at=now,
            call=self.call,
            queue=self.queue,
            number=self.number,
            how=state.value,
            in_time=self.in_time(now),
            by=by,
        )

    def dialled(self, now: float) -> Wish:
        """The wish once its number is dialled."""
        tried = now if self.tried is None else self.tried
        return replace(self, tries=self.tries + 1, tried=tried)


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a wish that was to be kept; true if it waits now."""

    how: Literal["kept", "full", "already"]
    """full: as many wait as may. already: for this number somebody else asked."""
    wish: Wish
    """As it waits now; as it was given, if it does not."""
    instead_of: tuple[Wish, ...] = ()
    """Those of other calls that it ended: a number has one wish in a queue."""

    def __bool__(self) -> bool:
        return self.how == "kept"


def settled(waiting: Iterable[Wish], new: Wish, *, own: bool, most: int) -> Kept:
    """What becomes of *new* where these wait.

    The rules of `Callbacks.keep`, for whoever holds the table still meanwhile.
    """
    here = [one for one in waiting if one.queue == new.queue]
    before = next((one for one in here if one.call == new.call), None)
    others = [one for one in here if one.call != new.call]
    same = tuple(one for one in others if one.number == new.number)
    if same and not own:
        return Kept("already", new)
    if sum(one.due == new.due and one not in same for one in others) >= most:
        return Kept("full", new)
    if before is not None:
        new = changed(before, new)
    for one in same:
        new = _instead_of(one, new)
    return Kept("kept", new, same)


def _instead_of(old: Wish, new: Wish) -> Wish:
    """The place and the tries of another call go over to the one that replaces it."""
    tried = [at for at in (old.tried, new.tried) if at is not None]
    return replace(
        new,
        since=min(old.joined, new.since),
        tries=max(old.tries, new.tries),
        tried=min(tried, default=None),
    )


def plain_number(number: str) -> str:
    """*number* without what people write between digits, so that two compare."""
    return number.translate(WRITTEN)


def changed(old: Wish, new: Wish) -> Wish:
    """What one who has the wish *old* gets by asking again: the place stays."""
    return replace(
        new,
        since=old.since,
        asked=old.asked,
        promised=old.promised if old.due == new.due else new.promised,
        tries=old.tries,
        tried=old.tried,
    )
