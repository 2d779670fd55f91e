"""The talk in which a caller leaves a message: up to three takes, and the last words.

What is said twice is told in `take`; here is what comes between the takes.
"""

from __future__ import annotations

from contextlib import suppress
from typing import cast

from ivrflow.aio import finish
from ivrflow.flow.asking_number import AskNumber, NoNumber, asked_number
from ivrflow.flow.call import Call, log
from ivrflow.flow.leaving.greeting import greet
from ivrflow.flow.leaving.take import AGAIN, GONE, GREETING, Ended, Take
from ivrflow.flow.leaving.wanted import Leaving, Left, Way
from ivrflow.telephony.channel import HungUp, RecordingFailed
from ivrflow.voicemail.rules import TRIES


async def leave_message(call: Call, leaving: Leaving) -> Left:
    """Greet, record, review; return how it ended.

    Raises `RecordingFailed` where the switch could not record, which the caller has
    been told, and `Trouble` where the store is away: nothing is recorded without a row.
    """
    marks = call.marks
    first = cast(int, marks.get("take", 1))
    for thrown_away in range(1, first):
        # Again, should the last process have died before it was done.
        take, last = Take(call, leaving, thrown_away), thrown_away == first - 1
        await _drop_again(take, marks.get("again") if last else None)
    if marks.get("at") == GONE:
        await _drop_again(Take(call, leaving, first), marks.get("why"))
        return Left(way=Way.KEY, key=str(marks.get("key", "")))
    if call.site.mailboxes[leaving.boxes[0]].most == 0:
        key = await greet(call, leaving)
        return Left(way=Way.KEY if key else Way.GREETED, key=key)
    number = await _reached_at(call, leaving)
    why = str(marks.get("again", ""))
    for nth in range(first, TRIES + 1):
        take = Take(call, leaving, nth, number)
        try:
            ended = await take.run(last=nth == TRIES)
        except RecordingFailed as failed:
            if await finish(take.settle_quietly(failed)):
                await call.say("message_failed")
            raise
        except BaseException as gone:
            # Hung up, shut down or failed: what is on the disk decides.
            await finish(take.settle_quietly(gone))
            raise
        if (left := await _done(take, ended)) is not None:
            return left
        why = ended.why
    return Left(way=Way.NOTHING, why=why)


async def _done(take: Take, ended: Ended) -> Left | None:
    """Do what the caller wants; None: record it once more."""
    if ended.full:
        return Left(way=Way.FULL)
    if ended.keep:
        await finish(take.keep(ended.key))
        await take.call.say("message_saved")
        return Left(way=Way.LEFT, message=take.message, key=ended.key)
    if ended.key:
        if take.begun:
            gone = {"take": take.nth, "at": GONE, "key": ended.key, "why": ended.why}
            await finish(take.throw_away(ended.why, gone))
        return Left(way=Way.KEY, key=ended.key)
    again = {"take": take.nth + 1, "at": GREETING, "again": ended.why, "urgent": None}
    await finish(take.throw_away(ended.why, again))
    return None


async def _drop_again(take: Take, why: object) -> None:
    """Throw away what a process before this one has marked as thrown away.

    *why* is in the marks as long as nothing was begun since: then the last process may
    have died before it had noted that.
    """
    take.take_up(take.call.marks)
    await take.drop(str(why or AGAIN), note_anyhow=bool(why))


async def _reached_at(call: Call, leaving: Leaving) -> str:
    """The number where the caller wants to be called; "" if he does not say.

    He is asked once, whatever he records, and before that: who hangs up at the end of a
    message has said it then.
    """
    noted = call.marks.get("number")
    if isinstance(noted, str):
        return noted
    asked = call.site.mailboxes[leaving.boxes[0]].number_asked
    if asked is None:
        return ""
    offer = call.value(asked.offer) if asked.offer else None
    questions = AskNumber(ask=asked.ask, confirm=asked.confirm)
    number = await asked_number(call, questions, offer=offer)
    if isinstance(number, NoNumber):
        log.info("call %s: leaves a message without a number: %s", call.id, number.why)
        number = ""
    with suppress(HungUp):
        await call.mark(number=number)
    return number
