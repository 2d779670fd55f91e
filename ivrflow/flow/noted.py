"""The first facts of a call, and of each step: noted when they happen, or afterwards.

A process that dies while the database is away takes facts along that nobody wrote. The
next one notes again what the bookmark on the channel tells of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivrflow.facts import CallResumed, CallStarted, StepEntered
from ivrflow.flow.call import HANDED

if TYPE_CHECKING:
    from ivrflow.flow.bookmark import Bookmark
    from ivrflow.flow.call import Call
    from ivrflow.flow.frame import Frame
    from ivrflow.flow.model import Node


def note_start(call: Call) -> None:
    """Note that the call began, and when."""
    call.world.note(
        CallStarted(
            at=call.began,
            call=call.id,
            caller=call.channel.caller_id,
            dialled=call.channel.dialled,
            flow=call.begins_with,
            version=call.site.version,
            local=call.started.isoformat(timespec="seconds"),
            switches=tuple(
                str(switch)
                for switch in call.site.switches
                if call.world.switches.thrown(str(switch), call.started)
            ),
        )
    )


def note_entry(call: Call, frame: Frame, node: Node, at: float) -> None:
    """Note that the flow in *frame* entered *node* at *at*."""
    call.world.note(
        StepEntered(
            at=at,
            call=call.id,
            flow=frame.flow.name,
            step=node.name,
            verb=node.verb,
            place=f"{node.at.file}:{node.at.line}",
            number=frame.doing.number,
        )
    )


def note_return(call: Call, bookmark: Bookmark, away: float) -> bool:
    """Note where it goes on: the innermost flow that was on its way.

    What the last process could not write, as the database was away, is noted again as
    far as the bookmark tells it. True: something was; *bookmark* must go to the
    database with it, or the process after this one does it once more.
    """
    again = bookmark.known < 0
    if again:
        note_start(call)
    frame = [*call.frames, *call.inner][-1] if call.frames else None
    if frame is not None and bookmark.known < frame.doing.number:
        node = frame.flow.nodes.get(frame.step)
        if node is not None:
            note_entry(call, frame, node, bookmark.at)
            again = True
    how, doing = "", frame.doing if frame is not None else call.doing
    if HANDED in doing.marks and call.world.hand_over is None:
        doing.forget(HANDED)
        how, away = "handed over", 0.0
    call.note(
        CallResumed,
        flow=frame.flow.name if frame else call.begins_with,
        step=frame.step if frame else "",
        number=frame.doing.number if frame else 0,
        away=away,
        how=how,
    )
    return again
