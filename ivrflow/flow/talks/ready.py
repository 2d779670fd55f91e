"""`{agent: ready}`: an agent takes calls again, or from now on: it signs in too."""

from __future__ import annotations

from ivrflow.flow.call import Call
from ivrflow.flow.site.numbers import Number
from ivrflow.flow.talks.disposition import settle
from ivrflow.flow.talks.seat import take_seat
from ivrflow.flow.talks.who import at_this_phone
from ivrflow.flow.world import Agents


async def ready(call: Call, agents: Agents, rules: Number) -> None:
    """The whole talk."""
    number = await at_this_phone(call, agents, pin=rules.pin)
    if not number:
        return
    if not agents.now(number).signed_in and not await take_seat(
        call, agents, number, rules
    ):
        return
    if await settle(call, agents, number):
        await agents.set_ready(number, True, reason="")
        await call.say("you_are_ready")
