"""Who may do this: the beginning of every talk that changes something of the site."""

from __future__ import annotations

from collections.abc import Callable

from ivrflow.flow.call import Call, log
from ivrflow.flow.talks.who import identified
from ivrflow.flow.world import Agents


async def entitled(
    call: Call, agents: Agents, may: Callable[[str, str], bool], what: str
) -> str:
    """Ask for number and PIN; return who it is if *may* (number, role) says yes.

    "" for who can't identify himself, or may not: that was said. *what* is for the log.
    Raises `Trouble`.
    """
    number = await identified(call, agents)
    if not number:
        return ""
    # The site's file decides, not what the database remembers of an agent.
    listed = next((a for n, a in call.site.agents.items() if n == number), None)
    if listed is None or not may(number, listed.role):
        log.warning("call %s: agent %s may not set %s", call.id, number, what)
        await call.say("switch_not_allowed")
        return ""
    return number
