"""Something is spoken by who hears a mailbox: a greeting, a comment, an answer.

It has its row before it is recorded, as a caller's message has. Then it is listened to,
kept or spoken again; nothing has changed before it is kept. Who says nothing to the
question has not kept it. What is not kept is thrown away, by `drop` or because nobody
refers to it.

The mark says which take it is and how far it has come:

    at          what the next process does
    beep        gives the tone again: the sound has its row
    recording   takes up the recording, which may have ended meanwhile
    review      asks again
    kept        nothing: it was kept
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ivrflow.aio import finish
from ivrflow.flow.call import log
from ivrflow.flow.collect import Question, collect, note_entry
from ivrflow.flow.hearing.visit import SPOKEN
from ivrflow.flow.world import Trouble
from ivrflow.flow.world.sounds import by_length, recorded_as
from ivrflow.telephony.channel import HungUp, RecordingFailed, RecordOrder
from ivrflow.telephony.digits import Choices, Rules
from ivrflow.telephony.sound import BEEP
from ivrflow.voicemail.judging import Judged, Verdict
from ivrflow.voicemail.keys import At, Key
from ivrflow.voicemail.rules import Limits

if TYPE_CHECKING:
    from ivrflow.flow.hearing.visit import Visit

TAKES = 5
"""Times that it may be spoken."""

ASKED = 6
"""Times that one is asked what to do with it."""

LIMITS = Limits(shortest=1.0, longest=60.0, silence=5.0)
"""Seconds: of a greeting, a name or a comment."""

BEEPING, RECORDING, REVIEW, KEPT = "beep", "recording", "review", "kept"


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """What was spoken and kept."""

    sound: str
    judged: Judged

    @property
    def seconds(self) -> float:
        """How long it is, without the silence at its end."""
        return self.judged.ends


async def _no_matter(sound: str) -> None:
    """Nobody refers to it, so it goes by itself."""


@dataclass(frozen=True, kw_only=True)
class Speaking:
    """How something is spoken in a visit."""

    visit: Visit
    begin: Callable[[str], Awaitable[bool]]
    """Makes the row of a sound, before it is recorded. False: there is no room."""
    drop: Callable[[str], Awaitable[None]] = _no_matter
    """A sound is not kept."""
    limits: Limits = LIMITS

    async def spoken(self) -> Spoken | None:
        """Have it spoken until it is kept; None: it was not.

        Raises `Trouble` where nothing can be recorded.
        """
        call, noted = self.visit.call, self.visit.call.marks.get(SPOKEN)
        state: dict[str, Any] = dict(noted) if isinstance(noted, dict) else {}
        first = state.get("take", 1)
        for thrown_away in range(1, first):
            # Again, should the last process have died before it was done.
            await self.drop(self.sound(thrown_away))
        for take in range(first, TAKES + 1):
            sound, at = self.sound(take), state.get("at", "")
            if not at:
                await call.play(call.words_of("announcement_speak"), stop_on="#")
                call.channel.keys.clear()
                if not await self.begin(sound):
                    await call.say("mailbox_full")
                    return None
                await self._note(take, BEEPING)
            judged = _noted(state)
            if judged is None:
                judged = await self._recorded(take, sound, state)
            if judged is None or judged.verdict is not Verdict.MESSAGE:
                await call.say("message_too_short")
                state = {}
                await self._again(take, sound)
                continue
            key: Key | None = Key.KEEP
            if at != KEPT:
                await self._note(take, REVIEW, judged)
                key = await self._reviewed(sound)
            if key is Key.KEEP:
                await self._note(take, KEPT, judged)
                return Spoken(sound=sound, judged=judged)
            state = {}
            await self._again(take, sound)
            if key is not Key.RECORD_AGAIN:
                break
        return None

    def sound(self, take: int) -> str:
        """The id of one take: always the same."""
        return self.visit.own_id(f"spoken {take}")

    @property
    def last(self) -> str:
        """The id of the take that is on, as far as it is noted; "": none is."""
        noted = self.visit.call.marks.get(SPOKEN)
        if not isinstance(noted, dict) or not noted.get("at"):
            return ""
        return self.sound(noted["take"])

    async def _recorded(
        self, take: int, sound: str, state: dict[str, Any]
    ) -> Judged | None:
        """Record it, and judge it; None: nothing was recorded.

        A recording that a process before this one has begun is taken up.
        """
        call = self.visit.call
        if state.get("at") != RECORDING:
            await call.channel.play([BEEP])
            await self._note(take, RECORDING)
        order = RecordOrder(
            name=recorded_as(sound),
            longest=self.limits.longest,
            silence=self.limits.silence,
        )
        try:
            recorded = await call.channel.record(order)
        except RecordingFailed as why:
            raise Trouble(f"nothing can be recorded: {why}") from None
        try:
            return await call.world.audio.judged(recorded, self.limits)
        except Trouble as trouble:
            # Nobody can listen to it now: whatever is long enough was spoken.
            log.warning("call %s: %s is not judged: %s", call.id, sound, trouble)
            return by_length(recorded.seconds, self.limits)

    async def _again(self, take: int, sound: str) -> None:
        """This take is over, also if he hangs up meanwhile: he has thrown it away."""
        await finish(self._thrown_away(take, sound))

    async def _thrown_away(self, take: int, sound: str) -> None:
        """The mark comes first: it is not to be asked for again."""
        with suppress(HungUp):
            await self.visit.call.mark(**{SPOKEN: {"take": take + 1, "at": ""}})
        await self.drop(sound)

    async def _note(self, take: int, at: str, judged: Judged | None = None) -> None:
        noted: dict[str, Any] = {"take": take, "at": at}
        if judged is not None:
            noted |= {"seconds": judged.seconds, "ends": judged.ends}
        await self.visit.call.mark(**{SPOKEN: noted})

    async def _reviewed(self, sound: str) -> Key | None:
        """What is to be done with it; None: nothing was said to that."""
        call, keys = self.visit.call, self.visit.menu.keys
        offered = [(key, act.value) for key, act in keys.offered(At.GREETING)]
        words = call.words_of("box_greeting_menu", offered=offered)
        signs = keys.stops(At.GREETING)
        question = Question(
            said=lambda variant, attempt: words,
            rules=Rules(grammar=Choices(signs), wrong_at_once=True),
        )
        for _ in range(ASKED):
            ended = await collect(call, words, question, call.channel)
            note_entry(call, ended, hidden=None)
            act = keys.act(At.GREETING, ended.entry)
            if act is Key.LISTEN:
                await self._listen(sound, signs)
            elif act is not None:
                return act
        return None

    async def _listen(self, sound: str, signs: str) -> None:
        """Let him hear what he has spoken, until a key."""
        call = self.visit.call
        try:
            async with call.world.audio.played(sound) as said:
                await call.play([said], stop_on=signs + "#")
        except Trouble as trouble:
            log.warning("call %s: %s can't be heard: %s", call.id, sound, trouble)
            await call.say("box_not_now")
        if call.channel.keys.peek()[:1] == "#":
            await call.channel.keys.next(0)


def _noted(state: dict[str, Any]) -> Judged | None:
    """What was recorded, as a process before this one has judged it."""
    if state.get("at") not in (REVIEW, KEPT):
        return None
    return Judged(verdict=Verdict.MESSAGE, seconds=state["seconds"], ends=state["ends"])
