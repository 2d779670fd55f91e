"""Make a call what its bookmark says that it was.

The flows that stand in each other are not made by hand: the outermost one runs again
from its `call` step, which finds the flow that it had entered, and so on inwards.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ivrflow.flow.bookmark.values import find, record
from ivrflow.flow.call import Call, Stood
from ivrflow.flow.frame import CALLS, Doing, Frame
from ivrflow.telephony.channel import Cause
from ivrflow.telephony.keys import Place, Stretch

if TYPE_CHECKING:
    from ivrflow.flow.bookmark.model import Bookmark, FramePart, StoodPart

log = logging.getLogger("ivrflow.call")


def take_up(call: Call, bookmark: Bookmark) -> bool:
    """Give *call* the place that *bookmark* tells of; False: it can only begin anew."""
    if bookmark.elsewhere:
        return False
    try:
        frames = _frames(call, bookmark.frames)
        agent = record(bookmark.agent)
        started = datetime.fromisoformat(bookmark.started)
    except (ValueError, TypeError, KeyError, ArithmeticError) as error:
        log.warning("call %s: its bookmark can't be used: %r", call.id, error)
        return False
    if bookmark.frames and not frames:
        gone = bookmark.frames[0].flow
        log.warning("call %s: there is no flow %r to go on with", call.id, gone)
        return False
    call.id = bookmark.call
    call.kind, call.begins_with = bookmark.kind, bookmark.name
    call.steps, call.noted = bookmark.number, bookmark.mark
    call.noted_at = bookmark.at
    call.recording.left = bookmark.recording
    call.began = min(bookmark.began, call.world.seconds())
    call.started = started.astimezone(call.started.tzinfo)
    if bookmark.language in call.site.settings.languages:
        call.language = bookmark.language
    call.waited, call.agent = bookmark.waited, agent
    call.joined = dict(bookmark.joined)
    call.stands = _on_our_clock(call, bookmark.stands)
    call.led_to = list(bookmark.led_to)
    call.stood = {name: _stood(part) for name, part in bookmark.stood.items()}
    if bookmark.ended is not None:
        call.ended, call.ends_with = bookmark.ended, Cause(bookmark.ended.cause)
    call.frames, call.inner = frames[:1], frames[1:]
    _find_again(call, frames)
    keys = call.channel.keys
    if frames:
        call.node = frames[-1].flow.nodes.get(frames[-1].step)
        if call.node is not None and call.node.step.keys_come_again:
            call.keys_came_again = keys.again_from(Place(*bookmark.keys))
    else:
        call.doing.marks = dict(bookmark.marks)
    if not call.keys_came_again:
        keys.forget()
    call.resuming = True
    return True


def _find_again(call: Call, frames: Sequence[Frame]) -> None:
    """Give back what was entered in confidence, where its keys are still kept."""
    for frame in frames:
        for secret, text in find(frame.variables, call.channel.keys.stretch):
            call.hidden_from_now(secret, text)
        _find_again(call, frame.inside)


def _frames(call: Call, parts: Sequence[FramePart]) -> list[Frame]:
    """The flows on their way, as far as this version of the site has them.

    A flow whose step is gone begins at its start. What ran in a flow inside a step that
    is no `call` (an agent's, in a talk) is for that step to begin again.
    """
    frames: list[Frame] = []
    for part in parts:
        flow = call.site.flows.get(part.flow)
        if flow is None:
            break
        node = flow.nodes.get(part.step)
        frame = Frame(flow, variables=record(part.variables))
        frames.append(frame)
        frame.failed_once = part.failed_once
        frame.was = part.was
        if part.needs in flow.nodes:
            frame.needs, frame.inside = part.needs, _frames(call, part.inside)
        frame.asked = [step for step in part.asked if step in flow.nodes]
        frame.browsing = _browsing(part, frame.variables)
        if node is None:
            log.warning(
                "call %s: the flow %s has no step %r any more: it begins at its start",
                call.id,
                part.flow,
                part.step,
            )
            break
        frame.step = node.name
        entered = {name: Stretch(*keys) for name, keys in part.entered.items()}
        frame.doing = Doing(part.number, dict(part.marks), entered)
        if node.verb != CALLS:
            break
    return frames


def _browsing(
    part: FramePart, variables: Mapping[str, object]
) -> dict[str, tuple[object, int]]:
    found: dict[str, tuple[object, int]] = {}
    for step, (way, place) in part.browsing.items():
        items: object = variables
        for name in way:
            items = items.get(name) if isinstance(items, Mapping) else None
        found[step] = (items, place)
    return found


def _on_our_clock(call: Call, times: Mapping[str, float]) -> dict[str, float]:
    """Times of the wall clock by the loop's: a duration that began then goes on."""
    behind = call.world.seconds() - asyncio.get_running_loop().time()
    return {name: at - behind for name, at in times.items()}


def _stood(part: StoodPart) -> Stood:
    waiting = part.waiting
    if part.for_ever and waiting.preferred is not None:
        for_ever = replace(waiting.preferred, until=math.inf)
        waiting = replace(waiting, preferred=for_ever)
    return Stood(waiting, part.shown)
