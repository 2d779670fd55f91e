"""The talk in which a caller leaves a message.

The message's row exists before the recording starts, and whatever ends the talk (a key,
a hang-up, a shutdown) settles it: kept if it is long enough, else dropped.

Where the service dies in this talk the switch goes on recording, and the next process
does the step again with its marks, which say which take it was and how far it had come:

    at          what the next process does
    -           greets again
    beep        gives the beep again: the message has its row
    recording   takes up the recording, which may have ended meanwhile
    review      lets the caller choose again
    kept        says so again

A take's id comes from the call and the step, so it is the same message again. What is
thrown away is dropped after the mark that says so: between the two it is dropped twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from ivrflow.aio import finish
from ivrflow.facts import MessageRecorded
from ivrflow.flow.call import Call, log, shown_value
from ivrflow.flow.collect import Question, collect, note_entry
from ivrflow.flow.left import keep, recording_of
from ivrflow.flow.world import LeftMessage, NewMessage, Trouble
from ivrflow.telephony.channel import RecordOrder
from ivrflow.telephony.digits import Choices, Result, Rules
from ivrflow.telephony.sound import BEEP, Utterance
from ivrflow.voicemail.rules import REVIEW_KEYS, TRIES, Review, long_enough

if TYPE_CHECKING:
    from ivrflow.flow.site.mailboxes import Mailbox

REVIEWS = 6
"""Times the review is said at most: then the message is kept as it is."""

GREETING, BEEPING, RECORDING, REVIEW, KEPT = (
    "greeting",
    "beep",
    "recording",
    "review",
    "kept",
)


async def leave_message(call: Call, name: str) -> str:
    """Greet, record, review; return the message's id, or "" if none was left."""
    box = call.site.mailboxes[name]
    first = cast(int, call.marks.get("take", 1))
    for thrown_away in range(1, first):
        # Again, should the last process have died before it was done.
        await _Draft(call, name, box, thrown_away).drop()
    for take in range(first, TRIES + 1):
        draft = _Draft(call, name, box, take)
        try:
            again = await draft.record_and_review(last=take == TRIES)
        except BaseException:
            # Hung up, shut down or failed: what is on the disk decides.
            await finish(draft.settle_quietly())
            raise
        if not again and long_enough(draft.seconds or 0.0, box.limits):
            await draft.keep()
            await call.say("message_saved")
            return draft.message
        await call.keep(take=take + 1, at=GREETING, again=again)
        await finish(draft.drop())
    return ""


@dataclass
class _Draft:
    """A message on its way: from its row to kept or dropped."""

    call: Call
    name: str
    box: Mailbox
    take: int
    begun: bool = False
    """Whether there is something to be settled."""
    seconds: float | None = None
    """How long it is; None until the recording has ended."""
    urgent: bool = False

    @property
    def message(self) -> str:
        """Its id, which names its recording too."""
        return self.call.own_id(f"message {self.take}")

    async def record_and_review(self, *, last: bool) -> bool:
        """Record, then let the caller choose. True: the caller wants to do it again.

        The *last* recording is kept as it is. Goes on where the last process was.
        """
        call, marks = self.call, self.call.marks
        at = marks.get("at", GREETING)
        if at == GREETING:
            await call.play(self._greeting(again=marks.get("again")), stop_on="#")
            call.channel.keys.clear()
            self.begun = True
            await self._begin()
            await call.mark(take=self.take, at=BEEPING)
        self.begun = True
        self.urgent = bool(marks.get("urgent")) and at in (REVIEW, KEPT)
        if at in (GREETING, BEEPING):
            await call.channel.play([BEEP])
            await call.mark(at=RECORDING)
        if at in (REVIEW, KEPT):
            self.seconds = cast(float, marks["seconds"])
        else:
            await self._record()
        too_short = not long_enough(self.seconds or 0.0, self.box.limits)
        if too_short or last or not self.box.review or at == KEPT:
            return False
        await call.keep(at=REVIEW, seconds=self.seconds, urgent=self.urgent)
        return await self._review()

    def _greeting(self, *, again: object) -> Sequence[Utterance]:
        """What is said before the beep; *again* is the caller's wish, None at first."""
        if again is None:
            return self.call.words_of(self.box.greeting)
        return [] if again else self.call.words_of("message_too_short")

    async def _begin(self) -> None:
        call = self.call
        customer = {
            name: str(shown_value(value))
            for name, value in call.frames[0].variables.items()
            if isinstance(value, str | int)
        }
        await call.world.messages.begin(
            NewMessage(
                message=self.message,
                mailbox=self.name,
                call=call.id,
                caller=call.channel.caller_id,
                at=call.world.clock(),
                data=customer,
            )
        )

    async def _record(self) -> None:
        limits = self.box.limits
        recorded = await self.call.channel.record(
            RecordOrder(
                name=recording_of(self.message),
                longest=limits.longest,
                silence=limits.silence,
            )
        )
        self.seconds = recorded.seconds
        self.call.note(
            MessageRecorded,
            mailbox=self.name,
            seconds=recorded.seconds,
            ended_by=recorded.ended_by,
        )

    async def _review(self) -> bool:
        call = self.call
        offered = [(key, review.value) for key, review in REVIEW_KEYS.items()]
        words = call.words_of("review_message", offered=offered)
        question = Question(
            said=lambda variant, attempt: words,
            rules=Rules(grammar=Choices(REVIEW_KEYS), wrong_at_once=True),
        )
        for _ in range(REVIEWS):
            ended = await collect(call, words, question, call.channel)
            note_entry(call, ended, hidden=None)
            if ended.result is Result.SILENT:
                return False
            choice = REVIEW_KEYS.get(ended.entry)
            if choice is Review.KEEP:
                return False
            if choice is Review.AGAIN:
                return True
            if choice is Review.LISTEN:
                await call.channel.play([self._heard()], stop_on="1234#")
            elif choice is Review.URGENT:
                await self._urge()
                await call.say("message_urgent")
        return False

    def _heard(self) -> Utterance:
        """The recording itself, as something to be played."""
        clip = f"recording:{recording_of(self.message)}"
        return Utterance("", "(the message)", "", (clip,), self.seconds or 0.0)

    async def _urge(self) -> None:
        """It is urgent from now on, also if the caller leaves while we are away."""
        self.urgent = True
        with suppress(Trouble):  # it is told once more when the message is kept
            await self.call.world.messages.urge(self.message)
        await self.call.mark(urgent=True)

    async def keep(self) -> None:
        """Keep it, and remember that: it is told once, whoever dies where."""
        if self.call.marks.get("at") == KEPT:
            return
        await finish(self._settle_for_good())

    async def _settle_for_good(self) -> None:
        await self.settle()
        await self.call.keep(at=KEPT, seconds=self.seconds)

    async def settle(self) -> None:
        """Keep the message if it is long enough, else drop it."""
        if self.seconds is None:
            kept = await self.call.channel.kept(recording_of(self.message))
            self.seconds = kept.seconds if kept else 0.0
        if not long_enough(self.seconds, self.box.limits):
            await self.drop()
            return
        left = LeftMessage(
            message=self.message,
            mailbox=self.name,
            call=self.call.id,
            urgent=self.urgent,
        )
        # Kept before, but not marked so: the last process died in between, and most
        # likely before it had noted it.
        await keep(self.call.world, self.box, left, self.seconds, note_anyhow=True)

    async def settle_quietly(self) -> None:
        """As `settle`; what fails is logged: it must not hide why the talk ended.

        Such a message stays as it is, and is settled when its call is over.
        """
        if not self.begun:
            return
        try:
            await self.settle()
        except Exception as error:
            log.error(
                "call %s: message %s in mailbox %s could not be settled: %s",
                self.call.id,
                self.message,
                self.name,
                error,
            )

    async def drop(self) -> None:
        """Nothing of it stays."""
        await self.call.world.messages.drop(self.message)
