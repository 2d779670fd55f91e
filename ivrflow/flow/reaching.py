"""One try to call back: an agent is there, and the customer's number is dialled.

The agent hears meanwhile what kind of call it is. Either of the two may be gone at any
moment, and so may we: whatever rings then is stopped, whatever was answered is hung up.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ivrflow.acd.model import Waiting
from ivrflow.aio import finish
from ivrflow.facts import Said
from ivrflow.flow.call import Call
from ivrflow.flow.conversation.accepting import asking
from ivrflow.flow.conversation.begin import converse_alone, lead_on
from ivrflow.flow.conversation.giving import TO_FLOW, to_flow
from ivrflow.flow.conversation.going_on import recorded_no_longer, settle, talk_on
from ivrflow.flow.conversation.turns import Onward
from ivrflow.flow.waiting import queue_record
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import Channel, DialOrder, HungUp, NotReached, Unreached

if TYPE_CHECKING:
    from ivrflow.acd.desk import Desk, Place, Talk
    from ivrflow.acd.model import Agent
    from ivrflow.flow.outbound import Line
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.in_line import Callbacks as Rules
    from ivrflow.flow.wish import Wish
    from ivrflow.flow.world import Outbound, World
    from ivrflow.telephony.channel import Switch

CALLBACK = "callback"
"""The kind of call that this makes, as its bookmark has it."""

AGENT_GONE = "agent gone"
"""The agent hung up while the customer's phone rang."""


@dataclass(frozen=True)
class Attempt:
    """A wish with an agent, at the moment at which its number is dialled."""

    wish: Wish
    site: Site
    world: World
    switch: Switch
    guard: Outbound
    place: Place
    found: Talk
    engagement: AsyncExitStack
    """Holds the agent: whoever closes it gives him back."""
    line: AsyncExitStack
    """Holds the place in line, and closes after that."""
    again: bool = False
    """Whether an earlier process has dialled already, and died over it: the phone may
    ring still."""

    @property
    def rules(self) -> Rules:
        return self.site.queues[self.wish.queue].callbacks

    @property
    def leg(self) -> str:
        """The id of the customer's leg: the same for a try that is gone on with."""
        seal = self.world.seal
        if seal is None:
            return self.world.new_id()
        return seal.name(self.place.waiting.call, "customer")

    def call(self, channel: Channel) -> Call:
        """A call in the name of the work item, for those on *channel*."""
        return _call(self.wish, self.site, self.world, self.place, channel)


def _call(wish: Wish, site: Site, world: World, place: Place, channel: Channel) -> Call:
    call = Call(channel, site, world)
    call.id = place.waiting.call
    if wish.language in site.settings.languages:
        call.language = wish.language
    call.queue = queue_record(call, place)
    return call


async def accepted(
    wish: Wish, site: Site, world: World, place: Place, agent: Agent, leg: Channel
) -> bool:
    """Whether an agent who must accept does so, having heard what it is."""
    whisper = str(site.queues[wish.queue].callbacks.whisper)
    return await asking(_call(wish, site, world, place, leg), place, whisper)(
        agent, leg
    )


async def reached(attempt: Attempt, line: Line, held: AsyncExitStack) -> Channel | str:
    """Dial while the agent hears why; the customer's leg, or how that ended.

    The leg is hung up with *held*, whoever is cancelled when.
    """
    rules, agent = attempt.rules, attempt.found.leg
    order = DialOrder(
        address=line.address,
        leg=attempt.leg,
        ring_for=float(rules.ring),
        caller_id=str(rules.caller_id or ""),
    )

    async def dial() -> Channel | str:
        try:
            leg = await attempt.switch.dial(order)
        except NotReached as failed:
            return failed.why.value
        except HungUp:  # the customer's leg, not the agent's
            return Unreached.UNREACHABLE.value
        held.push_async_callback(_end, leg)
        return leg

    async with asyncio.TaskGroup() as group:
        whisper = group.create_task(_whisper(attempt))
        dialling = group.create_task(dial())
        ends: list[asyncio.Future[Any]] = [dialling, agent.gone]
        # `wait`, since a future that is awaited is cancelled along with us.
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        whisper.cancel()
        dialling.cancel()
    if agent.gone.done() or dialling.cancelled():
        return AGENT_GONE
    return dialling.result()


async def _whisper(attempt: Attempt) -> None:
    """Tell the agent what kind of call it is; one who was asked knows it already."""
    if attempt.found.asked or attempt.again:
        return
    leg, call = attempt.found.leg, attempt.call(attempt.found.leg)
    words = call.words_of(str(attempt.rules.whisper))
    for one in words:
        call.note(
            Said, prompt=one.prompt, words=one.words, language=one.language, to="agent"
        )
    with suppress(HungUp):
        await leg.play(words)


async def _end(leg: Channel) -> None:
    await finish(leg.hang_up())


async def calls_on(key: tuple[str, str], call: Call) -> None:
    """Go on with the talk of a customer who was reached by an earlier process.

    Where it had not begun, the agent who called him is found again, or the next one is
    waited for. *key* is that of the wish.
    """
    queue = key[1]
    desk, switch = call.world.desk, call.world.switch
    if desk is None or switch is None:
        raise Trouble("there is no telephone to call back with")
    marks = call.marks
    talks, gone = isinstance(marks.get("talk"), dict), marks.get(TO_FLOW)
    if isinstance(gone, str) or not talks:
        await recorded_no_longer(call)
    if (onward := Onward.noted(call)) is not None:
        await settle(call)
        await lead_on(call, _there(onward), _nothing, queue)
    elif isinstance(flow := marks.get(TO_FLOW), str):
        await lead_on(call, _gone_to(call, flow), _nothing, queue)
    elif isinstance(talk := marks.get("talk"), dict):
        await lead_on(call, talk_on(call, switch, talk, {}), _nothing, queue)
    elif desk.holds(call.id):
        await _agent_again(call, desk, switch, key)
    else:
        await lead_on(call, _there(None), _nothing, queue)


async def _agent_again(
    call: Call, desk: Desk, switch: Switch, key: tuple[str, str]
) -> None:
    """The agent who called him has him; none there any more: the next one."""
    origin, queue = key
    waiting = Waiting(
        call=call.id,
        queue=queue,
        item="callback",
        origin=origin,
        joined=call.joined.get(queue, call.began),
        who=call.channel.caller_id,
    )
    music = str(call.site.queue(queue).music or "default")
    async with AsyncExitStack() as line, AsyncExitStack() as engagement:
        async with call.channel.music(music):
            place = await line.enter_async_context(desk.line(waiting))
            found = await engagement.enter_async_context(
                place.agent(switch, caller_id=call.channel.caller_id)
            )
        await converse_alone(
            call, switch, place, engagement, found, line=line, shown={}
        )


async def _there(onward: Onward | None) -> Onward | None:
    return onward


async def _gone_to(call: Call, flow: str) -> Onward | None:
    raise to_flow(call, flow)


async def _nothing() -> None:
    """There is no place that he could give up."""
