"""Callers who wait, in their order, findable by what they ask for.

One heap per distinct *ask*: when an agent gets free, only the first caller of each ask
that the agent can serve is looked at. Which asks those are, `wants` knows.

The order is a key that never depends on the time now, so nothing is ever sorted again:
priority counts like a time of joining that lies further back, or before all time.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from heapq import heapify, heappop, heappush

from ivrflow.acd.engine.abilities import Ability, Ask
from ivrflow.acd.engine.seat import Seat
from ivrflow.acd.engine.wants import Wants
from ivrflow.acd.model import LEFT_BEHIND, Need, QueueRules, Waiting

Key = tuple[float, float, float, int]
"""Minus the queue's weight, minus the priority, when joined, how many joined before:
smaller is served first. Where priority ages, the second only says who comes behind."""

STALE = 16
"""Callers who have left a heap from inside it that nobody need sweep out."""


NOBODY: set[Seat] = set()
"""Who was rung in no round. Nobody may be added."""


class Stand(Enum):
    """How a caller stands in the line."""

    ASIDE = auto()
    """Keeps the place, but can't take an agent just now."""
    WAITING = auto()
    OFFERED = auto()
    """An agent is claimed for this caller, or rings already."""


class Caller:
    """A caller in line, as the engine keeps it."""

    __slots__ = (
        "arrival",
        "ask",
        "been",
        "closed",
        "filed",
        "key",
        "need",
        "next_at",
        "open",
        "others",
        "overdue",
        "priority",
        "ringing",
        "round",
        "rounds",
        "stand",
        "waiting",
        "won",
    )

    def __init__(self, waiting: Waiting, arrival: int) -> None:
        self.waiting = waiting
        self.arrival = arrival
        self.stand = Stand.ASIDE
        # What is asked for now, widened as far as was due: `Line.put` sets it.
        self.need: Need
        self.priority: float
        self.others: tuple[Ability, ...]
        """Memberships that will do beside the queue's."""
        self.ask: Ask
        self.key: Key
        self.filed: Entry | None = None
        """What lies in the heap of the ask for this caller."""
        self.overdue = False
        """Whether the wait is as long as what calls for on-demand agents."""
        # While agents ring:
        self.ringing: list[Seat] = []
        """Who rings; with one who has answered, that one too."""
        self.won: Seat | None = None
        """Who has answered."""
        self.rounds = 0
        """Rounds that have been: rings of several agents at once."""
        self.round = 0
        """The round that is; 0 if one agent rings alone."""
        self.been = NOBODY
        """Who was rung in this round: a set of its own once there is one."""
        self.next_at = 0.0
        """When one more agent rings beside the others."""
        self.open = False
        """Whether whoever gets free joins the round."""
        self.closed = False
        """Whether the caller can't take one more agent: aside while agents ring."""


Entry = tuple[Key, Caller]
"""What lies in the heap of an ask."""


def key_of(waiting: Waiting, priority: float, rules: QueueRules, arrival: int) -> Key:
    """Return the place of a caller among all others."""
    when = waiting.joined
    if rules.by_target:
        when += rules.answer_within
    if rules.ageing is None:
        return (-rules.weight, -priority, when, arrival)
    # In minutes no head start makes up for the hours that a message may have lain.
    behind = float(waiting.item == LEFT_BEHIND and priority < 0)
    return (-rules.weight, behind, when - priority * rules.ageing, arrival)


class Line:
    """All callers of all queues."""

    def __init__(self) -> None:
        self.callers: dict[str, Caller] = {}
        self._orders: dict[str, list[Key]] = {}
        self.calls: dict[str, int] = {}
        """Queue -> callers who hold, those included for whom an agent rings."""
        self.waiting: dict[str, int] = {}
        """Queue -> callers who could take an agent this moment; no messages."""
        self._wants = Wants()
        self._arrivals = 0

    def add(self, waiting: Waiting) -> Caller:
        """Put a caller into the line, aside for now; `put` has to follow."""
        caller = self.callers[waiting.call] = Caller(waiting, self._arrivals)
        self._arrivals += 1
        return caller

    def put(
        self,
        caller: Caller,
        need: Need,
        priority: float,
        others: tuple[Ability, ...],
        ask: Ask,
        key: Key,
    ) -> None:
        """This is what the caller asks for, and where the caller's place is."""
        caller.need, caller.priority, caller.others = need, priority, others
        caller.ask, caller.key = ask, key
        order = self._orders.get(caller.waiting.queue)
        if order is None:
            order = self._orders[caller.waiting.queue] = []
        if not order or order[-1] < key:
            order.append(key)
        else:
            insort(order, key)
        self._count(caller, 1)

    def pick_up(self, caller: Caller) -> None:
        """Take a caller's place away: `put` gives another one."""
        order = self._orders[caller.waiting.queue]
        del order[bisect_left(order, caller.key)]
        self._count(caller, -1)
        self.unfile(caller)

    def _count(self, caller: Caller, more: int) -> None:
        waiting = caller.waiting
        if waiting.item == "call":
            self.calls[waiting.queue] = self.calls.get(waiting.queue, 0) + more

    def remove(self, caller: Caller) -> None:
        """Take a caller out."""
        del self.callers[caller.waiting.call]
        self.pick_up(caller)

    def wait(self, caller: Caller) -> None:
        """The caller can take an agent from now on."""
        caller.stand = Stand.WAITING
        ask = caller.ask
        if not ask.live:
            self._wants.add(ask)
        ask.live += 1
        queue = caller.waiting.queue
        if caller.waiting.item != LEFT_BEHIND:
            self.waiting[queue] = self.waiting.get(queue, 0) + 1
        caller.filed = (caller.key, caller)
        heappush(ask.heap, caller.filed)

    def unfile(self, caller: Caller) -> None:
        """The caller can't be found any more; what stands does not change."""
        if caller.filed is None:
            return
        ask = caller.ask
        entry, caller.filed = caller.filed, None
        ask.live -= 1
        if caller.waiting.item != LEFT_BEHIND:
            self.waiting[caller.waiting.queue] -= 1
        heap = ask.heap
        if not ask.live:
            heap.clear()
            self._wants.remove(ask)
        elif heap[0] is entry:
            heappop(heap)
        elif len(heap) > 2 * ask.live + STALE:
            heap[:] = [one for one in heap if one[1].filed is one]
            heapify(heap)

    def length(self, queue: str) -> int:
        """Callers in *queue*, those included for whom an agent rings."""
        return len(self._orders.get(queue, ()))

    def ahead(self, caller: Caller) -> int:
        """Callers of the same queue who are served before this one."""
        return bisect_left(self._orders[caller.waiting.queue], caller.key)

    def ahead_elsewhere(self, caller: Caller) -> Iterator[tuple[str, int]]:
        """Yield each other queue with callers who come before this one, and how many.

        Whether they want the same agents is another question.
        """
        for queue, order in self._orders.items():
            if order and order[0] < caller.key and queue != caller.waiting.queue:
                yield queue, bisect_left(order, caller.key)

    def in_order(self, queue: str) -> list[Caller]:
        """The callers of *queue*, next one first."""
        return sorted(
            (c for c in self.callers.values() if c.waiting.queue == queue),
            key=lambda c: c.key,
        )

    def first_for(self, seat: Seat, called: Iterable[Ability] = ()) -> Caller | None:
        """Return who is served next by an agent; None if nobody waits for him.

        *called*: see `Wants.served_by`.
        """
        if not len(self._wants):
            return None
        best = None
        for ask in self._wants.served_by(seat, called):
            heap = ask.heap
            head = heap[0]
            while head[1].filed is not head:
                heappop(heap)
                head = heap[0]
            if best is None or head < best:
                best = head
        return best[1] if best is not None else None
