"""A blind transfer: the agent gives the caller away and is free at once.

What can be known before is asked before: a queue that is closed, full or without
agents, an agent who is not signed in, a number that may not be dialled. Then the agent
keeps the caller. Where it only turns out later, the caller is not lost either: one whom
a number did not take goes back to the queue, for this agent first.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ivrflow.acd.desk.rings import CALLER_GONE
from ivrflow.acd.model import Preferred, Waiting
from ivrflow.facts import CallerTransferBegan, Decided
from ivrflow.flow.call import Call, Frame, LeaveTo
from ivrflow.flow.conversation.entering import target_of, wrong
from ivrflow.flow.conversation.inbox import Left, NotNow, Request
from ivrflow.flow.conversation.parties import Asked, line_to, ring_line
from ivrflow.flow.conversation.targets import Target
from ivrflow.flow.conversation.turns import ASKS, End, Onward, Turn
from ivrflow.flow.names import timetable_state
from ivrflow.telephony.channel import NotReached

if TYPE_CHECKING:
    from ivrflow.flow.conversation.talk import Conversation

TO_FLOW = "to_flow"
"""The mark of a call that an agent has given to a flow: for the next process."""

HELD_FOR = "60s"
"""How long the caller waits for the agent he was given to, before anyone may take him:
nobody who was transferred waits for ever."""


async def give(talk: Conversation, request: Request) -> Turn:
    """Give the caller to the target that is named, or that the agent enters."""
    if request.target is not None:
        return await give_away(talk, request, request.target)
    async with talk.on_hold():
        try:
            target = await target_of(talk, request)
        except NotNow as no:
            await wrong(talk, request, str(no))
            return None
    if isinstance(target, Target):
        return await give_away(talk, request, target)
    return target


async def give_away(
    talk: Conversation, request: Request, target: Target, *, began: bool = False
) -> Turn:
    """Let the agent go, and the caller on to *target*.

    *began*: the fact that it has begun is noted already.
    """
    main = talk.main
    if not began:
        talk.note(CallerTransferBegan, mode="blind", to=str(target))
    try:
        if target.kind == "number":
            return await _to_number(talk, request, target)
        _check(talk, target)
        onward = None if target.kind == "flow" else _onward(talk, target)
    except NotNow as no:
        talk.asked_no_longer(main, str(target), "refused")
        await talk.remember(main)
        await wrong(talk, request, str(no))
        return None
    talk.asked_no_longer(main, str(target), "done")
    if onward is None:
        await talk.call.keep(**{TO_FLOW: target.name})
    else:
        await onward.remember(talk.call)
    request.done()
    talk.inbox.settle()
    await talk.drop(main, by="transfer")
    if onward is None:
        raise to_flow(talk.call, target.name)
    return End(onward)


def _check(talk: Conversation, target: Target) -> None:
    """Raise `NotNow` where the caller would come to nobody."""
    if target.kind == "flow":
        return
    call, desk = talk.call, talk.call.world.desk
    if desk is None:
        raise NotNow("this line has no desk for agents")
    queue = _queue_for(talk, target)
    hours = call.site.queues[queue].hours
    if hours is not None and not (state := timetable_state(call, hours)).open:
        raise NotNow(f"queue {queue} is closed: {hours} ({state.why})")
    doors = call.world.doors
    if doors is not None and doors.of(queue).state == "closed":
        raise NotNow(f"queue {queue} was closed")
    agent = target.name if target.kind == "agent" else ""
    waiting = Waiting(
        call=call.id,
        queue=queue,
        joined=call.world.seconds(),
        preferred=Preferred(agent, math.inf) if agent else None,
    )
    if why := desk.refuses(waiting):
        raise NotNow(f"{target}: {why}")


def _queue_for(talk: Conversation, target: Target) -> str:
    """The queue in which the caller will wait."""
    if target.kind == "queue":
        return target.name
    agent = talk.call.site.agents.get(target.name)
    queues = [str(queue) for queue in agent.queues] if agent is not None else []
    if not queues:
        raise NotNow(f"agent {target.name} serves no queue: ask him first (transfer)")
    return talk.queue if talk.queue in queues else queues[0]


def _onward(talk: Conversation, target: Target) -> Onward:
    keys: dict[str, Any] = {"queue": _queue_for(talk, target)}
    if target.kind == "agent":
        keys["agent"] = {"is": target.name, "wait": HELD_FOR}
    return Onward(keys, f"the agent gave the call to {target}", anew=True)


def to_flow(call: Call, name: str) -> LeaveTo:
    """The caller's way to a flow that an agent has given him to."""
    call.channel.keys.clear()  # pressed in the talk, and not for the flow
    flow, why = call.site.flows[name], f"the agent gave the call to the flow {name}"
    call.note(
        Decided,
        step=call.step_name,
        outcome="then",
        target=flow.name,
        why=why,
        flow=call.frame.flow.name if call.frames else "",
    )
    return LeaveTo(Frame(flow), "then", None, why)


async def _to_number(talk: Conversation, request: Request, target: Target) -> Turn:
    """The agent goes as soon as the guard has let the number through."""
    main, held = talk.main, talk.new_stack()
    line = line_to(talk.call, target.name, held)
    # Who is rung is hung up when we die; the caller then is for this agent again.
    await talk.remember_asked(str(target))
    await _back(talk, main.agent, f"{target} was rung").remember(talk.call)
    request.done()
    talk.inbox.settle()
    talk.doing("ringing", str(target))
    asked = Asked(target=target, queue=talk.queue, shown=talk.shown)
    how, party = CALLER_GONE, None
    try:
        await talk.drop(main, by="transfer")
        async with talk.call.channel.music(talk.music):
            party, _ = await talk.during(
                ring_line(talk.call, talk.switch, asked, line, held), _never
            )
        how = "done"
    except NotReached as failed:
        how = failed.why.value
    finally:
        # Also when the caller hangs up meanwhile: the record must not end in the air.
        talk.asked_no_longer(main, str(target), how)
    await talk.call.keep(**{ASKS: None})
    if party is None:
        return End(_back(talk, main.agent, f"{target} not reached: {how}"))
    talk.take_up(party)
    talk.lead(party)
    return None


async def _never(event: Request | Left) -> bool:
    if isinstance(event, Request):
        event.refuse("the number is rung, and no agent has the caller")
    return False


def _back(talk: Conversation, agent: str, why: str) -> Onward:
    """The caller waits again, for the agent who had him first."""
    keys: dict[str, Any] = {"queue": talk.queue}
    if agent:
        keys["agent"] = {"is": agent, "wait": HELD_FOR}
    return Onward(keys, why)
