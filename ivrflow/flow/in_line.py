"""A caller's place in a line, from before it is taken until after it is lost.

The line itself serves whoever joined first. What makes that fair to people, who are cut
off, ask to be called and call again nevertheless, stands here: which time of joining
counts, when a caller is led elsewhere, and where to.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ivrflow.acd.doors import Door, Way
from ivrflow.facts import LeftQueue
from ivrflow.flow.call import Call, log
from ivrflow.flow.source import Scalar
from ivrflow.flow.step import VERBS, Goto
from ivrflow.flow.wish import WishState
from ivrflow.flow.world import Trouble

if TYPE_CHECKING:
    from ivrflow.acd.desk import Place
    from ivrflow.acd.model import Waiting
    from ivrflow.flow.site.queues import Queue
    from ivrflow.flow.wish import Wish

COURTESY = 1.0
"""Seconds that a caller waits at most to be told apart from a stranger."""

LINE, GOES = "line", "goes"
"""Marks of a `queue` step: where the caller stands, and where an overflow leads him."""

MOST_QUEUES = 5
"""Queues and numbers that one step may lead to, each one once."""


@dataclass(frozen=True)
class Elsewhere:
    """The caller leaves the queue for somewhere that the flow does not name."""

    to: Way
    why: str


@dataclass(frozen=True)
class Standing:
    """Where a caller stands in line, as the next process finds it."""

    queue: str
    joined: float
    since: float
    """When he took this place, in seconds since 1970: announcements and overflow count
    from then, whoever tells him."""
    been: tuple[str, ...] = ()
    """The queues that he has overflowed from in this step."""

    async def remember(self, call: Call) -> None:
        """Note it, unless it is noted so."""
        mark = {**asdict(self), "been": list(self.been)}
        if call.marks.get(LINE) != mark:
            await call.mark(**{LINE: mark, "talk": None})

    @classmethod
    def noted(cls, call: Call) -> Standing | None:
        """Where he stood in this step when an earlier process died; None: nowhere."""
        match call.marks.get(LINE) if call.resuming else None:
            case {
                "queue": str(queue),
                "joined": float() | int() as joined,
                "since": float() | int() as since,
                "been": list(been),
            }:
                return cls(queue, joined, since, tuple(map(str, been)))
        return None


async def time_of_joining(call: Call, queue: str) -> float:
    """When the caller joined *queue*, in seconds since 1970.

    That is when he first came to it: in this call, in one that was cut off, or in one
    in which he asked to be called back; the callback is not wanted any more then.
    """
    if queue not in call.joined:
        before = await _before(call, queue)
        call.joined[queue] = min([call.world.seconds(), *before])
        if before:
            await call.mark()  # from now on it is known by this call alone
    return call.joined[queue]


async def _before(call: Call, queue: str) -> list[float]:
    """The places that the caller had in earlier calls. None for a withheld number."""
    who, world, found = call.channel.caller_id, call.world, []
    if not who:
        return []
    now = world.seconds()
    try:
        async with asyncio.timeout(COURTESY):
            wish = await taken_back(call, queue, who)
            found += [] if wish is None else [wish.joined]
            if call.site.queues[queue].keep_place and world.places is not None:
                kept = await world.places.take(queue, who, now)
                found += [] if kept is None else [kept]
    except (Trouble, TimeoutError) as trouble:
        log.warning("call %s queue %s: no old place: %s", call.id, queue, trouble)
    return found


async def taken_back(call: Call, queue: str, number: str) -> Wish | None:
    """Who wants to be called at *number* is here: end that; None if nobody wants it.

    Raises `Trouble`.
    """
    now = call.world.seconds()
    wish = await call.world.callbacks.take_back(queue, number, now)
    if wish is not None:
        note_taken_back(call, wish, now)
    return wish


def note_taken_back(call: Call, wish: Wish, now: float) -> None:
    """Tell that *wish* was ended by one who calls from its number himself."""
    call.world.note(wish.told_ended(now, WishState.TAKEN_BACK))


async def keep_the_place(call: Call, waiting: Waiting) -> None:
    """The caller was cut off in line: keep the place as queues.yaml says."""
    queue = waiting.queue
    keep = call.site.queue(queue).keep_place
    places = call.world.places
    if not keep or not waiting.who or places is None:
        return
    until = call.world.seconds() + keep
    try:
        await places.keep(queue, waiting.who, joined=waiting.joined, until=until)
    except Trouble as trouble:
        log.warning("call %s queue %s: place not kept: %s", call.id, queue, trouble)


def shut(call: Call, queue: str, been: list[str]) -> Goto | Elsewhere | None:
    """What the door of *queue* says to one who comes; None: it is open.

    Who has *been* where it leads, and found nobody, finds it closed; so does who was
    led to a flow that brings him back.
    """
    doors = call.world.doors
    told = None if doors is None else _as_told(doors.of(queue))
    if not isinstance(told, Elsewhere):
        return told
    if _in_circle(told.to, been) or led_there(call, told.to):
        return Goto("closed", f"{told.why}, where nobody was")
    call.note(LeftQueue, queue=queue, how="overflow", waited=0.0, to=str(told.to))
    return told


def led_there(call: Call, to: Way) -> bool:
    """Whether a queue has led the caller to this flow already, and he is back."""
    return to.kind == "flow" and to.name in call.led_to


def _in_circle(to: Way, been: list[str]) -> bool:
    return to.name in been or len(been) >= MOST_QUEUES


def _as_told(door: Door) -> Goto | Elsewhere | None:
    if door.state == "closed":
        return Goto("closed", f"closed by {door.by}")
    if door.state == "diverted" and door.to is not None:
        return Elsewhere(door.to, f"diverted to {door.to} by {door.by}")
    return None


async def led_away(
    call: Call, place: Place, *, decides: bool, been: list[str], waited: float = 0.0
) -> Goto | Elsewhere:
    """Wait until the queue itself sends the caller elsewhere; for ever if it does not.

    *decides*: the flow says where the overflow leads. *been* are the queues that the
    caller comes from: nobody overflows in a circle. *waited* seconds he has been in
    this line already.
    """
    queue = place.waiting.queue
    while True:
        rules = call.site.queue(queue)
        after = rules.overflow.after if rules.overflow else None
        left = None if after is None else max(0.0, float(after) - waited)
        try:
            async with asyncio.timeout(left):
                found = await _door(call, queue)
        except TimeoutError:
            why = f"waited {after:g} s"
            found = overflow(rules, why, decides=decides, been=been) or await _door(
                call, queue
            )
        if place.waiting.queue == queue:
            return found
        queue, waited = place.waiting.queue, 0.0  # a supervisor has moved him meanwhile


async def _door(call: Call, queue: str) -> Goto | Elsewhere:
    """Wait until somebody has sent those away who wait already."""
    doors = call.world.doors
    if doors is None:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")
    while True:
        seen = doors.of(queue)
        told = _as_told(seen)
        if told is not None and seen.waiting_too:
            return told
        await doors.change(queue, seen)


def overflow(
    rules: Queue, why: str, *, decides: bool, been: list[str]
) -> Goto | Elsewhere | None:
    """Where one who overflows goes; None: nowhere, as it would be a circle."""
    to = rules.overflow.to if rules.overflow else None
    if decides or to is None:
        return Goto("overflow", why)
    if _in_circle(to, been):
        return None
    return Elsewhere(to, f"{why}, overflows to {to}")


async def go(call: Call, to: Way) -> Goto:
    """Lead the caller to a flow or a number, as `transfer` does; its way out.

    Raises `LeaveTo` for a flow.
    """
    if to.kind == "flow" and to.name not in call.site.flows:
        raise Trouble(f"there is no flow {to.name!r} any more, to which callers go")
    if to.kind == "flow":
        call.led_to.append(to.name)
    elif call.marks.get(GOES) is None:
        await call.keep(**{GOES: to.name, LINE: None})
    keys = {VERBS["transfer"].verb: {to.kind: Scalar(to.name)}}
    return await VERBS["transfer"].model_validate(keys).run(call)


async def came_back(call: Call) -> None:
    """The number did not take him, so he stands in line again: forget the way there."""
    marks = (name for name in call.marks if name != LINE)
    await call.mark(**dict.fromkeys(marks))
