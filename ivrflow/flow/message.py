"""The talk in which a caller leaves a message.

The message's row exists before the recording starts, and whatever ends the talk (a key,
a hang-up, a shutdown) settles it: kept if it is long enough, else dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivrflow.aio import finish
from ivrflow.facts import MessageLeft, MessageRecorded, Notified
from ivrflow.flow.call import Call, log, shown_value
from ivrflow.flow.collect import Question, collect, note_entry
from ivrflow.flow.world import NewMessage, Notice
from ivrflow.telephony.channel import RecordOrder
from ivrflow.telephony.digits import Choices, Result, Rules
from ivrflow.telephony.sound import BEEP, Utterance
from ivrflow.voicemail.rules import REVIEW_KEYS, TRIES, Review, long_enough, told

if TYPE_CHECKING:
    from ivrflow.flow.site.mailboxes import Mailbox

REVIEWS = 6
"""Times the review is said at most: then the message is kept as it is."""


async def leave_message(call: Call, name: str) -> str:
    """Greet, record, review; return the message's id, or "" if none was left."""
    box = call.site.mailboxes[name]
    greeting = call.words_of(box.greeting)
    for recording in range(1, TRIES + 1):
        await call.play(greeting, stop_on="#")
        call.channel.keys.clear()
        draft = _Draft(call, name, box)
        try:
            again = await draft.record_and_review(last=recording == TRIES)
        except BaseException:
            # Hung up, shut down or failed: what is on the disk decides.
            await finish(draft.settle_quietly())
            raise
        if not again:
            await finish(draft.settle())
            if draft.message:
                await call.say("message_saved")
                return draft.message
        else:
            await finish(draft.drop())
        greeting = [] if again else call.words_of("message_too_short")
    return ""


@dataclass
class _Draft:
    """A message on its way: from its row to kept or dropped."""

    call: Call
    name: str
    box: Mailbox
    message: str = ""
    """Its id, which names its recording too; "" while, or once, there is none."""
    seconds: float | None = None
    """How long it is; None until the recording has ended."""
    urgent: bool = False

    @property
    def recording(self) -> str:
        return f"voicemail/{self.message}"

    async def record_and_review(self, *, last: bool) -> bool:
        """Record, then let the caller choose. True: the caller wants to do it again.

        The *last* recording is kept as it is.
        """
        call, box = self.call, self.box
        self.message = call.world.new_id()
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
        await call.channel.play([BEEP])
        recorded = await call.channel.record(
            RecordOrder(
                name=self.recording,
                longest=self.box.limits.longest,
                silence=self.box.limits.silence,
            )
        )
        self.seconds = recorded.seconds
        call.note(
            MessageRecorded,
            mailbox=self.name,
            seconds=recorded.seconds,
            ended_by=recorded.ended_by,
        )
        too_short = not long_enough(recorded.seconds, box.limits)
        if too_short or last or not box.review:
            return False
        return await self._review()

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
                self.urgent = True
                await call.say("message_urgent")
        return False

    def _heard(self) -> Utterance:
        """The recording itself, as something to be played."""
        clip = f"recording:{self.recording}"
        return Utterance("", "(the message)", "", (clip,), self.seconds or 0.0)

    async def settle(self) -> None:
        """Keep the message if it is long enough, else drop it."""
        call, world = self.call, self.call.world
        if not self.message:
            return
        if self.seconds is None:
            kept = await call.channel.kept(self.recording)
            self.seconds = kept.seconds if kept else 0.0
        if not long_enough(self.seconds, self.box.limits):
            await self.drop()
            return
        tells = told(self.box.tells, urgent=self.urgent)
        notices = [
            Notice(
                channel=tell.channel,
                to=tell.to,
                mailbox=self.name,
                message=self.message,
                attach=tell.attach,
            )
            for tell in tells
        ]
        await world.messages.keep(
            self.message, seconds=self.seconds, urgent=self.urgent, notices=notices
        )
        call.note(
            MessageLeft,
            mailbox=self.name,
            message=self.message,
            seconds=self.seconds,
            urgent=self.urgent,
        )
        for notice in notices:
            call.note(
                Notified,
                mailbox=self.name,
                message=self.message,
                channel=notice.channel,
                to=notice.to,
                attach=notice.attach,
            )

    async def settle_quietly(self) -> None:
        """As `settle`; what fails is logged: it must not hide why the talk ended."""
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
        message, self.message = self.message, ""
        if message:
            await self.call.world.messages.drop(message)
