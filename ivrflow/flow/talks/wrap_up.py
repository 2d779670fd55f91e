"""`{agent: wrap_up}`: an agent needs more time after a call, or has done."""

from __future__ import annotations

from ivrflow.flow.call import Call
from ivrflow.flow.site.numbers import Number
from ivrflow.flow.talks.choosing import chosen
from ivrflow.flow.talks.disposition import settle
from ivrflow.flow.talks.who import at_this_phone
from ivrflow.flow.world import Agents

MORE = 60.0
"""Seconds that are added; pressed again, as many again."""


async def wrap_up(call: Call, agents: Agents, rules: Number) -> None:
    """The whole talk."""
    number = await at_this_phone(call, agents, pin=rules.pin)
    if not number:
        return
    if not agents.now(number).wrap_up:
        await call.say("wrap_up_none")
        return
    match await chosen(call, "wrap_up_menu", ["more", "done"]):
        case "more":
            done = await agents.longer_wrap_up(number, MORE)
            await call.say("wrap_up_longer" if done else "wrap_up_none")
        case "done":
            if await settle(call, agents, number):
                await agents.end_wrap_up(number)
                await call.say("wrap_up_over")
