"""What is said of a message before it is heard: which one, from whom, when, how long.

Words alone, for everybody who hears messages: in the mailbox, as work, on the phone
that is rung to tell of one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ivrflow.voicemail.order import NEW

if TYPE_CHECKING:
    from ivrflow.flow.call import Call
    from ivrflow.flow.site.box_parts import Say
    from ivrflow.flow.world import Stored
    from ivrflow.telephony.sound import Utterance

_SAYABLE = re.compile(r"\+?[0-9*#]{1,32}", re.ASCII)
"""A number that can be said; what else a network gives is as good as withheld."""


def told_which(call: Call, stored: Stored, nth: int) -> list[Utterance]:
    """Message *nth* of its folder, counted from 1; an urgent one only while new."""
    urgent = stored.urgent and stored.state == NEW
    return call.words_of("box_urgent_message" if urgent else "box_message", number=nth)


def told_who(call: Call, number: str, sender: str = "") -> list[Utterance]:
    """From whom it is: the *number* that called, or the mailbox *sender*, by name."""
    if sender:
        box = call.site.mailboxes.get(sender)
        own = str(box.number or "") if box is not None else ""
        if own:
            return call.words_of("box_from_box", who=own)
    if _SAYABLE.fullmatch(number):
        return call.words_of("box_from", who=number)
    return call.words_of("box_from_withheld")


def told_when(call: Call, at: datetime) -> list[Utterance]:
    """When it was left, as people say it: today, yesterday, or the day."""
    now = call.world.clock()
    local = at.astimezone(now.tzinfo)
    day = local.date()
    if day == now.date():
        return call.words_of("box_today", at=local.time())
    if day == now.date() - timedelta(days=1):
        return call.words_of("box_yesterday", at=local.time())
    return call.words_of("box_on", on=day, at=local.time())


def told_length(call: Call, seconds: float) -> list[Utterance]:
    """How long it is: in minutes, of a shorter one than two in seconds too."""
    minutes = round(seconds / 60)
    length = timedelta(seconds=round(seconds) if seconds < 120 else minutes * 60)
    return call.words_of("box_length", minutes=minutes, length=length)


def told_before(
    call: Call, stored: Stored, say: Say, *, name: Sequence[Utterance] = ()
) -> list[Utterance]:
    """What *say* of the mailbox wants to be said before the message itself.

    *name* is said instead of the number that it came from, where there is one.
    """
    said: list[Utterance] = []
    if say.caller and name:
        said += [*call.words_of("box_from_name"), *name]
    elif say.caller:
        said += told_who(call, stored.number or stored.caller, stored.sender)
    if say.when:
        said += told_when(call, stored.at)
    shortest = say.length.seconds
    if shortest is not None and stored.seconds >= shortest:
        said += told_length(call, stored.seconds)
    return said
