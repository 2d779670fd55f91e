"""A message that is heard: what is said before it, and from where it plays.

Each key stops the sound; what the key means is not known here. It plays on from where
it was, further on or back, or from its beginning. Before the first sound is given it is
noted in the audit log who hears it; where that can't be noted nothing is heard.

After a restart the sound that still plays is listened to further on: it was ordered
with the offset that is noted, and the same order takes it up.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from ivrflow.facts import MessageHeard
from ivrflow.flow.call import log
from ivrflow.flow.hearing.sounding import Sounding, sounding
from ivrflow.flow.hearing.told import (
    told_before,
    told_length,
    told_when,
    told_which,
    told_who,
)
from ivrflow.flow.world import Trouble
from ivrflow.voicemail.playhead import Playhead
from ivrflow.voicemail.view import Do

if TYPE_CHECKING:
    from ivrflow.flow.hearing.visit import Visit
    from ivrflow.flow.world import Stored
    from ivrflow.telephony.sound import Utterance


class Listening:
    """The message that is heard now. Holds what is laid out of it for the switch."""

    def __init__(self, visit: Visit, held: AsyncExitStack) -> None:
        """*held* is the caller's, who closes it: then nothing is laid out any more."""
        self._visit = visit
        self._held = held
        self._stored: Stored | None = None
        self._sounding: Sounding | None = None
        self._noted = ""
        """The message of which it is noted that he hears it: once, however he skips."""

    async def announce(self, message: str, stop_on: str) -> None:
        """Say which message it is, from whom and when; a key of *stop_on* ends it."""
        visit, stored = self._visit, await self._found(message)
        call, say = visit.call, visit.box.say
        async with AsyncExitStack() as laid_out:
            name = await self._name(stored, laid_out) if say.name else []
            said = told_which(call, stored, visit.view.nth + 1)
            said += told_before(call, stored, say, name=name)
            await call.play(said, stop_on=stop_on)

    async def envelope(self, message: str, stop_on: str) -> None:
        """Say all that is known about it."""
        visit, stored = self._visit, await self._found(message)
        call = visit.call
        said = told_who(call, stored.number or stored.caller, stored.sender)
        said += told_when(call, stored.at)
        said += told_length(call, stored.seconds)
        await call.play(said, stop_on=stop_on)

    async def play(self, do: Do, message: str, stop_on: str) -> bool:
        """Play it as *do* says. True: it is over; False: a key waits.

        Raises `Trouble` where it can't be heard, or must not be as nobody can note it.
        """
        visit = self._visit
        stored, sound = await self._laid_out(message)
        if visit.call.channel.keys.peek()[:1] in tuple(stop_on):
            # Nothing is heard, so nothing is noted; but where he would have been is.
            visit.head = self._head(do, sound).paused(visit.now())
            return False
        first = do is Do.PLAY
        if not first and self._noted != message:
            # A key came before its first sound: this is it, if anything is left of it.
            first = not self._head(do, sound).over(visit.now())
        if first:
            await self._note_heard(stored)
        visit.head = self._head(do, sound)
        if visit.head.over(visit.now()):
            visit.head = visit.head.paused(visit.now())
            return True
        await visit.note()
        return await self._sound(sound, stop_on)

    async def play_still(self, message: str, stop_on: str) -> bool:
        """Listen on to what a process before this one has ordered; as `play`."""
        visit = self._visit
        _, sound = await self._laid_out(message)
        visit.head = replace(visit.head, length=sound.seconds)
        if visit.head.over(visit.now()):
            return True
        self._noted = message  # by the process before this one
        return await self._sound(sound, stop_on)

    async def _sound(self, sound: Sounding, stop_on: str) -> bool:
        visit = self._visit
        begin = visit.head.offset
        ended = await sound.play(visit.call, begin=begin, stop_on=stop_on)
        visit.head = visit.head.paused(visit.now())
        return ended

    def _head(self, do: Do, sound: Sounding) -> Playhead:
        """From where it plays on."""
        visit, now = self._visit, self._visit.now()
        head = replace(visit.head, length=sound.seconds)
        skip = visit.menu.keys.skip
        match do:
            case Do.PLAY:
                return head.restarted(now)
            case Do.SKIP_ON:
                return head.skipped(skip, now).playing(now)
            case Do.SKIP_BACK:
                return head.skipped(-skip, now).playing(now)
        return head.playing(now)

    async def _note_heard(self, stored: Stored) -> None:
        visit = self._visit
        first = await visit.boxes.heard(stored.message, by=visit.who)
        if first is None:
            raise Trouble(f"message {stored.message} is not there any more")
        visit.call.note(
            MessageHeard,
            mailbox=stored.mailbox,
            message=stored.message,
            by=visit.who,
            seconds=stored.seconds,
            first=first,
        )
        self._noted = stored.message

    async def _found(self, message: str) -> Stored:
        """The message, read anew: another phone may have changed it."""
        visit = self._visit
        stored = await visit.boxes.message(message)
        if stored is None or stored.mailbox != visit.entry.box:
            raise Trouble(f"there is no message {message} in {visit.entry.box}")
        return stored

    async def _laid_out(self, message: str) -> tuple[Stored, Sounding]:
        """The message and its sound, which stays laid out until another one is."""
        stored, found = self._stored, self._sounding
        if stored is not None and found is not None and stored.message == message:
            return stored, found
        self._stored = self._sounding = None
        await self._held.aclose()
        stored = await self._found(message)
        found = await self._held.enter_async_context(sounding(self._visit.call, stored))
        self._stored, self._sounding = stored, found
        return stored, found

    async def _name(self, stored: Stored, laid_out: AsyncExitStack) -> list[Utterance]:
        """The name that the owner of the sending mailbox has spoken; [] if none.

        It can be played until *laid_out* is closed.
        """
        visit = self._visit
        if not stored.sender:
            return []
        try:
            spoken = await visit.boxes.greetings(stored.sender)
            languages = (visit.call.language, *visit.call.site.settings.languages)
            for language in map(str, languages):
                if ("name", language) in spoken:
                    speech = spoken["name", language].speech
                    said = await laid_out.enter_async_context(
                        visit.call.world.audio.played(speech.sound)
                    )
                    return [replace(said, words="(the name)")]
        except Trouble as trouble:
            log.warning("call %s: a name can't be said: %s", visit.call.id, trouble)
        return []
