"""What a caller hears and can do while standing in a queue."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from ivrflow.facts import EstimateSaid
from ivrflow.flow.call import Call, titled
from ivrflow.flow.collect import note_key
from ivrflow.flow.kinds import Key
from ivrflow.flow.step import Goto, KeyChoice

if TYPE_CHECKING:
    from ivrflow.acd.desk import Place
    from ivrflow.flow.site.queues import Announcement


class QueueRecord(Mapping[str, object]):
    """`queue.name .title .position .ahead .wait .waited`, as they are now.

    Each is worked out when it is asked for, and `asked` tells which were: so it is
    known what a prompt has said, and nothing is estimated for one that says no wait.
    """

    def __init__(self, call: Call, place: Place) -> None:
        self._call = call
        self._place = place
        self.asked: dict[str, object] = {}

    def __getitem__(self, name: str) -> object:
        if name not in self.asked:
            self.asked[name] = _OF_A_PLACE[name](self._call, self._place)
        return self.asked[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_OF_A_PLACE)

    def __len__(self) -> int:
        return len(_OF_A_PLACE)


def _title(call: Call, place: Place) -> object:
    name = place.waiting.queue
    return titled(call, "queue", name, call.site.queue(name).title)


_OF_A_PLACE: Mapping[str, Callable[[Call, Place], object]] = {
    "name": lambda call, place: place.waiting.queue,
    "title": _title,
    "position": lambda call, place: place.position,
    "ahead": lambda call, place: place.ahead,
    "wait": lambda call, place: place.estimate(),
    "waited": lambda call, place: place.waited,
}


def queue_record(call: Call, place: Place) -> QueueRecord:
    """What prompts and screens may say of the place that a caller has."""
    return QueueRecord(call, place)


class _Plan:
    """When which announcement is due."""

    def __init__(
        self, announcements: tuple[Announcement, ...], now: float, waited: float
    ) -> None:
        """*waited* seconds the caller has stood here already: what was due in them was
        said by an earlier process, or came at a moment when nobody was there."""
        self._due: list[tuple[float, int]] = []
        for n, a in enumerate(announcements):
            due = float(a.after)
            if due < waited and a.every:
                due += math.ceil((waited - due) / float(a.every)) * float(a.every)
            if due >= waited:
                self._due.append((now + due - waited, n))
        self._announcements = announcements

    def next(self) -> float | None:
        """The time of the next one; None when there is none any more."""
        return min(self._due)[0] if self._due else None

    def take(self, now: float) -> Announcement | None:
        """Take the one that is due, if one is, and plan its next time."""
        if not self._due or min(self._due)[0] > now:
            return None
        due = min(self._due)
        self._due.remove(due)
        announcement = self._announcements[due[1]]
        if announcement.every:
            self._due.append((now + float(announcement.every), due[1]))
        return announcement


async def entertain(
    call: Call, place: Place, own: Mapping[Key, KeyChoice], *, waited: float = 0.0
) -> Goto:
    """Make the announcements of the queue and take keys, until a key leads elsewhere.

    Nothing is announced while an agent rings. `repeat` says the first announcement.
    *waited* seconds the caller has stood here already, in an earlier process: a key
    that he pressed since counts.
    """
    loop = asyncio.get_running_loop()
    announce = call.site.queue(place.waiting.queue).announce
    plan = _Plan(announce, loop.time(), waited)
    announcer = _Announcer(call, place, own)
    call.queue = queue_record(call, place)
    if not waited:
        call.channel.keys.clear()
    while True:
        due = plan.next()
        within = None if due is None else max(0.0, due - loop.time())
        if key := await call.channel.keys.next(within):
            goto = _pressed(call, key, own)
            if goto is not None and goto.target != "repeat":
                return goto
            if goto is not None and announce:
                await announcer.say(announce[0], asked_for=True)
        elif (announcement := plan.take(loop.time())) and not place.ringing:
            await announcer.say(announcement)


class _Announcer:
    """Says announcements to one who waits, and remembers what was said."""

    def __init__(self, call: Call, place: Place, own: Mapping[Key, KeyChoice]) -> None:
        self._call = call
        self._place = place
        self._own = own
        self._position: int | None = None
        """What was said last; None: nothing yet."""

    async def say(self, announcement: Announcement, *, asked_for: bool = False) -> None:
        """Say it; one with the position only when that is better, or when *asked_for*.

        Somebody may come in between by a priority, or come back. To hear that is worse
        than to hear nothing, and nobody can do anything about it.
        """
        call = self._call
        call.queue = record = queue_record(call, self._place)
        words = call.words_of(announcement.say)
        position = self._position_in(record)
        if position is not None and not asked_for and self._is_no_better(position):
            return
        if position is not None:
            self._position = position
        if "wait" in record.asked:
            low, high = self._place.estimate()
            call.note(EstimateSaid, queue=self._place.waiting.queue, low=low, high=high)
        stop_on = "".join({*map(str, self._own), *call.always()})
        await call.play(words, stop_on=stop_on)

    def _position_in(self, record: QueueRecord) -> int | None:
        """The position that the words tell; None if they tell none."""
        told = {"position", "ahead"} & record.asked.keys()
        return self._place.position if told else None

    def _is_no_better(self, position: int) -> bool:
        return self._position is not None and position >= self._position


def _pressed(call: Call, key: str, own: Mapping[Key, KeyChoice]) -> Goto | None:
    """Where *key* leads; None if nowhere: the caller just goes on waiting."""
    why = f"the caller pressed {key} while waiting"
    for own_key, choice in own.items():
        if own_key == key and (choice.when is None or call.holds(choice.when)):
            note_key(call, key, why)
            if choice.values:
                call.set_all(choice.values)
            return Goto(f"key {key}", why, choice.then)
    always = call.always()
    if key not in always:
        return None
    note_key(call, key, why)
    return Goto(f"key {key}", why, call.take_always(key, *always[key]))
