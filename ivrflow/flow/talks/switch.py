"""`{switch: NAME}` in numbers.yaml: who may throws a switch by phone, or puts it back.

Number and PIN are asked as for signing in; the caller hears how the switch stands and
chooses. A switch that expires goes back by itself, counted from now.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ivrflow.flow.call import Call, log, titled
from ivrflow.flow.collect import Question, ask
from ivrflow.flow.site.switches import Switch
from ivrflow.flow.talks.who import identified
from ivrflow.flow.world import Trouble
from ivrflow.telephony.digits import Choices, Result, Rules

OFFERED = [("1", "on"), ("2", "off")]


def switching(name: str) -> Callable[[Call], Awaitable[None]]:
    """The talk for the switch *name*."""

    async def talk(call: Call) -> None:
        try:
            await _talk(call, name)
        except Trouble as trouble:
            log.warning("call %s: switch %s can't be set: %s", call.id, name, trouble)
            await call.say("apology")

    return talk


async def _talk(call: Call, name: str) -> None:
    agents, site = call.world.agents, call.site
    switch = next((one for n, one in site.switches.items() if n == name), None)
    if agents is None or switch is None:
        await call.say("not_available")
        return
    number = await identified(call, agents)
    if not number:
        return
    listed = next((a for n, a in site.agents.items() if n == number), None)
    if listed is None or not switch.may(number, listed.role):
        log.warning("call %s: agent %s may not set %s", call.id, number, name)
        await call.say("switch_not_allowed")
        return
    thrown = call.world.switches.thrown(name, call.world.clock())
    title = titled(call, "switch", name, switch.title)
    await call.say("switch_is_on" if thrown else "switch_is_off", title=title)
    await _choose(call, switch, by=f"agent {number}")


async def _choose(call: Call, switch: Switch, *, by: str) -> None:
    question = Question(
        said=lambda variant, attempt: call.words_of(
            "switch_menu", variant=variant, attempt=attempt, offered=OFFERED
        ),
        rules=Rules(grammar=Choices("12"), wrong_at_once=True),
    )
    ended = await ask(call, question)
    if ended.result is not Result.ACCEPTED:
        return
    now, switches, name = call.world.clock(), call.world.switches, str(switch.name)
    if ended.entry == "1":
        await switches.throw(name, by=by, now=now, until=switch.end(now))
        await call.say("switched_on")
    else:
        await switches.put_back(name, by=by, now=now)
        await call.say("switched_off")
