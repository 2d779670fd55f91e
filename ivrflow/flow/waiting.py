"""What a caller hears and can do while standing in a queue."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ivrflow.flow.call import Call, titled
from ivrflow.flow.collect import note_key
from ivrflow.flow.kinds import Key
from ivrflow.flow.step import Goto, KeyChoice

if TYPE_CHECKING:
    from ivrflow.acd.desk import Place
    from ivrflow.flow.site.queues import Announcement, Queue


def queue_record(call: Call, place: Place) -> Mapping[str, object]:
    """`queue.name .title .position .ahead .wait .waited`, as they are now."""
    name = place.waiting.queue
    rules = call.site.queues[name]
    return {
        "name": name,
        "title": titled(call, "queue", name, rules.title),
        "position": place.position,
        "ahead": place.ahead,
        "wait": place.estimate(),
        "waited": place.waited,
    }


class _Plan:
    """When which announcement is due, in seconds from now on."""

    def __init__(self, announcements: tuple[Announcement, ...], now: float) -> None:
        self._due = [(now + float(a.after), n) for n, a in enumerate(announcements)]
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
    call: Call, place: Place, rules: Queue, own: Mapping[Key, KeyChoice]
) -> Goto:
    """Make the announcements of the queue and take keys, until a key leads elsewhere.

    Nothing is announced while an agent rings. `repeat` says the first announcement.
    """
    loop = asyncio.get_running_loop()
    plan = _Plan(tuple(rules.announce), loop.time())
    call.channel.keys.clear()
    while True:
        due = plan.next()
        within = None if due is None else max(0.0, due - loop.time())
        if key := await call.channel.keys.next(within):
            goto = _pressed(call, key, own)
            if goto is not None and goto.target != "repeat":
                return goto
            if goto is not None and rules.announce:
                await _announce(call, place, rules.announce[0], own)
        elif (announcement := plan.take(loop.time())) and not place.ringing:
            await _announce(call, place, announcement, own)


async def _announce(
    call: Call, place: Place, announcement: Announcement, own: Mapping[Key, KeyChoice]
) -> None:
    call.queue = queue_record(call, place)
    stop_on = "".join({*map(str, own), *call.always()})
    await call.play(call.words_of(announcement.say), stop_on=stop_on)


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
