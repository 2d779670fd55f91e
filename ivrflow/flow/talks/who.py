"""Who is at the phone: an agent's number and PIN, for the talks of our own.

Three wrong pairs end it, and wrong PINs lock the agent as they lock a caller's card,
over all calls and all of these talks.

At the phone where an agent is signed in the number need not be entered again. That goes
by the phone's own login at the switch, never by the calling number, which can be
forged. The PIN is asked all the same, unless the site has decided otherwise for a
number that is dialled (`pin: no`): a phone does not know in whose hand it is.
"""

from __future__ import annotations

from ivrflow.flow.call import Call
from ivrflow.flow.collect import Question, ask, prompt_words
from ivrflow.flow.world import Agents
from ivrflow.secret import Secret
from ivrflow.telephony.digits import Length, Result, Rules

TRIES = 3
LOCK_AFTER, LOCK_WITHIN, LOCK_FOR = 5, 86_400.0, 1_800.0
"""Wrong PINs, and seconds."""


async def identified(call: Call, agents: Agents) -> str:
    """Ask for number and PIN; return the number, "" when the tries are used up.

    Raises `Trouble`.
    """
    return await _identified(call, agents, "")


async def at_this_phone(call: Call, agents: Agents, *, pin: bool) -> str:
    """Return who is signed in at the phone that calls, asking for the PIN if *pin*.

    Where nobody is, as `identified`. Raises `Trouble`.
    """
    phone = call.channel.phone
    number = agents.at(phone) if phone else ""
    if number and not pin:
        return number
    return await _identified(call, agents, number)


async def _identified(call: Call, agents: Agents, known: str) -> str:
    world = call.world
    for _ in range(TRIES):
        number = known or await _digits(call, "sign_in_number", secret=False)
        pin = await _digits(call, "sign_in_pin", secret=True) if number else ""
        if not number or not pin:
            return ""
        account, now = Secret(number), world.clock()
        may_try = await world.lock_outs.count(
            "agents",
            account,
            now,
            after=LOCK_AFTER,
            within=LOCK_WITHIN,
            lasting=LOCK_FOR,
        )
        if not may_try:
            await call.say("sign_in_locked")
            return ""
        hashed = await agents.pin_hash(number)
        if await world.verifier.matches(Secret(pin), hashed):
            await world.lock_outs.forget("agents", account)
            return number
        await call.say("sign_in_wrong")
    return ""


async def _digits(call: Call, prompt: str, *, secret: bool) -> str:
    question = Question(
        said=prompt_words(call, prompt),
        rules=Rules(grammar=Length(1, 12), end_keys="#", clear_key="*"),
        hidden=Secret if secret else None,
    )
    ended = await ask(call, question)
    return ended.entry if ended.result is Result.ACCEPTED else ""
