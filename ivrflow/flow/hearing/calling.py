"""Who left a message is called from the mailbox in which it lies.

Only where the settings' `outbound` lets the number be dialled: whoever gets at a PIN
must not make calls at the operator's cost. When the other one has hung up, the talk
about the message goes on. Whoever of the two hangs up first: they have talked, so the
message is no work any more from the moment on in which they do.

As with a transfer, what was dialled outlives this process: the leg's id comes from the
call and the act, and the mark says since when it rings, and since when they talk.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ivrflow.aio import finish
from ivrflow.facts import DialRefused, SenderCalled
from ivrflow.flow.call import log
from ivrflow.flow.hearing.visit import CALLING
from ivrflow.flow.outbound import Line, Refused
from ivrflow.flow.working.item import WorkState
from ivrflow.flow.world import Trouble
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
    """Call who left *message*; return when that talk is over. Raises `Trouble`."""
    call, world = visit.call, visit.call.world
    stored = await visit.boxes.message(message)
    number = (stored.number or stored.caller) if stored is not None else ""
    switch, guard = world.switch, world.outbound
    if switch is None or guard is None or not number:
        await call.say("box_no_number")
        return
    calling = _Calling(visit, switch, message, number)
    try:
        with guard.placing(
            number, call.site, placed=_since(visit, "rings") > 0
        ) as line:
            how = await calling.reach(line)
    except Refused as refused:
        log.warning("call %s: mailbox %s: %s", call.id, visit.entry.box, refused)
        call.note(DialRefused, step=call.step_name, number=number, why=str(refused))
        await call.say("box_no_number")
        return
    except BaseException:
        if calling.joined:  # he has hung up first: they have talked all the same
            calling.note(TALKED)
            await finish(calling.dealt_with_quietly())
        raise
    calling.note(how)
    if how == TALKED:
        await calling.dealt_with()
    else:
        await call.say("box_not_reached")


@dataclass
class _Calling:
    """One call to who left a message."""

    visit: Visit
    switch: Switch
    message: str
    number: str
    joined: bool = False
    """Whether the two have talked."""
    _ended: bool = False
    """Whether the message is known to be no work any more."""

    async def reach(self, line: Line) -> str:
        """Ring and join; how that has ended, as `SenderCalled` has it."""
        visit = self.visit
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
                there = await self.switch.leg(order.leg)
                if there is None:
                    return TALKED
                leg: Channel = there
                held.push_async_callback(_end, leg)
            else:
                try:
                    async with visit.call.channel.music("default"):
                        leg = await self.switch.dial(order)
                        # Before the music ends: who hangs up then leaves no leg behind.
                        held.push_async_callback(_end, leg)
                except NotReached as failed:
                    return failed.why.value
            if not _since(visit, "talks"):
                await _mark(visit, talks=visit.now())
            return await self._talk(leg, line)

    async def _talk(self, leg: Channel, line: Line) -> str:
        visit, call = self.visit, self.visit.call
        began = _since(visit, "talks")
        rest = max(0.0, began + line.longest - visit.now()) if line.longest else None
        call.channel.keys.clear()
        try:
            async with self.switch.bridge(call.channel, leg):
                self.joined = True
                # At once: meanwhile no agent is to be rung for it.
                await self.dealt_with_quietly()
                # Not `await gone`: cancelling that would cancel the future itself.
                await asyncio.wait([leg.gone], timeout=rest)
        except HungUp:
            if call.channel.gone.done():
                raise
            if not self.joined:
                # The caller is still there, and must not be taken for one who hung up.
                return FAILED
        finally:
            call.channel.keys.clear()
        return TALKED

    def note(self, how: str) -> None:
        """Note how it has ended."""
        visit, began = self.visit, _since(self.visit, "talks")
        talked = max(0.0, visit.now() - began) if began and how == TALKED else 0.0
        visit.call.note(
            SenderCalled,
            mailbox=visit.entry.box,
            message=self.message,
            number=self.number,
            how=how,
            seconds=talked,
            by=visit.who,
        )

    async def dealt_with(self) -> None:
        """The message is no work any more. Raises `Trouble`."""
        visit = self.visit
        work = visit.call.world.work
        if work is None or self._ended:
            return
        await work.end(
            self.message,
            WorkState.DONE,
            visit.now(),
            agent=visit.entry.agent,
            by=visit.who,
        )
        self._ended = True

    async def dealt_with_quietly(self) -> None:
        """The same, but that it could not be noted is no reason to part the two."""
        try:
            await self.dealt_with()
        except Trouble as trouble:
            log.warning(
                "call %s: message %s was called back, and is work still: %s",
                self.visit.call.id,
                self.message,
                trouble,
            )


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
