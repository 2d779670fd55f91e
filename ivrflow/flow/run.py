"""Take one call through its flow, from ring to the last note about it.

A step says which way out it takes (`Goto`); this module says where that leads:

    a target beside a key or a condition     there
    the outcome's own key                    there
    `then` without a key                     the next step; after the last: hang up
    any other outcome without a key          the step's `on_error`, then the flow's
    none there in a called flow              the `error` of the step that called it
    none of these                            the built-in apology, then hang up

Something unexpected (a look-up's server away, a bug of ours) takes a flow's way for
errors once; a second time means that this way is broken too, and it counts as none.
A bug ends this call alone, with its trace in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from ivrflow.aio import finish
from ivrflow.facts import (
    CallEnded,
    CallStarted,
    Decided,
    RanAtEnd,
    StepEntered,
    StepFailed,
)
from ivrflow.flow.call import Call, Frame, LeaveTo, Leaving, log, written
from ivrflow.flow.expression import ExpressionFault
from ivrflow.flow.model import Flow, Node
from ivrflow.flow.step import Goto
from ivrflow.flow.world import Trouble
from ivrflow.prompts.say import CannotSay
from ivrflow.telephony.channel import Cause, HungUp, RecordingFailed, while_up

MOST_STEPS = 5_000
"""Steps that one call may take: a flow that goes in circles ends here."""

NOTES_AFTER_THE_END = 5.0
"""Seconds that the steps of `on_end` have, all together."""

LAST_WORDS = 15.0
"""Seconds for the apology before a call that broke is ended."""

HANG_UP = "hangup"


class _Over(Leaving):
    """The flow has come to its end and wants to hang up."""


class _TooLong(Exception):
    """The call lasted longer than the site allows."""


class TooManySteps(Leaving):
    """The call went in circles."""


async def run_call(
    call: Call, flow: Flow, *, given: Mapping[str, object] | None = None
) -> Cause:
    """Run *flow* on the call's channel; return why the call ended.

    *given* are variables that it starts with, as a test or a resumed call has them.
    Raises nothing that a flow or a caller can bring about; a cancellation from outside
    passes after the call has been put in order.
    """
    top = Frame(flow)
    call.frames.append(top)
    for name, value in (given or {}).items():
        call.set(name, value)

    async def talk() -> None:
        if flow.answer:
            await call.channel.answer()
        frame = top
        while True:
            try:
                return await run_flow(call, frame)
            except LeaveTo as leave:
                # Transferred to another flow, which takes the place of all others:
                # there is nothing that it could return to.
                frame = leave.frame
                call.frames[:] = [frame]

    return await _whole(call, flow.name, talk)


async def run_talk(
    call: Call, name: str, talk: Callable[[Call], Awaitable[None]]
) -> Cause:
    """Run a talk of our own (an agent's sign-in, a wrong number) as a whole call."""

    async def answered() -> None:
        await call.channel.answer()
        await talk(call)

    return await _whole(call, name, answered)


async def _whole(call: Call, name: str, talk: Callable[[], Awaitable[None]]) -> Cause:
    """A call from its first fact to its last, whatever happens in between."""
    call.note(
        CallStarted,
        caller=call.channel.caller_id,
        dialled=call.channel.dialled,
        flow=name,
        version=call.site.version,
        local=call.started.isoformat(timespec="seconds"),
        switches=tuple(
            str(switch)
            for switch in call.site.switches
            if call.world.switches.thrown(str(switch), call.started)
        ),
    )
    by, cause = "flow", Cause.NORMAL_CLEARING
    try:
        async with while_up(call.channel):
            await _in_time(call, talk)
    except _Over:
        cause = call.ends_with
    except HungUp as gone:
        by, cause = "caller", gone.cause
    except _TooLong:
        by = "limit"
        log.warning("call %s: longer than longest_call in site.yaml: ended", call.id)
    except asyncio.CancelledError:
        by = "shutdown"
        raise
    except TooManySteps as circle:
        by = "limit"
        log.error("call %s: %s: ended; does it go in a circle?", call.id, circle)
        await _apologise(call)
    except Exception:
        by = "fault"
        log.exception("call %s %s: a fault of ours ends this call", call.id, _at(call))
        await _apologise(call)
    finally:
        await finish(_put_in_order(call, name, by, cause))
    return cause


async def _apologise(call: Call) -> None:
    """Say that something went wrong, if that can still be said."""
    with suppress(Exception):
        async with asyncio.timeout(LAST_WORDS), while_up(call.channel):
            await call.say("apology")


async def _in_time(call: Call, talk: Callable[[], Awaitable[None]]) -> None:
    """Talk; raise `_TooLong` when it takes longer than the site's `longest_call`."""
    longest = call.site.settings.longest_call
    try:
        async with asyncio.timeout(float(longest) if longest else None) as limit:
            await talk()
    except TimeoutError:
        if limit.expired():
            raise _TooLong from None
        raise  # somebody else's limit, which nobody caught


async def _put_in_order(call: Call, name: str, by: str, cause: Cause) -> None:
    """After the end, whoever brought it about: the last notes, and no channel left."""
    ended_in = call.node
    try:
        await call.channel.hang_up(call.ends_with)
    except Exception:
        log.exception("call %s: could not be hung up", call.id)
    try:
        await call.recording.end()
    except Exception:
        log.exception("call %s: its recording could not be ended", call.id)
    try:
        async with asyncio.timeout(NOTES_AFTER_THE_END):
            await _on_end(call)
    except Exception:
        log.exception("call %s: its `on_end` failed", call.id)
    call.node = ended_in
    call.note(
        CallEnded,
        by=by,
        cause=int(cause),
        flow=name,
        step=call.step_name,
        seconds=call.world.seconds() - call.began,
    )


async def _on_end(call: Call) -> None:
    """Run the steps of `on_end`: for them `call.step` is where the call ended."""
    if not call.frames:
        return
    top = call.frames[0]
    name: str | None = top.flow.on_end
    ended_in = call.node
    call.frames[:] = [top]
    while name is not None and name in top.flow.nodes:
        node = top.flow.nodes[name]
        call.node = ended_in
        goto = await node.step.run(call)
        name = goto.target or getattr(node.step, goto.outcome, None)
        call.note(
            RanAtEnd,
            flow=top.flow.name,
            step=node.name,
            place=f"{node.at.file}:{node.at.line}",
            outcome=goto.outcome,
            why=goto.why,
            written=written(name),
        )
        name = name or node.next


async def run_flow(call: Call, frame: Frame) -> None:
    """Run a flow from its first step until it hangs up or returns.

    *frame* must be the innermost one of the call. An always-key of this flow that is
    pressed in a flow which it called comes back here and goes on at its target.
    """
    flow = frame.flow
    name: str | None = flow.start
    while name is not None:
        node = flow.nodes[name]
        try:
            goto = await _run_step(call, node)
        except LeaveTo as leave:
            if leave.frame is not frame:
                raise
            del call.frames[call.frames.index(frame) + 1 :]
            goto = Goto(leave.outcome, leave.why, leave.target)
        name = await _next(call, frame, node, goto)


async def _run_step(call: Call, node: Node) -> Goto:
    """Run one step; what goes wrong in it becomes its `error` way out."""
    call.node = node
    call.steps += 1
    if call.steps > MOST_STEPS:
        raise TooManySteps(f"{node.at}: more than {MOST_STEPS} steps in one call")
    frame = call.frame
    call.note(
        StepEntered,
        flow=frame.flow.name,
        step=node.name,
        verb=node.verb,
        place=f"{node.at.file}:{node.at.line}",
        number=call.steps,
    )
    if node.step.listens and frame.asked[-1:] != [node.name]:
        frame.asked.append(node.name)
    try:
        return await node.step.run(call)
    except (Trouble, ExpressionFault, CannotSay, RecordingFailed) as trouble:
        fault = str(trouble)
        log.warning("call %s %s %r: %s", call.id, _at(call), node.name, fault)
    except (HungUp, Leaving):
        raise
    except Exception as bug:
        if isinstance(bug, ExceptionGroup) and bug.subgroup(HungUp):
            raise
        fault = f"{type(bug).__name__}"
        log.exception("call %s %s %r: a fault of ours", call.id, _at(call), node.name)
    call.note(
        StepFailed,
        step=node.name,
        place=f"{node.at.file}:{node.at.line}",
        error=fault,
    )
    return Goto("error", fault)


async def _next(call: Call, frame: Frame, node: Node, goto: Goto) -> str | None:
    """Where *goto* leads: the next step's name, or None when the flow is over.

    Raises `LeaveTo` when the flow that called must say where.
    """
    target = goto.target or getattr(node.step, goto.outcome, None)
    if target is None and goto.outcome == "then":
        target = node.next or (HANG_UP if frame is call.frames[0] else "return")
    if target is None:
        target = _error_way(call, frame, node, goto)
    call.note(
        Decided,
        step=node.name,
        outcome=goto.outcome,
        target=str(target or "apology"),
        why=goto.why,
        flow=frame.flow.name,
        written=written(target),
    )
    if target is None:
        await call.say("apology")
        target = HANG_UP
    return _follow(call, frame, node, str(target))


def _error_way(call: Call, frame: Frame, node: Node, goto: Goto) -> str | None:
    """The step's `on_error`, else the flow's; None: nowhere.

    A flow that was called leaves it to the step that called it.
    """
    target = node.step.on_error or frame.flow.on_error
    if target is not None and not frame.failed_once:
        frame.failed_once = True
        return target
    if frame is call.frames[0]:
        return None
    raise LeaveTo(call.frames[-2], "error", None, goto.why)


def _follow(call: Call, frame: Frame, node: Node, target: str) -> str | None:
    """Follow a target: a step's name, or one of `repeat back return hangup`."""
    if target in frame.flow.nodes:
        return target
    if target == HANG_UP or (target == "return" and frame is call.frames[0]):
        raise _Over
    if target == "return":
        return None
    # `back` and `repeat` mean questions: what is no question itself stands after one.
    if target == "back" and frame.asked[-1:] == [node.name] and len(frame.asked) > 1:
        frame.asked.pop()
    return frame.asked.pop() if frame.asked else node.name


def _at(call: Call) -> str:
    node = call.node
    return f"{node.at.file}:{node.at.line}" if node else "-"
