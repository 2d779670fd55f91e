"""Who left a message is called from the mailbox in which it lies.

Only where the settings' `outbound` lets the number be dialled: whoever gets at a PIN
must not make calls at the operator's cost. When the other one has hung up, the talk
about the message goes on.

As with a transfer, what was dialled outlives this process: the leg's id comes from the
call and the act, and the mark says since when it rings, and since when they talk.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from ivrflow.aio import finish
from ivrflow.facts import DialRefused, SenderCalled
from ivrflow.flow.call import log
from ivrflow.flow.hearing.visit import CALLING
from ivrflow.flow.outbound import Line, Refused
from ivrflow.flow.working.item import WorkState
from ivrflow.telephony.channel import (
    Channel,
    DialOrder,
    HungUp,
    NotReached,
    Switch,
)

if TYPE_CHECKING:
    from ivrflow.flow.hearing.visit import Visit

RING_FOR = 30.0
"""Seconds."""

TALKED, FAILED = "talked", "failed"


async def call_back(visit: Visit, message: str) -> None:
    """Call who left *message*; return when that talk is over.

    Raises `Trouble`.
    """
    call, world = visit.call, visit.call.world
    stored = await visit.boxes.message(message)
    number = (stored.number or stored.caller) if stored is not None else ""
    switch, guard = world.switch, world.outbound
    if switch is None or guard is None or not number:
        await call.say("box_no_number")
        return
    try:
        with guard.placing(
            number, call.site, placed=_since(visit, "rings") > 0
        ) as line:
            how, seconds = await _reach(visit, switch, line)
    except Refused as refused:
        log.warning("call %s: mailbox %s: %s", call.id, visit.entry.box, refused)
        call.note(DialRefused, step=call.step_name, number=number, why=str(refused))
        await call.say("box_no_number")
        return
    call.note(
        SenderCalled,
        mailbox=visit.entry.box,
        message=message,
        number=number,
        how=how,
        seconds=seconds,
        by=visit.who,
    )
    if how != TALKED:
        await call.say("box_not_reached")
    elif world.work is not None:
        await world.work.end(
            message,
            WorkState.DONE,
            visit.now(),
            agent=visit.entry.agent,
            by=visit.who,
        )


async def _reach(visit: Visit, switch: Switch, line: Line) -> tuple[str, float]:
    """Ring and join; how that ended, and how many seconds they have talked."""
    call = visit.call
    if not _since(visit, "rings"):
        await _mark(visit, rings=visit.now())
    order = DialOrder(
        address=line.address,
        leg=visit.own_id("leg"),
        # The number of who hears is nobody's business: the trunk shows its own.
        ring_for=max(0.0, RING_FOR - (visit.now() - _since(visit, "rings"))),
    )
    async with AsyncExitStack() as held:
        if _since(visit, "talks"):
            # No `dial`: it would ring who has hung up meanwhile.
            there = await switch.leg(order.leg)
            if there is None:
                return TALKED, max(0.0, visit.now() - _since(visit, "talks"))
            leg: Channel = there
            held.push_async_callback(_end, leg)
        else:
            try:
                async with call.channel.music("default"):
                    leg = await switch.dial(order)
                    # Before the music ends: who hangs up then leaves no leg behind.
                    held.push_async_callback(_end, leg)
            except NotReached as failed:
                return failed.why.value, 0.0
        if not _since(visit, "talks"):
            await _mark(visit, talks=visit.now())
        return await _talk(visit, switch, leg, line)


async def _talk(
    visit: Visit, switch: Switch, leg: Channel, line: Line
) -> tuple[str, float]:
    call = visit.call
    began = _since(visit, "talks")
    rest = max(0.0, began + line.longest - visit.now()) if line.longest else None
    call.channel.keys.clear()
    try:
        async with switch.bridge(call.channel, leg):
            # Not `await gone`: cancelling that would cancel the future itself.
            await asyncio.wait([leg.gone], timeout=rest)
    except HungUp:
        if call.channel.gone.done():
            raise
        # The caller is still there, and must not be taken for one who hung up.
        return FAILED, 0.0
    finally:
        call.channel.keys.clear()
    return TALKED, max(0.0, visit.now() - began)


def _since(visit: Visit, what: str) -> float:
    """When that began, by the wall clock; 0: it has not."""
    noted = visit.call.marks.get(CALLING)
    found = noted.get(what, 0.0) if isinstance(noted, dict) else 0.0
    return float(found)


async def _mark(visit: Visit, **times: float) -> None:
    noted = visit.call.marks.get(CALLING)
    known: dict[str, Any] = dict(noted) if isinstance(noted, dict) else {}
    await visit.call.mark(**{CALLING: {**known, **times}})


async def _end(leg: Channel) -> None:
    await finish(leg.hang_up())
