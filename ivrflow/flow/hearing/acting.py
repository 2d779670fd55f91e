"""What is done with a message, or with the mailbox: one act, to its last word.

An act may be done again: the process that began with it may have died in it. What the
mailboxes change they change once, whoever asks how often; a fact may then be noted a
second time rather than never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivrflow.facts import MessageDeleted, MessageMoved, MessageRestored
from ivrflow.flow.hearing.calling import call_back
from ivrflow.flow.hearing.sending import forward, reply, send_new
from ivrflow.flow.hearing.settings import greet, new_pin, take_off
from ivrflow.voicemail.view import Act, Do

if TYPE_CHECKING:
    from ivrflow.flow.hearing.visit import Visit

ACTS = frozenset(
    {
        Do.DELETE,
        Do.RESTORE,
        Do.MOVE,
        Do.SEND,
        Do.COMMENT_AND_SEND,
        Do.REPLY,
        Do.CALL_BACK,
        Do.SEND_NEW,
        Do.GREET,
        Do.TAKE_OFF,
        Do.PIN,
    }
)
"""What changes something, or takes more than a sentence: it is noted before it is
done, and after it."""


async def carry_out(visit: Visit, act: Act, *, again: bool, stop_on: str = "") -> None:
    """Do *act*, one of ACTS, and say that it is done, until a key of *stop_on*.

    *again*: a process before this one has begun with it. Raises `Trouble`.
    """
    boxes, message, by = visit.boxes, act.message, visit.who
    call, about = visit.call, {"mailbox": visit.entry.box, "message": act.message}
    match act.do:
        case Do.DELETE:
            if await boxes.delete(message, by=by) or again:
                call.note(MessageDeleted, by=by, **about)
                visit.deleted(message)
            await call.play(call.words_of("box_deleted"), stop_on=stop_on)
        case Do.RESTORE:
            if await boxes.restore(message, by=by) or again:
                call.note(MessageRestored, by=by, **about)
            visit.restored(message)
            await call.play(call.words_of("box_restored"), stop_on=stop_on)
        case Do.MOVE:
            if await boxes.move(message, act.folder, by=by) or again:
                call.note(MessageMoved, folder=act.folder, by=by, **about)
            await call.play(call.words_of("box_saved"), stop_on=stop_on)
        case Do.SEND:
            await forward(visit, message, comment=False)
        case Do.COMMENT_AND_SEND:
            await forward(visit, message, comment=True)
        case Do.REPLY:
            await reply(visit, message, again=again)
        case Do.CALL_BACK:
            await call_back(visit, message)
        case Do.SEND_NEW:
            await send_new(visit, again=again)
        case Do.GREET:
            await greet(visit, act.greeting, again=again)
        case Do.TAKE_OFF:
            await take_off(visit, again=again)
        case Do.PIN:
            await new_pin(visit)
