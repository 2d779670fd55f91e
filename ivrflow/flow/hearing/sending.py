"""What goes from a mailbox to others: a message that is sent on, an answer, a new one.

Sent on, the sound is the same and the message another one, with a comment before it
where one was spoken. An answer and a new one are messages as callers leave them, with a
mailbox as their sender: they have their rows before they are recorded, and who hangs up
while he speaks one leaves it as a caller does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivrflow.acd.model import Need
from ivrflow.aio import finish
from ivrflow.facts import MessageForwarded, Notified
from ivrflow.flow.call import log
from ivrflow.flow.collect import Question, ask, prompt_words
from ivrflow.flow.expression import Expression
from ivrflow.flow.hearing.speaking import Speaking, Spoken
from ivrflow.flow.left import (
    drop,
    keep,
    notices_of,
    throw_away,
    wanted_of,
    work_of,
)
from ivrflow.flow.site.mailboxes import by_number
from ivrflow.flow.world import LeftSound, NewCopy, NewMessage, NewSound, Trouble
from ivrflow.flow.world.boxes import COMMENT
from ivrflow.flow.world.sounds import recorded_as
from ivrflow.telephony.digits import Length, Result, Rules
from ivrflow.voicemail.judging import Judged, Verdict
from ivrflow.voicemail.rules import Limits

if TYPE_CHECKING:
    from ivrflow.flow.hearing.visit import Visit
    from ivrflow.flow.site.mailboxes import Mailbox

MOST = 20
"""Mailboxes that get one message at most."""

MISSES = 3
"""Numbers that nobody has, and silences; then no more of them are asked for."""

NUMBER_DIGITS = 15

AGAIN = "again"
"""Why an answer is dropped: it is spoken anew, or not at all."""


async def addressed(visit: Visit) -> tuple[str, ...]:
    """Ask for numbers of mailboxes, one after the other; hash alone ends it.

    Star, and nothing entered, gives ().
    """
    call, to = visit.call, list[str]()
    misses = 0
    while len(to) < MOST and misses < MISSES:
        question = Question(
            said=prompt_words(call, "box_send_more" if to else "box_send_to"),
            rules=Rules(grammar=Length(1, NUMBER_DIGITS), end_keys="#", leave_keys="*"),
            tries=1,
            name="send to",
        )
        ended = await ask(call, question)
        if ended.result is Result.LEFT:
            return ()
        if ended.result is Result.SILENT:
            if to:
                break
            misses += 1
            continue
        named = by_number(call.site.mailboxes, ended.entry)
        if not named or named == visit.entry.box:
            misses += 1
            await call.say("box_unknown")
        elif named not in to:
            to.append(named)
    return tuple(to)


async def forward(visit: Visit, message: str, *, comment: bool) -> None:
    """Send a message on to `visit.to`, with a comment or as it is. Raises `Trouble`."""
    call, boxes = visit.call, visit.boxes
    intro: Spoken | None = None
    if comment:
        intro = await Speaking(visit=visit, begin=_comment(visit)).spoken()
        if intro is None:
            await call.say("box_not_now")
            return
    stored = await boxes.message(message)
    if stored is None or stored.mailbox != visit.entry.box:
        raise Trouble(f"there is no message {message} in {visit.entry.box}")
    copies, news = [], dict[str, NewMessage]()
    for name in visit.to:
        box = call.site.mailboxes[name]
        new = NewMessage(
            message=visit.own_id(f"copy {name}"),
            sound=stored.speech.sound,
            mailbox=name,
            call=call.id,
            caller=stored.caller,
            at=visit.moment(),
            language=stored.language,
            wanted=_wanted(visit, box, stored.language),
        )
        copies.append(
            NewCopy(
                message=new.message,
                mailbox=name,
                notices=notices_of(box, new, urgent=stored.urgent),
                work=work_of(box, new, urgent=stored.urgent),
            )
        )
        news[new.message] = new
    there = await boxes.forward(
        message,
        copies,
        by=visit.who,
        sender=visit.entry.box,
        intro=intro.sound if intro else "",
        seconds=intro.seconds if intro else 0.0,
        most=_most(visit),
    )
    for copy in copies:
        if copy.message in there:
            _note_sent(visit, message, news[copy.message], "forward")
            for notice in copy.notices:
                call.note(
                    Notified,
                    mailbox=copy.mailbox,
                    message=copy.message,
                    channel=notice.channel,
                    to=notice.to,
                    attach=notice.attach,
                )
    await _say_sent(visit, len(there), len(copies))


async def reply(visit: Visit, message: str, *, again: bool) -> None:
    """Answer who sent a message from a mailbox. Raises `Trouble`."""
    if not visit.to:
        stored = await visit.boxes.message(message)
        sender = stored.sender if stored is not None else ""
        if sender not in visit.call.site.mailboxes:
            await visit.call.say("box_not_now")
            return
        visit.to = (sender,)
        await visit.note()
    await _spoken_to(visit, message, "reply", again=again)


async def send_new(visit: Visit, *, again: bool) -> None:
    """Speak a message for other mailboxes. Raises `Trouble`."""
    if not visit.to:
        visit.to = await addressed(visit)
        if not visit.to:
            return
        await visit.note()
    await _spoken_to(visit, "", "new", again=again)


async def _spoken_to(visit: Visit, message: str, how: str, *, again: bool) -> None:
    """Have a message spoken, and keep it in the mailboxes of `visit.to`."""
    call = visit.call
    talk = _Speech(visit)
    speaking = Speaking(
        visit=visit,
        begin=talk.begin,
        drop=talk.drop,
        limits=call.site.mailboxes[visit.to[0]].limits,
    )
    try:
        spoken = await speaking.spoken()
    except BaseException:
        # Hung up, shut down or failed: what is on the disk decides.
        if sound := speaking.last:
            await finish(talk.settle_quietly(sound, speaking.limits))
        raise
    if spoken is None:
        return
    left = await talk.left(spoken.sound)
    await keep(call.world, call.site, left, spoken.judged, note_anyhow=again)
    for new in left.messages:
        _note_sent(visit, message, new, how)
    await _say_sent(visit, len(left.messages), len(visit.to))


@dataclass(frozen=True)
class _Speech:
    """A message that is being spoken for other mailboxes."""

    visit: Visit

    async def begin(self, sound: str) -> bool:
        """Make its rows; False: no mailbox has room."""
        if self.visit.call.world.audio.is_full:
            return False
        return bool((await self.left(sound)).messages)

    async def left(self, sound: str) -> LeftSound:
        """As it was begun, in the mailboxes that had room. Again: the same."""
        visit = self.visit
        call = visit.call
        new = [
            NewMessage(
                message=sound if nth == 0 else visit.own_id(f"{sound} {name}"),
                sound=sound,
                mailbox=name,
                call=call.id,
                caller=call.channel.caller_id,
                at=visit.moment(),
                language=call.language,
                dialled=call.channel.dialled,
                sender=visit.entry.box,
                wanted=_wanted(visit, call.site.mailboxes[name], call.language),
            )
            for nth, name in enumerate(visit.to)
        ]
        there = await call.world.messages.begin(new, most=_most(visit))
        return LeftSound(
            sound=sound,
            call=call.id,
            urgent=False,
            messages=tuple(one for one in new if one.message in there),
        )

    async def drop(self, sound: str) -> None:
        """It is not sent."""
        await throw_away(self.visit.call.world, sound, AGAIN)

    async def settle_quietly(self, sound: str, limits: Limits) -> None:
        """Keep what was spoken so far, if it is a message; what fails is logged.

        Such a message stays as it is, and is settled when its call is over.
        """
        call = self.visit.call
        try:
            recorded = await call.channel.kept(recorded_as(sound))
            judged: Judged | None = None
            if recorded is not None:
                judged = await call.world.audio.judged(recorded, limits)
            left = await self.left(sound)
            if judged is not None and judged.verdict is Verdict.MESSAGE:
                await keep(call.world, call.site, left, judged)
            else:
                await drop(call.world, left, "nothing")
        except Exception as error:
            log.error(
                "call %s: message %s of mailbox %s could not be settled: %s",
                call.id,
                sound,
                self.visit.entry.box,
                error,
            )


def _comment(visit: Visit) -> Callable[[str], Awaitable[bool]]:
    async def begin(sound: str) -> bool:
        return await begin_sound(visit, sound, COMMENT)

    return begin


async def begin_sound(visit: Visit, sound: str, kind: str) -> bool:
    """Make the row of a comment, a greeting or a name; False: there is no room."""
    if visit.call.world.audio.is_full:
        return False
    await visit.boxes.begin_sound(
        NewSound(sound=sound, kind=kind, recorded=recorded_as(sound), at=visit.moment())
    )
    return True


def _wanted(visit: Visit, box: Mailbox, language: str) -> Need:
    """What an agent must be able to do if it is work there: by the message's language,
    and else by this call, as nobody knows more of who left it."""
    call = visit.call

    def value(expression: Expression) -> object:
        return call.value(expression, language=language or call.language)

    return wanted_of(box, value, of=f"call {call.id}")


def _most(visit: Visit) -> dict[str, int]:
    """How many messages the mailboxes keep."""
    mailboxes = visit.call.site.mailboxes
    return {name: int(mailboxes[name].most) for name in visit.to}


def _note_sent(visit: Visit, message: str, new: NewMessage, how: str) -> None:
    visit.call.note(
        MessageForwarded,
        mailbox=visit.entry.box,
        message=message,
        to=new.mailbox,
        copy=new.message,
        how=how,
        by=visit.who,
    )


async def _say_sent(visit: Visit, sent: int, wanted: int) -> None:
    """Say what has become of it: a mailbox may be full."""
    if sent:
        await visit.call.say("box_sent")
    if sent < wanted:
        await visit.call.say("mailbox_full")
