"""Who talks with the caller, or is asked about him: an agent, or somebody outside.

A party is held by a stack of its own: whatever was entered to reach it (a place in a
line, an agent's leg, the count of the guard of numbers) is left again when the stack
is closed, once, by whoever comes first: a transfer, a hang-up, the end of the talk.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ivrflow.acd.desk import LineFull, NobodyCanServe
from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.model import Preferred, Waiting
from ivrflow.aio import finish
from ivrflow.facts import DialRefused
from ivrflow.flow.call import Call
from ivrflow.flow.conversation.accepting import asking
from ivrflow.flow.conversation.inbox import NotNow
from ivrflow.flow.conversation.targets import Target
from ivrflow.flow.outbound import Line, Refused
from ivrflow.telephony.channel import Channel, DialOrder, HungUp, Switch

if TYPE_CHECKING:
    from ivrflow.acd.desk import Desk, Talk

log = logging.getLogger("ivrflow.call")

HANG_UP_WITHIN = 5.0
"""Seconds for hanging up a leg; after that the switch is trusted to have heard."""

RING = 30.0
"""Seconds that a number or a phone that is no agent's rings."""

CONSULT = "consult"
"""What waits in a line when one agent wants another one: no caller in any figure."""


@dataclass(eq=False, kw_only=True)
class Party:
    """Somebody whose leg is up."""

    who: str
    """`agent 1002`, or a number."""
    leg: Channel
    held: AsyncExitStack
    talk: Talk | None = None
    """The desk's talk; None of somebody who is no agent of the desk."""
    queue: str = ""
    """The queue to which an agent's work is counted."""
    item: str = "call"
    """As what the desk has the agent's work, of `acd.model.ITEMS`."""
    origin: str = ""
    """The call from which this work comes; see `Waiting.origin`."""
    number: str = ""
    """What was dialled for somebody outside; "" for a phone of the house."""
    longest: float = 0.0
    """Seconds that it may be up, whoever talks with it: what is dialled costs; 0: no
    limit."""
    until: float = field(init=False)
    """When that is over, by the loop's clock; 0.0: never."""

    def __post_init__(self) -> None:
        now = asyncio.get_running_loop().time()
        self.until = now + self.longest if self.longest else 0.0

    @property
    def is_too_long(self) -> bool:
        """Whether it has been up for as long as it may."""
        return bool(self.until) and asyncio.get_running_loop().time() >= self.until

    @property
    def agent(self) -> str:
        """The agent's number; "" of somebody outside."""
        return self.talk.agent.number if self.talk is not None else ""

    @property
    def offer(self) -> str:
        """The offer by which the desk knows this talk; "" of somebody outside."""
        return self.talk.offer.id if self.talk is not None else ""

    @property
    def why_left(self) -> str:
        """Why it is in the talk no more."""
        if self.is_too_long:
            return (
                f"the talk with {self.who} has lasted {self.longest:g} s, the longest"
            )
        return f"{self.who} has hung up"

    def mark(self, call: Call) -> dict[str, Any]:
        """Who it is, as plain values by which the next process finds him."""
        if self.talk is None:
            now = asyncio.get_running_loop().time()
            ends = call.world.seconds() + (self.until - now) if self.until else 0.0
            return {
                "who": self.who,
                "leg": self.leg.id,
                "number": self.number,
                "longest": self.longest,
                # Rounded: it is the same mark as long as it is the same time.
                "ends": round(ends),
            }
        talk = self.talk
        offer, agent = talk.offer, talk.agent
        connected = offer.connected or offer.at
        return {
            "who": self.who,
            "queue": self.queue,
            "agent": agent.number,
            "name": agent.name,
            "address": agent.address,
            "nailed": agent.nailed,
            "offer": {
                "id": offer.id,
                "call": offer.call,
                "at": offer.at,
                "who": offer.who,
                "alone": offer.alone,
                "connected": connected,
            },
            "joined": connected - talk.waited,
            "held": talk.held,
            "item": self.item,
            "origin": self.origin,
        }

    async def let_go(self, *, by: str = "") -> None:
        """Hang up, and give an agent back to the desk; a second time is no error.

        *by*: who ended it, where that is not seen from who has hung up.
        """
        if by and self.talk is not None:
            self.talk.by = by
        await finish(self.held.aclose())


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who is wanted, and what is known of the call for that."""

    target: Target
    queue: str
    """The queue in which the caller was: an agent who serves it is asked in it."""
    shown: Mapping[str, str]


async def reach(
    call: Call, switch: Switch, asked: Asked, held: AsyncExitStack
) -> Party:
    """Ring the target until somebody answers; what that takes is entered in *held*.

    Raises `NotReached`, or `NotNow` for what can't be rung at all. Cancelling stops
    the ringing; who made *held* closes it in any case.
    """
    target = asked.target
    if target.kind == "number":
        line = line_to(call, target.name, held)
        return await ring_line(call, switch, asked, line, held)
    if target.kind == "flow":
        raise NotNow("a flow answers nobody: send the caller there, or give him away")
    if target.kind == "queue":
        return await _agent(call, switch, asked, held, target.name)
    agent = call.site.agents.get(target.name)
    queues = [str(queue) for queue in agent.queues] if agent is not None else []
    if queues:
        queue = asked.queue if asked.queue in queues else queues[0]
        return await _agent(call, switch, asked, held, queue, target.name)
    leg = await _ring(call, switch, address_of(call, target.name), asked.shown, held)
    return Party(who=str(target), leg=leg, held=held)


async def _agent(
    call: Call,
    switch: Switch,
    asked: Asked,
    held: AsyncExitStack,
    queue: str,
    number: str = "",
) -> Party:
    """An agent of *queue*, or the one named, through the desk: claimed, then rung."""
    desk = _desk(call)
    waiting = Waiting(
        call=call.world.new_id(),
        queue=queue,
        joined=call.world.seconds(),
        item=CONSULT,
        origin=call.id,
        preferred=Preferred(number, math.inf) if number else None,
    )
    try:
        if number and await desk.all_busy(waiting):
            raise NotNow(f"agent {number} is not free now")
        place = await held.enter_async_context(desk.line(waiting))
        talk = await held.enter_async_context(
            place.agent(
                switch,
                shown=asked.shown,
                caller_id=call.channel.caller_id,
                ask=asking(call, place, None),
            )
        )
    except LineFull as full:
        raise NotNow(str(full)) from None
    except NobodyCanServe:
        who = f"agent {number}" if number else f"nobody of queue {queue}"
        raise NotNow(f"{who} is signed in") from None
    except BoardAway as away:
        raise NotNow(str(away)) from None
    who = f"agent {talk.agent.number}"
    return Party(
        who=who,
        leg=talk.leg,
        held=held,
        talk=talk,
        queue=queue,
        item=CONSULT,
        origin=call.id,
    )


def _desk(call: Call) -> Desk:
    if call.world.desk is None:
        raise NotNow("this line has no desk for agents")
    return call.world.desk


def line_to(call: Call, number: str, held: AsyncExitStack) -> Line:
    """What to dial for *number*, which counts as dialled while *held* is open.

    Raises `NotNow` where the guard of numbers says no.
    """
    guard = call.world.outbound
    try:
        if guard is None:
            raise Refused("no number can be dialled: the settings have no outbound:")
        return held.enter_context(guard.placing(number, call.site))
    except Refused as refused:
        call.note(DialRefused, step=call.step_name, number=number, why=str(refused))
        raise NotNow(str(refused)) from None


async def ring_line(
    call: Call, switch: Switch, asked: Asked, line: Line, held: AsyncExitStack
) -> Party:
    """Ring somebody outside; raise `NotReached`."""
    leg = await _ring(call, switch, line.address, asked.shown, held)
    number = asked.target.name
    return Party(who=number, leg=leg, held=held, number=number, longest=line.longest)


def address_of(call: Call, number: str) -> str:
    """Where the phone of an agent rings who is not asked through the desk.

    Where he has signed in, else as agents.yaml says. Raises `NotNow` for none.
    """
    agent = call.site.agents.get(number)
    if agent is None:
        raise NotNow(f"there is no agent {number!r} in agents.yaml")
    known = call.world.desk.agents.get(number) if call.world.desk is not None else None
    address = known.address if known is not None else ""
    if not (address := address or str(agent.endpoint or "")):
        raise NotNow(
            f"agent {number} has no phone in agents.yaml, and is not signed in"
        )
    return address


async def ring_phone(
    call: Call, switch: Switch, address: str, held: AsyncExitStack
) -> Channel:
    """Ring a phone of the house; raise `NotReached`."""
    return await _ring(call, switch, address, {}, held)


async def _ring(
    call: Call,
    switch: Switch,
    address: str,
    shown: Mapping[str, str],
    held: AsyncExitStack,
) -> Channel:
    order = DialOrder(
        address=address,
        leg=call.world.new_id(),
        ring_for=RING,
        caller_id=call.channel.caller_id,
        show=shown,
    )
    leg = await switch.dial(order)
    # No await between the answer and here: the leg is in nobody else's hands.
    held.push_async_callback(hang_up, leg)
    return leg


async def hang_up(leg: Channel) -> None:
    try:
        async with asyncio.timeout(HANG_UP_WITHIN):
            await leg.hang_up()
    except (HungUp, TimeoutError) as failed:
        log.warning("leg %s could not be hung up: %r", leg.id, failed)
