"""`{agent: disposition}`: an agent says how the call has ended, of queues.yaml's ways.

It may be said during the talk, from another phone, or after it. Where a queue requires
one, the wrap-up lasts until it is said; who wants to be ready is asked for it first.
"""

from __future__ import annotations

from ivrflow.flow.call import Call
from ivrflow.flow.site.numbers import Number
from ivrflow.flow.talks.choosing import chosen
from ivrflow.flow.talks.who import at_this_phone
from ivrflow.flow.world import Agents


async def disposition(call: Call, agents: Agents, rules: Number) -> None:
    """The whole talk."""
    number = await at_this_phone(call, agents, pin=rules.pin)
    if number:
        await _ask(call, agents, number)


async def settle(call: Call, agents: Agents, number: str) -> bool:
    """Have said what the agent still owes; False if the agent would not say it."""
    if not agents.now(number).owes:
        return True
    await call.say("disposition_owed")
    return await _ask(call, agents, number)


async def _ask(call: Call, agents: Agents, number: str) -> bool:
    if not call.site.dispositions:
        await call.say("not_available")
        return False
    said = await chosen(
        call, "disposition_menu", list(map(str, call.site.dispositions))
    )
    if not said:
        return False
    done = await agents.dispose(number, said)
    await call.say("disposition_noted" if done else "disposition_none")
    return done
