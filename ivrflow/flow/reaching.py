"""One try to call back: an agent is there, and the customer's number is dialled.

That is a wish which a caller had, or a message which he left. The agent hears meanwhile
what kind of call it is. Either of the two may be gone at any moment, and so may we:
whatever rings then is stopped, whatever was answered is hung up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ivrflow.acd.model import Waiting
from ivrflow.aio import finish
from ivrflow.facts import Said
from ivrflow.flow.call import Call
from ivrflow.flow.conversation.accepting import asking
from ivrflow.flow.conversation.begin import converse_alone, lead_on
from ivrflow.flow.conversation.giving import TO_FLOW, to_flow
from ivrflow.flow.conversation.going_on import recorded_no_longer, settle, talk_on
from ivrflow.flow.conversation.turns import Onward
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.run import run_talk
from ivrflow.flow.waiting import queue_record
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import Channel, DialOrder, HungUp, NotReached, Unreached

if TYPE_CHECKING:
    from ivrflow.acd.desk import Desk, Place, Talk
    from ivrflow.acd.model import Agent
    from ivrflow.flow.outbound import Line
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.in_line import Callbacks as Rules
    from ivrflow.flow.working.standing import Engaged
    from ivrflow.flow.world import Outbound, World
    from ivrflow.telephony.channel import Switch

CALLBACK = "callback"
"""The kind of call that this makes, as its bookmark has it."""

AGENT_GONE = "agent gone"
"""The agent hung up while the customer's phone rang."""


class Wanted(Protocol):
    """Somebody who is to be called back."""

    @property
    def queue(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def language(self) -> str:
        """Of the caller; "": not known."""


@dataclass(frozen=True)
class Attempt:
    """Somebody to be called, with an agent, at the moment at which he is dialled."""

    wanted: Wanted
    site: Site
    world: World
    switch: Switch
    guard: Outbound
    engaged: Engaged
    whisper: str | None
    """The prompt that the agent hears meanwhile; None: he knows what it is."""
    again: bool = False
    """Whether an earlier process has dialled already, and died over it: the phone may
    ring still."""
    end: str = "customer"
    """Names the customer's leg, among all that are dialled for one place in line."""

    @property
    def place(self) -> Place:
        return self.engaged.place

    @property
    def found(self) -> Talk:
        return self.engaged.found

    @property
    def rules(self) -> Rules:
        return self.site.queues[self.wanted.queue].callbacks

    @property
    def leg(self) -> str:
        """The id of the customer's leg: the same for a try that is gone on with."""
        seal = self.world.seal
        if seal is None:
            return self.world.new_id()
        return seal.name(self.place.waiting.call, self.end)

    def call(self, channel: Channel) -> Call:
        """A call in the name of the work item, for those on *channel*."""
        return call_for(self.wanted, self.site, self.world, self.place, channel)


def call_for(
    wanted: Wanted, site: Site, world: World, place: Place, channel: Channel
) -> Call:
    """A call in the name of who stands in *place*, for those on *channel*."""
    call = Call(channel, site, world)
    call.id = place.waiting.call
    if wanted.language in site.settings.languages:
        call.language = wanted.language
    call.queue = queue_record(call, place)
    return call


async def accepted(
    wanted: Wanted,
    site: Site,
    world: World,
    place: Place,
    whisper: str,
    agent: Agent,
    leg: Channel,
) -> bool:
    """Whether an agent who must accept does so, having heard *whisper*: what it is."""
    call = call_for(wanted, site, world, place, leg)
    return await asking(call, place, whisper)(agent, leg)


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
    """Tell the agent what kind of call it is."""
    if attempt.whisper is None:
        return
    leg, call = attempt.found.leg, attempt.call(attempt.found.leg)
    words = call.words_of(attempt.whisper)
    for one in words:
        call.note(
            Said, prompt=one.prompt, words=one.words, language=one.language, to="agent"
        )
    with suppress(HungUp):
        await leg.play(words)


async def _end(leg: Channel) -> None:
    await finish(leg.hang_up())


async def talk(
    attempt: Attempt, call: Call, live: LiveCalls, shown: Mapping[str, str]
) -> None:
    """Let the two talk, to the end of *call*, the customer's."""

    async def both(call: Call) -> None:
        if (greeting := attempt.rules.greeting) is not None:
            await call.say(greeting)
        await converse_alone(
            call,
            attempt.switch,
            attempt.place,
            attempt.engaged.engagement,
            attempt.found,
            line=attempt.engaged.line,
            shown=shown,
        )

    with live.holding(call):
        await run_talk(call, call.begins_with, both, kind=call.kind)


async def calls_on(item: str, key: tuple[str, str], call: Call) -> None:
    """Go on with the talk of a customer who was reached by an earlier process.

    Where it had not begun, the agent who called him is found again, or the next one is
    waited for. *item* is what stood in line, *key* that of what was owed.
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
        await _agent_again(call, desk, switch, item, key)
    else:
        await lead_on(call, _there(None), _nothing, queue)


async def _agent_again(
    call: Call, desk: Desk, switch: Switch, item: str, key: tuple[str, str]
) -> None:
    """The agent who called him has him; none there any more: the next one."""
    origin, queue = key
    waiting = Waiting(
        call=call.id,
        queue=queue,
        item=item,
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
