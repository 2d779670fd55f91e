"""What is known of a caller who leaves a message, and goes with it.

It is worked out while he is there: the message is settled later, perhaps, when no call
is, and whoever hears it wants to know who spoke.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ivrflow.acd.model import ANYONE, Need
from ivrflow.flow.call import Call, shown_value
from ivrflow.flow.leaving.wanted import Leaving
from ivrflow.flow.left import wanted_of
from ivrflow.flow.world.messages import NewMessage

if TYPE_CHECKING:
    from ivrflow.flow.site.mailboxes import Mailbox


def about(call: Call, leaving: Leaving, sound: str, at: datetime) -> NewMessage:
    """The message *sound*, as it is begun *at* that time in the first mailbox."""
    queue = next(reversed(call.joined), "")
    return NewMessage(
        message=sound,
        sound=sound,
        mailbox=leaving.boxes[0],
        call=call.id,
        caller=call.channel.caller_id,
        at=at,
        data=_card(call, queue) | dict(leaving.card),
        language=call.language,
        queue=queue,
        waited=call.waited if queue else 0.0,
        dialled=call.channel.dialled,
    )


def _card(call: Call, queue: str) -> dict[str, str]:
    """The flow's plain variables, no secret among them, and what an agent of *queue*
    would have seen."""
    plain = {
        name: str(shown_value(value))
        for name, value in call.frames[0].variables.items()
        if isinstance(value, str | int)
    }
    stood = call.stood.get(queue)
    return plain | dict(stood.shown if stood is not None else {})


def need_of(call: Call, box: Mailbox) -> Need:
    """What an agent must be able to do who gets it as work.

    As the mailbox says; else as the caller has asked for in that queue.
    """
    need = wanted_of(box, call.value, of=f"call {call.id}")
    if box.work is None or need != ANYONE:
        return need
    stood = call.stood.get(str(box.work.queue))
    return ANYONE if stood is None else stood.waiting.need
