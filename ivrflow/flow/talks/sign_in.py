"""`{agent: sign_in}`: an agent signs in by phone, gets ready, takes a break, signs out.

Number and PIN are asked first, always. The phone that calls is the one that rings from
then on, if the site lets it (`seat`).
"""

from __future__ import annotations

from ivrflow.flow.call import Call
from ivrflow.flow.site.numbers import Number
from ivrflow.flow.talks.choosing import chosen
from ivrflow.flow.talks.disposition import settle
from ivrflow.flow.talks.pause import take_pause
from ivrflow.flow.talks.seat import take_seat
from ivrflow.flow.talks.who import identified
from ivrflow.flow.world import Agents


async def sign_in(call: Call, agents: Agents, rules: Number) -> None:
    """The whole talk; returns when the agent has chosen or given up."""
    number = await identified(call, agents)
    if not number or not await take_seat(call, agents, number, rules):
        return
    match await chosen(call, "signed_in_menu", ["ready", "break", "sign_out"]):
        case "ready":
            if await settle(call, agents, number):
                await agents.set_ready(number, True, reason="")
                await call.say("you_are_ready")
        case "break":
            await take_pause(call, agents, number)
        case "sign_out":
            await agents.sign_out(number)
            await call.say("signed_out")
