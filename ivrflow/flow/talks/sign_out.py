"""`{agent: sign_out}`: an agent goes home. A talk that is on goes on."""

from __future__ import annotations

from ivrflow.flow.call import Call
from ivrflow.flow.site.numbers import Number
from ivrflow.flow.talks.who import at_this_phone
from ivrflow.flow.world import Agents


async def sign_out(call: Call, agents: Agents, rules: Number) -> None:
    """The whole talk."""
    number = await at_this_phone(call, agents, pin=rules.pin)
    if number:
        await agents.sign_out(number)
        await call.say("signed_out")
