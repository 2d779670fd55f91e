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

Before each step that waits or acts it is made durable where the call is, so that the
next process can go on from there if this one dies: `resume_call`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import NoReturn

from msgspec.structs import replace

from ivrflow.aio import finish
from ivrflow.facts import (
    Decided,
    StepFailed,
)
from ivrflow.flow.asked_again import ask_again, straight_on
from ivrflow.flow.bookmark import FLOW, SCRIPT, TALK, Bookmark
from ivrflow.flow.bookmark.keeping import keep_again
from ivrflow.flow.call import Call, HandedOver, LeaveTo, Leaving, log, written
from ivrflow.flow.ending import OF_THE_FLOW, end_by_the_flow, put_in_order
from ivrflow.flow.expression import ExpressionFault
from ivrflow.flow.frame import Doing, Frame
from ivrflow.flow.model import Flow, Node
from ivrflow.flow.noted import note_entry, note_return, note_start
from ivrflow.flow.step import Goto
from ivrflow.flow.world import Trouble
from ivrflow.prompts.say import CannotSay
from ivrflow.secret import SecretLost
from ivrflow.telephony.channel import Cause, HungUp, RecordingFailed, while_up

MOST_STEPS = 5_000
"""Steps that one call may take: a flow that goes in circles ends here."""

LAST_WORDS = 15.0
"""Seconds for the apology before a call that broke is ended."""

HANG_UP = "hangup"

SORRY = "sorry"
"""The mark: the flow has no way on from here; an apology is said, and that is all."""


class _Over(Leaving):
    """The flow has come to its end and wants to hang up."""


class _TooLong(Exception):
    """The call lasted longer than the site allows."""


class TooManySteps(Leaving):
    """The call went in circles."""


async def run_call(
    call: Call,
    flow: Flow,
    *,
    given: Mapping[str, object] | None = None,
    kind: str = FLOW,
) -> Cause:
    """Run *flow* on the call's channel; return why the call ended.

    *given* are variables that it starts with, as a test or a dialplan has them. Of the
    *kind* SCRIPT the call goes back to its dialplan when the flow returns. Raises
    nothing that a flow or a caller can bring about; a cancellation from outside passes
    after the call has been put in order.
    """
    call.kind, call.begins_with = kind, flow.name
    call.channel.keys.forget()
    call.frames.append(Frame(flow))
    for name, value in (given or {}).items():
        call.set(name, value)
    note_start(call)
    return await _whole(call, lambda: _through(call))


async def run_talk(
    call: Call, name: str, talk: Callable[[Call], Awaitable[None]], *, kind: str = TALK
) -> Cause:
    """Run a talk of our own (an agent's sign-in, a wrong number) as a whole call.

    *kind* is what its bookmark says that it is.
    """
    call.kind, call.begins_with = kind, name
    call.channel.keys.forget()
    note_start(call)
    return await _whole(call, lambda: _talk(call, talk))


async def resume_call(call: Call, bookmark: Bookmark, *, away: float = 0.0) -> Cause:
    """Go on with a call that another process had, with the step that was on then.

    *call* was made of its channel and has been taken up (`taking_up`) from *bookmark*;
    *away* are the seconds in which nobody had it, 0 if that is not known.
    """
    return await _resumed(call, bookmark, lambda: _through(call), away)


async def resume_talk(
    call: Call,
    bookmark: Bookmark,
    talk: Callable[[Call], Awaitable[None]],
    *,
    away: float = 0.0,
) -> Cause:
    """Begin anew with a talk of our own that another process had; as `resume_call`."""
    return await _resumed(call, bookmark, lambda: _talk(call, talk), away)


async def _resumed(
    call: Call, bookmark: Bookmark, go_on: Callable[[], Awaitable[None]], away: float
) -> Cause:
    again = note_return(call, bookmark, away)

    async def on() -> None:
        await _taken_over(call, bookmark, again=again)
        if bookmark.ended is not None:
            raise _Over  # its phone only was to be hung up
        await go_on()

    return await _whole(call, on)


async def _taken_over(call: Call, bookmark: Bookmark, *, again: bool) -> None:
    """Take up what is recorded; what is noted by now, nobody shall note *again*."""
    seal = call.world.seal
    if again and seal is not None:
        await keep_again(call, bookmark, seal)
    if not await call.recording.restore() and seal is not None:
        done = replace(bookmark, recording=call.recording.state())
        await keep_again(call, done, seal)


async def _through(call: Call) -> None:
    """From where the outermost flow is to the end of the call."""
    (frame,) = call.frames
    if frame.flow.answer:
        await call.channel.answer()
    while True:
        try:
            return await run_flow(call, frame)
        except LeaveTo as leave:
            # Transferred to another flow, which takes the place of all others:
            # there is nothing that it could return to.
            frame = leave.frame
            call.frames[:] = [frame]


async def _talk(call: Call, talk: Callable[[Call], Awaitable[None]]) -> None:
    await call.channel.answer()
    if not call.resuming:
        await call.keep()
    await talk(call)


async def _whole(call: Call, talk: Callable[[], Awaitable[None]]) -> Cause:
    """A call to its last fact, whatever happens in between."""
    by, cause, ours = OF_THE_FLOW, Cause.NORMAL_CLEARING, True
    try:
        async with while_up(call.channel):
            await _in_time(call, talk)
    except HandedOver:
        ours = False
    except _Over:
        cause = call.ends_with
    except HungUp as gone:
        by, cause = "caller", gone.cause
        if call.ended_for_us:
            by = "operator"
        elif cause is Cause.SWITCH_RESTARTED:
            by = "pbx restart"
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
        if ours:  # else it is up, and another task has it
            await finish(put_in_order(call, by, cause))
    return cause


async def _apologise(call: Call) -> None:
    """Say that something went wrong, if that can still be said."""
    with suppress(Exception):
        async with asyncio.timeout(LAST_WORDS), while_up(call.channel):
            await call.say("apology")


async def _in_time(call: Call, talk: Callable[[], Awaitable[None]]) -> None:
    """Talk; raise `_TooLong` when it takes longer than the site's `longest_call`."""
    longest = call.site.settings.longest_call
    left = None
    if longest:
        left = float(longest) - (call.world.seconds() - call.began)
    try:
        async with asyncio.timeout(left) as limit:
            await talk()
    except TimeoutError:
        if limit.expired():
            raise _TooLong from None
        raise  # somebody else's limit, which nobody caught


async def run_flow(call: Call, frame: Frame) -> None:
    """Run a flow from its first step until it hangs up or returns.

    *frame* must be the innermost one of the call. An always-key of this flow that is
    pressed in a flow which it called comes back here and goes on at its target. A flow
    that was on its way already, mostly in another process, begins with the step that
    was on.
    """
    flow = frame.flow
    again = call.resuming and frame.step != ""
    if call.resuming and not again:
        await _no_longer_resuming(call)
    name: str | None = frame.step or flow.start
    while name is not None:
        node = flow.nodes[name]
        try:
            if again:
                goto = await _once_more(call, node)
            else:
                goto = await _run_step(call, node)
        except LeaveTo as leave:
            if leave.frame is not frame:
                raise
            del call.frames[call.frames.index(frame) + 1 :]
            goto = Goto(leave.outcome, leave.why, leave.target)
        again = False
        name = await _next(call, frame, node, goto)


async def _run_step(call: Call, node: Node) -> Goto:
    """Enter a step and run it."""
    call.node = node
    call.steps += 1
    if call.steps > MOST_STEPS:
        raise TooManySteps(f"{node.at}: more than {MOST_STEPS} steps in one call")
    frame = call.frame
    frame.step, frame.doing, frame.kept = node.name, Doing(call.steps), None
    note_entry(call, frame, node, call.world.seconds())
    if node.step.listens and frame.asked[-1:] != [node.name]:
        frame.asked.append(node.name)
    if node.step.forgets_keys:
        # Before it is kept from where keys come again: those don't.
        call.channel.keys.clear()
    if not node.step.passes:
        await call.keep()
    return await _outcome(call, node)


async def _once_more(call: Call, node: Node) -> Goto:
    """Run a step again that was on when the last process died: it is the same one."""
    call.node = node
    try:
        if SORRY in call.marks:
            await _sorry(call)
        return await _outcome(call, node)
    finally:
        await _no_longer_resuming(call)


async def _no_longer_resuming(call: Call) -> None:
    if call.resuming:
        call.resuming = call.keys_came_again = False
        call.channel.keys.forget()
        await call.recording.settled()


async def _outcome(call: Call, node: Node) -> Goto:
    """Run a step; what goes wrong in it becomes its `error` way out."""
    try:
        if node.step.needs_switch:
            await call.to_a_switch()
        return await node.step.run(call)
    except (Trouble, ExpressionFault, CannotSay, RecordingFailed) as trouble:
        fault = str(trouble)
        log.warning("call %s %s %r: %s", call.id, _at(call), node.name, fault)
    except (HungUp, Leaving):
        raise
    except SecretLost as lost:
        fault = str(lost)
        log.warning("call %s %s %r: %s", call.id, _at(call), node.name, fault)
        if (again := ask_again(call, lost)) is not None:
            return again
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
    goto = straight_on(call, frame, node, goto)
    target = goto.target or getattr(node.step, goto.outcome, None)
    if target is None and goto.outcome == "then":
        target = node.next or _at_the_end(call, frame)
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
        # Words take their time: who dies over them must not run the step again.
        await call.keep(**{SORRY: True})
        await _sorry(call)
    if target == HANG_UP or (target == "return" and frame is call.frames[0]):
        back = target == "return" and call.kind == SCRIPT
        await end_by_the_flow(call, back=back)
        raise _Over
    return _follow(frame, node, str(target))


def _at_the_end(call: Call, frame: Frame) -> str:
    """Where a flow leads whose last step is done: back to whoever has called it."""
    called = frame is not call.frames[0] or call.kind == SCRIPT
    return "return" if called else HANG_UP


async def _sorry(call: Call) -> NoReturn:
    """End a flow that leads nowhere with an apology."""
    await call.say("apology")
    raise _Over


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


def _follow(frame: Frame, node: Node, target: str) -> str | None:
    """Follow a target in a flow: a step's name, or one of `repeat back return`."""
    if target in frame.flow.nodes:
        return target
    if target == "return":
        return None
    # `back` and `repeat` mean questions: what is no question itself stands after one.
    if target == "back" and frame.asked[-1:] == [node.name] and len(frame.asked) > 1:
        frame.asked.pop()
    return frame.asked.pop() if frame.asked else node.name


def _at(call: Call) -> str:
    node = call.node
    return f"{node.at.file}:{node.at.line}" if node else "-"
