"""`*11`: an agent signs in by phone, gets ready, takes a break, signs out.

Number and PIN are asked first. The phone that calls is not the one that will ring:
that stays as `agents.yaml` says.
"""

from __future__ import annotations

from ivrflow.flow.call import Call, log
from ivrflow.flow.collect import Question, ask
from ivrflow.flow.talks.who import identified
from ivrflow.flow.world import Agents, Trouble
from ivrflow.telephony.digits import Choices, Result, Rules


async def sign_in(call: Call) -> None:
    """The whole talk; returns when the agent has chosen or given up."""
    agents = call.world.agents
    if agents is None:
        await call.say("not_available")
        return
    try:
        number = await identified(call, agents)
        if number:
            await agents.sign_in(number, endpoint="")
            await _choose(call, agents, number)
    except Trouble as trouble:
        log.warning("call %s: nobody can sign in now: %s", call.id, trouble)
        await call.say("apology")


async def _choose(call: Call, agents: Agents, number: str) -> None:
    offered = [("1", "ready"), ("2", "break"), ("3", "sign_out")]
    question = Question(
        said=lambda variant, attempt: call.words_of(
            "signed_in_menu", variant=variant, attempt=attempt, offered=offered
        ),
        rules=Rules(grammar=Choices("123"), wrong_at_once=True),
    )
    ended = await ask(call, question)
    if ended.result is not Result.ACCEPTED:
        return
    if ended.entry == "1":
        await agents.set_ready(number, True, reason="")
        await call.say("you_are_ready")
    elif ended.entry == "2":
        await agents.set_ready(number, False, reason="break")
        await call.say("you_are_on_break")
    else:
        await agents.sign_out(number)
        await call.say("signed_out")
