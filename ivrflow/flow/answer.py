"""Who answers a call: what `numbers.yaml` says about the number that was dialled."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from ivrflow.flow.bookmark import Bookmark
from ivrflow.flow.bookmark.taking_up import take_up
from ivrflow.flow.call import Call
from ivrflow.flow.expression import ExpressionFault
from ivrflow.flow.hearing.talk import hearing
from ivrflow.flow.kinds import FlowName
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.model import Flow
from ivrflow.flow.run import resume_call, resume_talk, run_call, run_talk
from ivrflow.flow.site import Site
from ivrflow.flow.talks.acts import acting
from ivrflow.flow.talks.announce import announcing
from ivrflow.flow.talks.hours import changing_hours
from ivrflow.flow.talks.monitor import monitoring
from ivrflow.flow.talks.switch import switching
from ivrflow.flow.world import World
from ivrflow.telephony.channel import Cause, Channel

log = logging.getLogger("ivrflow.call")


async def answer(
    channel: Channel,
    site: Site,
    world: World,
    live: LiveCalls,
    *,
    bookmark: Bookmark | None = None,
    away: float = 0.0,
) -> Cause:
    """Take one call from ring to end; return why it ended. Raises only a cancellation.

    With *bookmark* it goes on where another process left it, if it can; *away* are the
    seconds in which nobody had it, 0 if that is not known. A number that nobody gave a
    meaning hears a sentence and is logged: somebody dials it, or a trunk is set up
    wrong.
    """
    call = Call(channel, site, world)
    with live.holding(call):
        if bookmark is not None and take_up(call, bookmark):
            if bookmark.frames:
                return await resume_call(call, bookmark, away=away)
            _, talk = _talk(channel, site)
            return await resume_talk(call, bookmark, talk, away=away)
        if bookmark is not None:
            # It begins anew, but no number of its steps names two things.
            call.steps, call.noted = bookmark.number, bookmark.mark
        number = site.numbers.get(channel.dialled)
        if number is not None and number.flow is not None:
            if (flow := _flow(call, number.flow)) is not None:
                return await run_call(call, flow)
            return await run_talk(call, "no such flow", _saying("apology"))
        name, talk = _talk(channel, site)
        return await run_talk(call, name, talk)


def _flow(call: Call, name: FlowName) -> Flow | None:
    """The flow of this name, which may depend on the call; None if there is none."""
    try:
        return call.site.flows[name.given(call.names())]
    except (KeyError, ExpressionFault) as fault:
        log.error("call %s: %s gives no flow: %s", call.id, name.at, fault)
        return None


def _talk(
    channel: Channel, site: Site
) -> tuple[str, Callable[[Call], Awaitable[None]]]:
    """The talk of our own behind a number that leads to no flow."""
    number = site.numbers.get(channel.dialled)
    if number is None:
        log.warning(
            "call %s: nothing answers %r; give it a flow in numbers.yaml",
            channel.id,
            channel.dialled,
        )
        return "wrong number", _saying("wrong_number")
    if number.agent is not None:
        return number.agent.replace("_", " "), acting(number.agent, number)
    if number.switch is not None:
        return "switch", switching(str(number.switch))
    if number.hours is not None:
        return "hours", changing_hours(str(number.hours))
    if number.announce is not None:
        language = str(number.language or site.settings.languages[0])
        return "announce", announcing(str(number.announce), language)
    if number.monitor is not None:
        return "monitor", monitoring
    if number.voicemail is not None:
        return "voicemail", hearing(own=number.voicemail == "own")
    log.warning(
        "call %s: %r is in numbers.yaml, which does not say what answers there",
        channel.id,
        channel.dialled,
    )
    return "not available", _saying("not_available")


def _saying(prompt: str) -> Callable[[Call], Awaitable[None]]:
    async def say(call: Call) -> None:
        await call.say(prompt)

    return say
