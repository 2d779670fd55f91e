"""Where an agent sits who signs in by phone: at the phone that calls (hot desk).

`phones` in numbers.yaml decides which phones those may be. Whoever was signed in there
and has gone without signing out is signed out: a phone rings for one agent.
"""

from __future__ import annotations

from ivrflow.flow.call import Call, log
from ivrflow.flow.site.numbers import Number
from ivrflow.flow.world import Agents


async def take_seat(call: Call, agents: Agents, agent: str, rules: Number) -> bool:
    """Sign *agent* in, not ready yet; False if it can't be here, which was said.

    Raises `Trouble`.
    """
    endpoint = _endpoint(call, agent, rules)
    other = agents.at(call.channel.phone) if call.channel.phone else ""
    if endpoint is None or (_taken(other, agent) and agents.now(other).serving):
        log.warning(
            "call %s: agent %s may not sign in at %s",
            call.id,
            agent,
            call.channel.phone or "a phone that is not known",
        )
        await call.say("sign_in_not_here")
        return False
    if _taken(other, agent) and call.channel.phone in (endpoint, _own(call, agent)):
        log.info("call %s: %s takes the phone of %s", call.id, agent, other)
        await agents.sign_out(other)
    await agents.sign_in(agent, endpoint=endpoint)
    return True


def _taken(other: str, agent: str) -> bool:
    return other not in ("", agent)


def _endpoint(call: Call, agent: str, rules: Number) -> str | None:
    """The phone that is to ring: "" for the agent's own one, None if none may."""
    phone, own = call.channel.phone, _own(call, agent)
    if rules.phones == "own" or not phone:
        return "" if own else None
    if phone == own:
        return ""
    if rules.phones == "any" or phone in _listed(call):
        return phone
    return None


def _own(call: Call, agent: str) -> str:
    listed = next((a for n, a in call.site.agents.items() if n == agent), None)
    return str(listed.endpoint or "") if listed is not None else ""


def _listed(call: Call) -> frozenset[str]:
    return frozenset(str(a.endpoint) for a in call.site.agents.values() if a.endpoint)
