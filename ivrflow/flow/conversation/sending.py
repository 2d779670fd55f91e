"""The agent sends the caller to a flow and gets him back, with what it found out.

The caller is alone there: the agent hears music and no key, a supervisor who listens
hears the agent's music, and what is secret is off the record as in any flow. Where the
caller hangs up, the call is over; where the agent does, the caller goes on in the flow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivrflow.facts import CallerCameBack, CallerSent
from ivrflow.flow.call import Call, Frame, LeaveTo, shown_value
from ivrflow.flow.conversation.entering import target_of, wrong
from ivrflow.flow.conversation.inbox import Left, NotNow, Request
from ivrflow.flow.conversation.targets import Target
from ivrflow.flow.conversation.turns import End, Turn, remember_the_end
from ivrflow.flow.step import Goto

if TYPE_CHECKING:
    from ivrflow.flow.conversation.talk import Conversation


async def send(talk: Conversation, request: Request) -> Turn:
    """Run the flow that is named, or entered, as the caller's; then talk on."""
    if talk.third is not None:
        raise NotNow("three are in the talk: end the conference first (take-back)")
    target: Target | Left | None = request.target
    if target is None:
        async with talk.on_hold():
            try:
                target = await target_of(talk, request)
            except NotNow as no:
                await wrong(talk, request, str(no))
                return None
    if not isinstance(target, Target):
        request.refuse("no flow was entered")
        return target
    if target.kind != "flow":
        await wrong(talk, request, f"{target} is no flow")
        return None
    return await _visit(talk, request, _frame(talk, target.name, request))


def _frame(talk: Conversation, name: str, request: Request) -> Frame:
    """The flow, with what it takes: as was said, else what the call knows by then."""
    flow, frames = talk.call.site.flows[name], talk.call.frames
    known = frames[-1].variables if frames else {}
    if strange := [n for n in request.given if n not in flow.takes]:
        takes = ", ".join(map(str, flow.takes)) or "nothing"
        raise NotNow(f"the flow {name} takes {takes}, no {strange[0]!r}")
    given = {str(n): known[str(n)] for n in flow.takes if str(n) in known}
    return Frame(flow, variables={**given, **request.given})


async def _visit(talk: Conversation, request: Request, frame: Frame) -> Turn:
    main, flow = talk.main, frame.flow
    talk.flow, talk.result = flow.name, {}
    talk.note(CallerSent, flow=flow.name)
    talk.doing("flow")
    request.done()
    there, step = True, talk.call.doing
    has_hung_up = f"{main.who} has hung up"

    def back(outcome: str) -> None:
        talk.note(CallerCameBack, flow=flow.name, outcome=outcome, result=talk.result)

    async def stops(event: Request | Left) -> bool:
        nonlocal there
        if isinstance(event, Left):
            there = False
            back("agent gone")  # now: what the caller does there is no part of his talk
            await remember_the_end(
                talk.call, has_hung_up, recorded=talk.recorded, visits=step
            )
            await talk.drop(main)
        elif event.act == "take-back" and there:
            return True
        else:
            event.refuse(f"the caller is in the flow {flow.name}: take-back")
        return False

    how = "caller gone"
    try:
        async with talk.hears_music(main.leg):
            outcome, stopped = await talk.during(_run(talk.call, frame), stops)
        how = ""
    except LeaveTo:
        how = "gone on"
        raise
    finally:
        if how and there:
            back(how)
    if not there:
        return End(Goto("then", has_hung_up))
    if stopped is None and outcome:
        talk.result = {
            str(name): str(shown_value(value))
            for name in flow.gives
            if (value := frame.variables.get(str(name))) is not None
        }
    back("taken back" if stopped is not None else outcome or "")
    return None


async def _run(call: Call, frame: Frame) -> str:
    """Run the flow; return its way out, "" if it failed."""
    # Flows run steps and a step runs a flow: the circle is closed here.
    from ivrflow.flow.run import run_flow

    node = call.node
    call.frames.append(frame)
    outer = call.frames[:-1]
    try:
        await run_flow(call, frame)
    except LeaveTo as leave:
        if leave.frame not in outer:
            raise  # another flow takes over for good: the agent is not needed any more
        # A key of the flows outside, or an error: he comes back to the agent.
        return "" if leave.outcome == "error" else leave.outcome
    finally:
        if frame in call.frames:
            del call.frames[call.frames.index(frame) :]
        call.node = node
    return "then"
