"""After the end of a call: the last notes, and no channel left.

Whatever ended it, also if that was while no process of ours was there.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ivrflow.acd.desk.rings import CALLER_GONE
from ivrflow.facts import CallEnded, RanAtEnd
from ivrflow.flow.bookmark.gone import GoneChannel
from ivrflow.flow.bookmark.keeping import commit
from ivrflow.flow.bookmark.model import EndPart
from ivrflow.flow.bookmark.taking_up import take_up
from ivrflow.flow.call import Call, log, written
from ivrflow.flow.conversation.turns import left_open
from ivrflow.flow.results import results
from ivrflow.flow.step import Goto
from ivrflow.secret import SecretLost
from ivrflow.telephony.channel import Cause, HungUp

if TYPE_CHECKING:
    from ivrflow.flow.bookmark.model import Bookmark
    from ivrflow.flow.model import Node
    from ivrflow.flow.site import Site
    from ivrflow.flow.world import World

OF_THE_FLOW = "flow"
"""By whom a call ends whose flow has come to its end."""

NOTES_AFTER_THE_END = 5.0
"""Seconds that the steps of `on_end` have, all together."""


async def end_by_the_flow(call: Call, *, back: bool = False) -> None:
    """Make it durable that the flow ends the call, together with what led to that.

    *back*: the dialplan goes on with it.

    Nothing may come between that decision's note and this: who dies with the one
    written and not the other would decide twice.
    """
    call.ended = EndPart(by=OF_THE_FLOW, cause=int(call.ends_with), back=back)
    await _keep(call)


async def put_in_order(call: Call, by: str, cause: Cause) -> None:
    """After the end, whoever brought it about: hang up, record no more, note it.

    When the flow ends the call, that is made durable first, as before any other act;
    else before `on_end` acts.
    """
    ended_in = call.node
    if call.ended is None:
        call.ended = EndPart(by=by, cause=int(cause))
        if by == OF_THE_FLOW:
            await _keep(call)
    try:
        await _let_go(call, back=call.ended.back)
    except Exception:
        log.exception("call %s: could not be hung up", call.id)
    try:
        await call.recording.end()
    except Exception:
        log.exception("call %s: its recording could not be ended", call.id)
    await _say_after(call, begun=by == OF_THE_FLOW)
    call.node = ended_in
    call.note(
        CallEnded,
        by=call.ended.by,
        cause=call.ended.cause,
        flow=call.begins_with,
        step=call.step_name,
        seconds=call.world.seconds() - call.began,
    )


async def end_call(
    bookmark: Bookmark, site: Site, world: World, *, at: float, by: str = "outage"
) -> None:
    """End a call whose channel has gone while nobody was there, at *at*.

    Its `on_end` runs, again if it died in that. *by* is what is noted as the reason,
    unless it had ended before.
    """
    call = Call(GoneChannel(bookmark), site, world)
    call.id, call.begins_with = bookmark.call, bookmark.name
    begun = bookmark.ended is not None
    ended = bookmark.ended or EndPart(by=by, cause=int(Cause.UNKNOWN))
    if take_up(call, bookmark):
        # What `on_end` does is done for the first time, unless it had begun.
        call.ended, call.resuming = ended, begun
        if await call.recording.end_left() and begun:
            await _keep(call)
        await _say_after(call, begun=begun)
    marks = bookmark.frames[-1].marks if bookmark.frames else bookmark.marks
    for kind, details in left_open(marks, at, how=CALLER_GONE):
        world.note(kind(at=at, call=bookmark.call, **details))
    world.note(
        CallEnded(
            at=at,
            call=bookmark.call,
            by=ended.by,
            cause=ended.cause,
            flow=bookmark.name,
            step=bookmark.frames[-1].step if bookmark.frames else "",
            seconds=max(0.0, at - bookmark.began),
        )
    )


async def _let_go(call: Call, *, back: bool) -> None:
    """Hang up, or give the call *back* to its dialplan with what the flow gives."""
    if back:
        with suppress(HungUp):
            await call.channel.give_back(results(call))
    else:
        await call.channel.hang_up(call.ends_with)


async def _keep(call: Call) -> None:
    """Make it durable that the call has ended, and how."""
    if (seal := call.world.seal) is not None:
        await commit(call, seal)


async def _say_after(call: Call, *, begun: bool) -> None:
    """Run `on_end`, for a few seconds at most. Raises only a cancellation."""
    try:
        async with asyncio.timeout(NOTES_AFTER_THE_END):
            await _on_end(call, begun=begun)
    except Exception:
        log.exception("call %s: its `on_end` failed", call.id)


async def _on_end(call: Call, *, begun: bool) -> None:
    """Run the steps of `on_end`: for them `call.step` is where the call ended.

    Those that an earlier process has run, and told of, are not run again.
    """
    ended = call.ended
    if not call.frames or ended is None:
        return
    top = call.frames[0]
    name: str | None = top.flow.on_end
    if name is None:
        return
    if not begun:
        await _keep(call)
    elif ended.step in top.flow.nodes:
        name = ended.step
    ended_in = call.node
    call.frames[:] = [top]
    while name is not None and name in top.flow.nodes:
        node = top.flow.nodes[name]
        call.node, call.at_end = ended_in, node.name
        goto = await _last_step(call, node)
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
        if name in top.flow.nodes:
            call.ended, call.resuming = replace(ended, step=name), False
            await _keep(call)


async def _last_step(call: Call, node: Node) -> Goto:
    """One step of `on_end`. Nobody can be asked again for what is lost."""
    try:
        return await node.step.run(call)
    except SecretLost as lost:
        log.warning("call %s %s %r: %s", call.id, node.at, node.name, lost)
        return Goto("error", str(lost))
