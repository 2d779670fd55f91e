"""A talk goes on in the next process: who talks is noted, and found again.

Before people are joined their talk is noted with the call, so that the next process
knows it whatever the database says: which offers, which legs, since when. It finds
their legs, joins them again, which touches nothing where they are joined, and tells the
desk. Nobody is whispered to, nothing counts twice, and two who talk are not parted.

What stood between two states (somebody was asked, or rung, or on hold) is not gone on
with: caller and agent talk, and whoever was asked is hung up with all that nobody
claims.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any, cast

from ivrflow.acd.desk.rings import LOST, leg_of
from ivrflow.acd.model import Agent, Offer, Waiting
from ivrflow.facts import Resumed
from ivrflow.flow.call import Call, log
from ivrflow.flow.conversation.begin import run_recorded
from ivrflow.flow.conversation.parties import Party, hang_up
from ivrflow.flow.conversation.talk import Conversation
from ivrflow.flow.conversation.turns import (
    ASKS,
    HOLD,
    ONWARD,
    Onward,
    left_open,
    remember_the_end,
)
from ivrflow.flow.outbound import Refused
from ivrflow.flow.step import Goto
from ivrflow.flow.waiting import queue_record
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import Switch

Mark = Mapping[str, Any]


async def talk_on(
    call: Call, switch: Switch, mark: Mark, shown: Mapping[str, str]
) -> Goto | Onward:
    """Let those talk on whom *mark* names, an earlier process's of this very step.

    As `converse`, which ended there: returns how the caller goes on.
    """
    if "over" in mark:
        return await _over(call, str(mark["over"]), recorded=mark["recorded"])
    there: list[Party] = []
    try:
        for part in mark["parties"]:
            if (party := await _found(call, switch, part)) is not None:
                there.append(party)
        await settle(call, there[0] if there else None)
    except BaseException:
        for party in there:  # no talk runs yet that would let them go
            await party.let_go()
        raise
    if not there:
        who, recorded = str(mark["parties"][0]["who"]), bool(mark["recorded"])
        log.info("call %s: %s has hung up while nobody was there", call.id, who)
        await remember_the_end(call, f"{who} has hung up", recorded=recorded)
        return await _over(call, f"{who} has hung up", recorded=recorded)
    await call.recording.go_on()
    main, *others = there
    talk = Conversation(call, switch, main, shown)
    talk.queue = str(mark["queue"])
    talk.third = others[0] if others else None
    talk.recorded = bool(mark["recorded"])
    return await run_recorded(talk)


async def _over(call: Call, why: str, *, recorded: bool) -> Goto:
    """The talk has ended: so does its recording, unless that is the flow's."""
    if not recorded:
        await call.recording.end()
    return Goto("then", why)


async def recorded_no_longer(call: Call) -> None:
    """End what was recorded of a talk that goes on no more: its caller was given away,
    or the two had not been joined, when an earlier process died."""
    recording = call.recording
    for mark in (call.marks.get("talk"), call.marks.get(ONWARD)):
        if isinstance(mark, dict) and "recorded" in mark:
            if not mark["recorded"]:
                await recording.end()
            return
    if recording.ends_with_talk:
        await recording.end()


async def settle(call: Call, main: Party | None = None) -> None:
    """End what an earlier process was at, and nobody goes on with: a hold, which is
    counted for *main* if it was his, and somebody who was asked or rung."""
    ends = list(left_open(call.marks, call.world.seconds(), how=LOST))
    for kind, details in ends:
        call.note(kind, **details)
        his = main is not None and main.offer == details["offer"]
        if kind is Resumed and his and main is not None and main.talk is not None:
            main.talk.held += details["seconds"]
    if ends:
        await call.keep(**{HOLD: None, ASKS: None})


async def _found(call: Call, switch: Switch, part: Mark) -> Party | None:
    """Somebody who talked, if his leg is up; else the desk hears that he has gone."""
    held = AsyncExitStack()
    try:
        if "offer" in part:
            return await _agent(call, switch, part, held)
        return await _other(call, switch, part, held)
    except BaseException:
        await held.aclose()
        raise


async def _agent(
    call: Call, switch: Switch, part: Mark, held: AsyncExitStack
) -> Party | None:
    desk, queue = call.world.desk, str(part["queue"])
    if desk is None:
        raise Trouble("this line has no desk for agents")
    offer = Offer(queue=queue, agent=part["agent"], **part["offer"])
    waiting = Waiting(
        call=offer.call,
        queue=queue,
        joined=part["joined"],
        who=offer.who,
        item=part["item"],
        origin=part["origin"],
    )
    place = await held.enter_async_context(desk.again(waiting, offer))
    agent = desk.agents.get(offer.agent) or Agent(
        number=offer.agent,
        name=part["name"],
        endpoint=part["address"],
        nailed=part["nailed"],
    )
    leg = await leg_of(agent, offer, switch, desk.lines)
    if leg is None or leg.gone.done():
        place.left_meanwhile(held=part["held"])
        await held.aclose()
        return None
    waited = cast(float, offer.connected) - waiting.joined
    talk = await held.enter_async_context(
        place.talk_on(agent, leg, offer, waited=waited, held=part["held"])
    )
    call.queue = queue_record(call, place)
    return Party(
        who=str(part["who"]),
        leg=leg,
        held=held,
        talk=talk,
        queue=queue,
        item=waiting.item,
        origin=waiting.origin,
    )


async def _other(
    call: Call, switch: Switch, part: Mark, held: AsyncExitStack
) -> Party | None:
    leg = await switch.leg(str(part["leg"]))
    if leg is None or leg.gone.done():
        return None
    held.push_async_callback(hang_up, leg)
    guard = call.world.outbound
    if part["number"] and guard is not None:
        try:  # it counts among those that are up, and was let through before
            held.enter_context(guard.placing(part["number"], call.site, placed=True))
        except Refused as refused:
            log.info("call %s: %s talks on: %s", call.id, part["who"], refused)
    party = Party(
        who=str(part["who"]), leg=leg, held=held, number=part["number"], longest=0.0
    )
    if part["ends"]:
        now = asyncio.get_running_loop().time()
        party.longest = part["longest"]
        party.until = now + (part["ends"] - call.world.seconds())
    return party
