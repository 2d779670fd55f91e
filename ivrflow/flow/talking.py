"""What is said when an agent has answered a caller, and their talk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ivrflow.aio import single
from ivrflow.flow.call import Call
from ivrflow.flow.waiting import queue_record
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import HungUp, Switch

if TYPE_CHECKING:
    from ivrflow.acd.desk import Place, Talk
    from ivrflow.flow.kinds import Sayable


async def talk(
    call: Call, switch: Switch, place: Place, talk: Talk, whisper: Sayable | str | None
) -> bool:
    """Join caller and agent until one hangs up. False: the agent left before.

    *whisper* is said to the agent first; None: nothing is.
    """
    name = place.waiting.queue
    tell_caller = call.site.queues[name].tell_caller
    call.agent = {"number": talk.agent.number, "name": talk.agent.name}
    call.queue = queue_record(call, place)
    whispered = True

    async def tell_agent() -> None:
        nonlocal whispered
        try:
            if whisper is not None:
                await call.say(whisper, to=talk.leg)
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
    if not whispered or talk.leg.gone.done():
        return False
    call.channel.keys.clear()
    try:
        async with switch.bridge(call.channel, talk.leg):
            # Not `await gone`: cancelling that would cancel the future itself.
            await asyncio.wait([talk.leg.gone])
    except HungUp:
        if call.channel.gone.done():
            raise
        # The caller is still there, and must not be taken for one who hung up.
        agent = talk.agent.number
        message = f"queue {name}: caller and agent {agent} could not be joined"
        raise Trouble(message) from None
    call.channel.keys.clear()
    return True
