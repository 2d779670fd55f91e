"""`{monitor: listen}` in numbers.yaml: a supervisor listens to an agent by phone.

Number and PIN are asked as for signing in, then the agent's number. Whoever may hear
that agent hears every talk of his until hanging up, and music in between; the right is
asked for again before each talk. Key 1 listens, 2 whispers to the agent, 3 barges in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivrflow.flow.call import Call, log
from ivrflow.flow.collect import Question, ask, prompt_words
from ivrflow.flow.conversation.listening import Ear
from ivrflow.flow.conversation.rights import leads_somebody, may_monitor
from ivrflow.flow.talks.entitled import entitled
from ivrflow.flow.talks.excusing import excusing
from ivrflow.telephony.channel import HungUp, MonitorMode
from ivrflow.telephony.digits import Length, Result, Rules

if TYPE_CHECKING:
    from ivrflow.telephony.channel import Switch

TRIES = 3
MUSIC = "default"


async def _talk(call: Call) -> None:
    agents, switch = call.world.agents, call.world.switch
    if agents is None or switch is None:
        await call.say("not_available")
        return
    supervisor = await entitled(
        call, agents, lambda number, _: leads_somebody(call.site, number), "monitor"
    )
    if supervisor and (agent := await _whom(call, supervisor)):
        await _listen(call, switch, supervisor, agent)


async def _whom(call: Call, supervisor: str) -> str:
    """Ask for an agent whom *supervisor* may hear; "" when the tries are used up."""
    for _ in range(TRIES):
        question = Question(
            said=prompt_words(call, "monitor_agent"),
            rules=Rules(grammar=Length(1, 12), end_keys="#", clear_key="*"),
        )
        ended = await ask(call, question)
        if ended.result is not Result.ACCEPTED:
            return ""
        if await _may(call, supervisor, ended.entry):
            return ended.entry
    return ""


async def _may(call: Call, supervisor: str, agent: str) -> bool:
    """Whether he may as it is now, which can have changed in this call; says if not."""
    site_now = call.world.site_now
    if may_monitor(site_now() if site_now else call.site, supervisor, agent):
        return True
    log.warning("call %s: agent %s may not listen to %s", call.id, supervisor, agent)
    await call.say("monitor_not_allowed")
    return False


async def _listen(call: Call, switch: Switch, supervisor: str, agent: str) -> None:
    """Hear every talk of *agent*; ends by hanging up, or with the right to hear it."""
    talks, mode = call.world.talks, MonitorMode.LISTEN
    seat = talks.of_agent(agent)
    while await _may(call, supervisor, agent):
        if seat is None:
            async with call.channel.music(MUSIC):
                seat = await talks.other(agent, None)
            continue
        if call.world.audit is not None:
            heard = f"talk {seat.conversation.call.id} of agent {agent}"
            what = f"{heard}: monitor {supervisor} {mode.value}, by phone"
            await call.world.audit.note(f"agent {supervisor}", what)
        ear = Ear(call.world, seat, call.channel, by=supervisor, mode=mode)
        try:
            await ear.listen(switch)
        except HungUp:
            if call.channel.gone.done():
                raise
            if not seat.leg.gone.done():
                await call.say("not_available")
                return
        mode = ear.mode
        seat = await talks.other(agent, seat)


monitoring = excusing(_talk, "listening in")
"""The whole talk."""
