"""A one-time code that is said on another telephone, which is rung for that.

Nothing of it stands anywhere: it is played to that one leg and to nobody else, and no
fact tells its words. Which number may be rung is the guard's to say (`outbound`), as
for every other call to a number.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ivrflow.aio import finish
from ivrflow.facts import DialRefused
from ivrflow.flow.outbound import Refused
from ivrflow.flow.world import Trouble
from ivrflow.secret import Masked, Secret
from ivrflow.telephony.channel import Channel, DialOrder, HungUp, NotReached, while_up

if TYPE_CHECKING:
    from ivrflow.flow.call import Call
    from ivrflow.flow.kinds import Sayable
    from ivrflow.telephony.sound import Utterance

TIMES = 3
"""A code is said so often: one needs time to find a pen."""

PAUSE = 1.0
"""Seconds between two times."""

RING = 30.0
"""Seconds. A mailbox that answers later learns no code."""


async def say_code(call: Call, number: str, text: Sayable, code: Secret) -> None:
    """Ring *number*, say *text* with `${code}` in it, hang up.

    Who hangs up has heard enough. Raises `Trouble` where the number can't be dialled or
    nobody answers. Cancelling hangs up too.
    """
    world = call.world
    if world.switch is None or world.outbound is None:
        raise Trouble("a code can't be said: no number can be dialled here")
    words = call.words_of(text, code=Masked(code.reveal()))
    try:
        with world.outbound.placing(number, call.site) as line:
            order = DialOrder(address=line.address, leg=world.new_id(), ring_for=RING)
            leg = await world.switch.dial(order)
            try:
                await _say(leg, words)
            finally:
                await finish(leg.hang_up())
    except Refused as refused:
        call.note(DialRefused, step=call.step_name, number=number, why=str(refused))
        raise Trouble(f"a code can't be said: {refused}") from None
    except NotReached as failed:
        raise Trouble(f"a code can't be said: {failed.why.value}") from None


async def _say(leg: Channel, words: list[Utterance]) -> None:
    try:
        async with while_up(leg):
            for time in range(TIMES):
                if time:
                    await asyncio.sleep(PAUSE)
                await leg.play(words)
    except HungUp:
        pass
