"""How a talk begins: what both hear before they are joined, and what is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from ivrflow.aio import single
from ivrflow.flow.call import Call, LeaveTo, log
from ivrflow.flow.conversation.parties import Party
from ivrflow.flow.conversation.talk import Conversation
from ivrflow.flow.conversation.turns import Onward
from ivrflow.flow.recording import is_wanted
from ivrflow.flow.step import Goto
from ivrflow.flow.waiting import queue_record
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import HungUp, RecordingFailed, Switch

if TYPE_CHECKING:
    from ivrflow.acd.desk import Place, Talk
    from ivrflow.flow.kinds import Sayable
    from ivrflow.flow.site.queues import Recording


async def converse(
    call: Call,
    switch: Switch,
    place: Place,
    engagement: AsyncExitStack,
    found: Talk,
    *,
    whisper: Sayable | str | None,
    shown: Mapping[str, str],
) -> Goto | Onward | None:
    """Let the caller talk with the agent who has answered, and return what comes next.

    None: the agent had left before the two could talk. *engagement* is what
    `place.agent` was entered in: it is closed as soon as the agent has let go of the
    caller, who may still be served by others then. An `Onward` is to be gone when the
    caller is out of the line. *whisper* is said to the agent first; None: nothing is.
    Raises `LeaveTo` when the agent gives the caller to a flow.
    """
    call.agent = {"number": found.agent.number, "name": found.agent.name}
    call.queue = queue_record(call, place)
    if not await _introduced(call, place, found, whisper) or found.leg.gone.done():
        return None
    queue = place.waiting.queue
    main = Party(
        who=f"agent {found.agent.number}",
        leg=found.leg,
        held=engagement,
        talk=found,
        queue=queue,
        item=place.waiting.item,
        origin=place.waiting.origin,
    )
    talk = Conversation(call, switch, main, shown)
    if not talk.recorded:
        await _record(call, call.site.queue(queue).record)
    return await run_recorded(talk)


async def run_recorded(talk: Conversation) -> Goto | Onward:
    """Run *talk*, and end its recording with it.

    What began before, in the flow say, goes on; what the talk begins ends with it, by
    whatever it ends: nobody hears of a recording in what comes after.
    """
    try:
        way = await talk.run()
    except (LeaveTo, Trouble):
        if not talk.recorded:
            await talk.call.recording.end()
        raise
    if not talk.recorded:
        await talk.call.recording.end()
    return way


async def converse_alone(
    call: Call,
    switch: Switch,
    place: Place,
    engagement: AsyncExitStack,
    found: Talk,
    *,
    line: AsyncExitStack,
    shown: Mapping[str, str],
) -> None:
    """As `converse`, for a call that came out of no flow: one that we have made.

    Where the agent gives the caller away, this leads him there, to the end; one whose
    agent is gone waits for the next one. *line* holds the place in line: it is closed
    before the caller can stand in another one.
    """

    async def let_go() -> None:
        await engagement.aclose()
        await line.aclose()

    talk = converse(call, switch, place, engagement, found, whisper=None, shown=shown)
    await lead_on(call, talk, let_go, place.waiting.queue)


async def lead_on(
    call: Call,
    talk: Awaitable[Goto | Onward | None],
    let_go: Callable[[], Awaitable[None]],
    queue: str,
) -> None:
    """Let *talk* come to its end, and lead the caller where it leads, to the end.

    *let_go* gives his place in the line of *queue* up, before he takes another one.
    """
    # Flows run steps and a step talks: the circle is closed here.
    from ivrflow.flow.run import run_flow

    try:
        way = await talk
        if way is None:
            way = Onward({"queue": queue}, "the agent is gone")
        if isinstance(way, Onward):
            await let_go()
            await way.go(call)
    except LeaveTo as leave:
        await let_go()
        frame = leave.frame
        while True:
            call.frames[:] = [frame]
            try:
                return await run_flow(call, frame)
            except LeaveTo as further:
                frame = further.frame


async def _introduced(
    call: Call, place: Place, found: Talk, whisper: Sayable | str | None
) -> bool:
    """Whisper to the agent, tell the caller who serves him. False: the agent left."""
    tell_caller = call.site.queue(place.waiting.queue).tell_caller
    whispered = True

    async def tell_agent() -> None:
        nonlocal whispered
        try:
            if whisper is not None and not found.asked:
                await call.say(whisper, to=found.leg)
        except HungUp:
            if call.channel.gone.done():
                raise
            whispered = False

    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(tell_agent())
            if tell_caller is not None:
                both.create_task(call.say(tell_caller))
    except ExceptionGroup as failed:
        raise single(failed) from None
    return whispered


async def _record(call: Call, wanted: Recording) -> None:
    """Begin to record where the queue wants it."""
    if not is_wanted(wanted, call.id):
        return
    try:
        await call.recording.begin(in_talk=True)
    except (RecordingFailed, Trouble) as failed:
        log.error("call %s: the talk is not recorded: %s", call.id, failed)
