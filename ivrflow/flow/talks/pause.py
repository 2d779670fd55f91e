"""`{agent: pause}`: an agent takes a break, for one of the reasons of queues.yaml.

A pause whose time is used up for today is told of and taken all the same: who has to
go has to go, and the supervisor has the alarm.
"""

from __future__ import annotations

from ivrflow.flow.call import Call
from ivrflow.flow.site.numbers import Number
from ivrflow.flow.talks.choosing import chosen
from ivrflow.flow.talks.who import at_this_phone
from ivrflow.flow.world import Agents

ANY = "break"
"""The reason where queues.yaml names none."""


async def pause(call: Call, agents: Agents, rules: Number) -> None:
    """The whole talk."""
    number = await at_this_phone(call, agents, pin=rules.pin)
    if not number:
        return
    if not agents.now(number).signed_in:
        await call.say("not_signed_in")
        return
    await take_pause(call, agents, number)


async def take_pause(call: Call, agents: Agents, number: str) -> None:
    """Ask for which reason, if there are several, and make the agent not ready."""
    reasons = list(map(str, call.site.pauses)) or [ANY]
    reason = reasons[0]
    if len(reasons) > 1:
        reason = await chosen(call, "pause_menu", reasons)
    if not reason:
        return
    if agents.used_up(number, reason):
        await call.say("pause_used_up")
    await agents.set_ready(number, False, reason=reason)
    await call.say("you_are_on_break")
