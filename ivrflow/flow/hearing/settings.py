"""What the owner of a mailbox sets by phone: greetings, his name, the PIN.

A greeting is spoken in the language of the talk, and heard by callers of that language.
Nothing is said of why a PIN is too easy but that it is: whoever listens in learns
nothing, and the owner knows what he keyed in.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from ivrflow.facts import GreetingChanged, PinChanged
from ivrflow.flow.collect import Question, ask, prompt_words
from ivrflow.flow.hearing.sending import begin_sound
from ivrflow.flow.hearing.speaking import Speaking
from ivrflow.flow.world.boxes import GREETING, NAME
from ivrflow.secret import Secret
from ivrflow.telephony.digits import Length, Result, Rules
from ivrflow.voicemail.pins import LONGEST, too_easy

if TYPE_CHECKING:
    from ivrflow.flow.hearing.visit import Visit

log = logging.getLogger("ivrflow.call")

TEMPORARY = "temporary"

TRIES = 3
"""Times that a new PIN may be entered."""


async def greet(visit: Visit, kind: str, *, again: bool) -> None:
    """Have a greeting of this *kind* spoken, and use it from now on.

    *again*: a process before this one has begun with it. Raises `Trouble`.
    """
    call, language = visit.call, visit.call.language

    async def begin(sound: str) -> bool:
        return await begin_sound(visit, sound, NAME if kind == "name" else GREETING)

    spoken = await Speaking(visit=visit, begin=begin).spoken()
    if spoken is None:
        return
    new = await visit.boxes.greet(
        visit.entry.box,
        kind,
        language,
        spoken.sound,
        by=visit.who,
        seconds=spoken.seconds,
    )
    if new or again:
        _note(visit, kind, on=True)
    await call.say("box_greeting_on")


async def take_off(visit: Visit, *, again: bool) -> None:
    """The temporary greeting is over, in all languages. Raises `Trouble`."""
    off = again
    for kind, language in await visit.boxes.greetings(visit.entry.box):
        if kind == TEMPORARY:
            off |= await visit.boxes.greet(
                visit.entry.box, kind, language, None, by=visit.who
            )
    if not off:
        await visit.call.say("box_not_now")
        return
    _note(visit, TEMPORARY, on=False)
    await visit.call.say("box_greeting_off")


async def temporary_is_on(visit: Visit) -> bool:
    """Whether callers hear a temporary greeting now. Raises `Trouble`."""
    now = visit.moment()
    return any(
        kind == TEMPORARY and (greeting.until is None or greeting.until > now)
        for (kind, _), greeting in (
            await visit.boxes.greetings(visit.entry.box)
        ).items()
    )


async def new_pin(visit: Visit) -> bool:
    """Ask for a new PIN, twice; False: it stays as it was. Raises `Trouble`."""
    call, box = visit.call, visit.box
    for _ in range(TRIES):
        first = await _entered(visit, "box_new_pin")
        if first is None:
            return False
        easy = too_easy(first, number=str(box.number or ""), shortest=int(box.min_pin))
        if easy is not None:
            log.info("call %s: a new PIN is refused: %s", call.id, easy.value)
            await call.say("box_pin_easy")
            continue
        if await _entered(visit, "box_new_pin_again") != first:
            await call.say("box_pin_differs")
            continue
        hashed = await call.world.verifier.hash(Secret(first))
        await visit.boxes.set_pin(visit.entry.box, hashed, by=visit.who)
        call.note(PinChanged, mailbox=visit.entry.box, by=visit.who)
        visit.entry = replace(visit.entry, must_change=False)
        await call.say("box_pin_changed")
        return True
    # What was keyed in ahead was for a PIN: in the menu it might delete a message.
    call.channel.keys.clear()
    return False


async def _entered(visit: Visit, prompt: str) -> str | None:
    """A PIN as it was entered; None: none was, or star was pressed."""
    call = visit.call
    question = Question(
        said=prompt_words(call, prompt),
        rules=Rules(grammar=Length(1, LONGEST), end_keys="#", leave_keys="*"),
        hidden=Secret,
        name=prompt,
    )
    ended = await ask(call, question)
    return ended.entry if ended.result is Result.ACCEPTED else None


def _note(visit: Visit, kind: str, *, on: bool) -> None:
    visit.call.note(
        GreetingChanged, mailbox=visit.entry.box, greeting=kind, on=on, by=visit.who
    )
