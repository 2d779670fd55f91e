"""What `{agent: ...}` in numbers.yaml leads to: act -> its talk, one file each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ivrflow.flow.call import Call
from ivrflow.flow.site.numbers import Act, Number
from ivrflow.flow.talks.disposition import disposition
from ivrflow.flow.talks.excusing import Talk, excusing
from ivrflow.flow.talks.pause import pause
from ivrflow.flow.talks.ready import ready
from ivrflow.flow.talks.sign_in import sign_in
from ivrflow.flow.talks.sign_out import sign_out
from ivrflow.flow.talks.wrap_up import wrap_up
from ivrflow.flow.world import Agents

ACTS: Mapping[Act, Callable[[Call, Agents, Number], Awaitable[None]]] = {
    "sign_in": sign_in,
    "sign_out": sign_out,
    "ready": ready,
    "pause": pause,
    "wrap_up": wrap_up,
    "disposition": disposition,
}


def acting(act: Act, rules: Number) -> Talk:
    """The talk of *act*; *rules* are those of the number that was dialled."""

    async def talk(call: Call) -> None:
        if call.world.agents is None:
            await call.say("not_available")
        else:
            await ACTS[act](call, call.world.agents, rules)

    return excusing(talk, f"{act.replace('_', ' ')} by phone")
