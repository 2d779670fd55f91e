"""`{switch: NAME}` in numbers.yaml: who may throws a switch by phone, or puts it back.

Number and PIN are asked as for signing in; the caller hears how the switch stands and
chooses. A switch that expires goes back by itself, counted from now.
"""

from __future__ import annotations

from ivrflow.flow.call import Call, titled
from ivrflow.flow.site.switches import Switch
from ivrflow.flow.talks.choosing import chosen
from ivrflow.flow.talks.entitled import entitled
from ivrflow.flow.talks.excusing import Talk, excusing


def switching(name: str) -> Talk:
    """The talk for the switch *name*."""

    async def talk(call: Call) -> None:
        await _talk(call, name)

    return excusing(talk, f"setting switch {name}")


async def _talk(call: Call, name: str) -> None:
    agents, site = call.world.agents, call.site
    switch = next((one for n, one in site.switches.items() if n == name), None)
    if agents is None or switch is None:
        await call.say("not_available")
        return
    number = await entitled(call, agents, switch.may, f"switch {name}")
    if not number:
        return
    thrown = call.world.switches.thrown(name, call.world.clock())
    title = titled(call, "switch", name, switch.title)
    await call.say("switch_is_on" if thrown else "switch_is_off", title=title)
    await _choose(call, switch, by=f"agent {number}")


async def _choose(call: Call, switch: Switch, *, by: str) -> None:
    choice = await chosen(call, "switch_menu", ["on", "off"])
    now, switches, name = call.world.clock(), call.world.switches, str(switch.name)
    if choice == "on":
        await switches.throw(name, by=by, now=now, until=switch.end(now))
        await call.say("switched_on")
    elif choice == "off":
        await switches.put_back(name, by=by, now=now)
        await call.say("switched_off")
