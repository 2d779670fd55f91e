"""Which greeting a caller hears before the tone.

The first of these that there is:

    temporary       recorded, and not over
    busy, or unavailable    recorded for what brought the caller here
    name            recorded; then the words that it is busy or unavailable
    `greetings`     of mailboxes.yaml, the first whose condition holds
    `greeting`      of mailboxes.yaml

A recorded one counts in the caller's language, else in the site's first one. One that
can't be played is passed over: callers leave messages whatever has happened to it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from ivrflow.flow.call import Call, log
from ivrflow.flow.leaving.wanted import Leaving
from ivrflow.flow.world import Trouble
from ivrflow.telephony.sound import Utterance

if TYPE_CHECKING:
    from ivrflow.flow.kinds import PromptName
    from ivrflow.flow.site.mailboxes import Mailbox
    from ivrflow.flow.world.boxes import Greeting

SKIP = "#"
"""The key that skips a greeting, as in app_voicemail."""

TEMPORARY, NAME = "temporary", "name"
"""Kinds of recorded greetings, besides those that are called as what brings callers."""

INSTRUCTIONS = "voicemail_greeting"
"""The prompt that says what to do, after a greeting that somebody has recorded."""


async def greet(call: Call, leaving: Leaving) -> str:
    """Greet the caller; return one of `leaving.keys` that he has pressed, or ""."""
    async with _greeting(call, leaving) as said:
        keys = "".join(leaving.keys)
        await call.play(said, stop_on=SKIP + keys)
    key = call.channel.keys.take(keys)
    call.channel.keys.clear()
    return key


@asynccontextmanager
async def _greeting(call: Call, leaving: Leaving) -> AsyncIterator[list[Utterance]]:
    """The greeting of the first mailbox, for as long as the block runs."""
    name = leaving.boxes[0]
    box = call.site.mailboxes[name]
    async with AsyncExitStack() as stack:
        recorded = await _recorded(call, leaving, stack)
        if not recorded:
            yield call.words_of(written(call, box, leaving.kind))
        elif leaving.instructions and box.instructions and box.most > 0:
            yield [*recorded, *call.words_of(INSTRUCTIONS)]
        else:
            yield recorded


def written(call: Call, box: Mailbox, kind: str) -> PromptName:
    """The prompt that mailboxes.yaml has for who comes for this reason."""
    for one in box.greetings:
        prompt = one.prompt(kind)
        if prompt is not None and (one.if_ is None or call.holds(one.if_)):
            return prompt
    return box.greeting


async def _recorded(
    call: Call, leaving: Leaving, stack: AsyncExitStack
) -> list[Utterance]:
    """What somebody has recorded for this caller, laid out to be played; [] if nothing.

    Whatever goes wrong with it goes into the log.
    """
    name = leaving.boxes[0]
    if (boxes := call.world.boxes) is None:
        return []
    try:
        greetings = await boxes.greetings(name)
    except Trouble as trouble:
        log.warning("call %s: greetings of mailbox %s: %s", call.id, name, trouble)
        return []
    for kind in (TEMPORARY, leaving.kind, NAME):
        for language in _languages(call):
            found = _valid(call, greetings, kind, language)
            if found is None:
                continue
            try:
                played = call.world.audio.played(found.speech.sound)
                said = await stack.enter_async_context(played)
            except Trouble as trouble:
                log.warning(
                    "call %s: the greeting %r of mailbox %s can't be played: %s",
                    call.id,
                    kind,
                    name,
                    trouble,
                )
                continue
            words = [replace(said, words=f"({kind} greeting)", language=language)]
            if kind == NAME:
                words += call.words_of(f"box_{leaving.kind}")
            return words
    return []


def _languages(call: Call) -> list[str]:
    """The caller's language, and the site's first one."""
    return list(dict.fromkeys((call.language, str(call.site.settings.languages[0]))))


def _valid(
    call: Call, greetings: Mapping[tuple[str, str], Greeting], kind: str, language: str
) -> Greeting | None:
    """The greeting of that kind, unless its time is over."""
    found = greetings.get((kind, language))
    if found is None or found.until is None or call.world.clock() < found.until:
        return found
    return None
