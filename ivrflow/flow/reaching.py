"""One try to call back: an agent is there, and the customer's number is dialled.

The agent hears meanwhile what kind of call it is. Either of the two may be gone at any
moment, and so may we: whatever rings then is stopped, whatever was answered is hung up.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ivrflow.aio import finish
from ivrflow.facts import CallbackEnded, CallbackTried, Said
from ivrflow.flow.call import Call
from ivrflow.flow.conversation.accepting import asking
from ivrflow.flow.waiting import queue_record
from ivrflow.telephony.channel import Channel, DialOrder, HungUp, NotReached, Unreached

if TYPE_CHECKING:
    from ivrflow.acd.desk import Place, Talk
    from ivrflow.acd.model import Agent
    from ivrflow.flow.outbound import Line
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.in_line import Callbacks as Rules
    from ivrflow.flow.wish import Wish
    from ivrflow.flow.world import Outbound, World
    from ivrflow.telephony.channel import Switch

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

    @property
    def rules(self) -> Rules:
        return self.site.queues[self.wish.queue].callbacks

    def note(
        self, kind: type[CallbackTried] | type[CallbackEnded], **details: Any
    ) -> None:
        """Note a fact of the call in which it was asked for."""
        fact = kind(
            at=self.world.seconds(),
            call=self.wish.call,
            queue=self.wish.queue,
            number=self.wish.number,
            **details,
        )
        self.world.note(fact)

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
        leg=attempt.world.new_id(),
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
    if attempt.found.asked:
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
