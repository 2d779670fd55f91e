"""The agent enters a target by keys, while the caller hears music."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ivrflow.flow.conversation.inbox import Left, Request
from ivrflow.flow.conversation.targets import Target, dialled
from ivrflow.prompts import tones
from ivrflow.telephony.channel import HungUp
from ivrflow.telephony.sound import BEEP, Utterance

if TYPE_CHECKING:
    from ivrflow.flow.conversation.parties import Party
    from ivrflow.flow.conversation.talk import Conversation

FIRST_KEY, NEXT_KEY = 8.0, 4.0
"""Seconds for the first key, and for each further one; then it is complete."""

LONGEST = 24


async def target_of(talk: Conversation, request: Request) -> Target | Left | None:
    """Whom *request* is for: as it says, or as the agent enters after a tone.

    Hash ends the entry, star gives it up (None). Raises `NotNow` for what is nothing.
    The caller must be on hold.
    """
    if request.target is not None:
        return request.target
    talk.doing("entering")
    talk.inbox.forget_keys()
    await tone(talk.main, BEEP)
    digits = ""
    while len(digits) < LONGEST:
        key = await talk.key(NEXT_KEY if digits else FIRST_KEY)
        if isinstance(key, Left):
            return key
        if key == "*":
            return None
        if key in ("#", ""):
            break
        digits += key
    return dialled(talk.call.site, digits) if digits else None


async def wrong(talk: Conversation, request: Request, why: str) -> None:
    """Tell who asked that it can't be: in words, and by a tone to the agent by key."""
    request.refuse(why)
    if request.answer is None:
        await tone(talk.main, _tone("wrong"))


async def tone(party: Party, said: Utterance) -> None:
    """Play *said* to *party*; one who has gone hears nothing."""
    with suppress(HungUp):
        await party.leg.play([said])


def _tone(name: str) -> Utterance:
    clip = f"{tones.PREFIX}{name}"
    return Utterance(clip, "", "", clips=(clip,), seconds=tones.seconds(name))
