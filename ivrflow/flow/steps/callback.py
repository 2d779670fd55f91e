"""`callback`: take a number and call back instead of letting the caller wait."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Self

from pydantic import Field, model_validator

from ivrflow.aio import finish
from ivrflow.facts import CallbackAsked, DialRefused
from ivrflow.flow.asking_number import AskNumber, NoNumber, asked_number
from ivrflow.flow.call import Call, log
from ivrflow.flow.collect import Question, ask
from ivrflow.flow.in_line import note_taken_back
from ivrflow.flow.kind import BAD_VALUE, bad
from ivrflow.flow.kinds import (
    Duration,
    Expression,
    Outcome,
    Part,
    PromptName,
    QueueName,
    TimetableName,
    Whole,
)
from ivrflow.flow.names import given_name
from ivrflow.flow.outbound import Refused
from ivrflow.flow.slots import next_day, slots, with_room
from ivrflow.flow.step import Goto, Step
from ivrflow.flow.wish import Kept, Wish, plain_number
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import HungUp
from ivrflow.telephony.digits import Choices, Result, Rules

SHORTEST = 60.0
"""Seconds that a slot lasts at least."""

CONFIRMED, SLOT, BOOKED = "confirmed", "slot", "booked"
"""Marks: the number and the time that the caller has confirmed, and what became of the
wish."""

MOST_MOVES = 50
"""Slots that are offered in one call at most."""


class CallbackNumber(Part):
    """Which number is called back."""

    offer: Expression | None = Field(
        None, description="The number that is offered, mostly call.from."
    )
    ask: PromptName = Field(
        PromptName("callback_number"), description="The question for another number."
    )


class When(Part):
    """When the caller is called back: one of the slots of a timetable."""

    within: Duration = Field(description="How far ahead a time may be: `3d`.")
    slots: TimetableName = Field(description="The timetable whose hours are offered.")
    length: Duration = Field(Duration(3600), description="How long a slot is.")
    per_slot: Whole = Field(
        Whole(1), description="How many callers of the queue get the same slot."
    )
    ask: PromptName = Field(
        description="Says `slot`: 1 takes it, 2 is for a later one, 3 for another day."
    )

    @model_validator(mode="after")
    def _some_length(self) -> Self:
        if self.length < SHORTEST or self.per_slot < 1:
            message = f"a slot lasts {SHORTEST:g} s at least, for one caller at least"
            raise bad(BAD_VALUE, message, self.length.at)
        return self


class Callback(Step):
    """Promise to call back, with the caller's place in the queue.

    The offered number is confirmed with 1; 2 asks for another one. A caller whose
    number is withheld is asked for it. With `when`, the caller then chooses a time: the
    free slots are offered one after the other, and begin again after the last one.
    """

    verb: ClassVar[str] = "callback"
    listens: ClassVar[bool] = True

    queue: QueueName = Field(alias="callback", description="The queue.")
    number: CallbackNumber = Field(
        default_factory=lambda: CallbackNumber(), description="Which number."
    )
    confirm: PromptName = Field(
        PromptName("callback_confirm"),
        description="Says `number`: 1 confirms it, 2 asks for another one.",
    )
    when: When | None = Field(
        None, description="A time to choose; without it, as soon as the place comes."
    )
    full: Outcome | None = Field(None, description="No place, or no slot, is left.")
    failed: Outcome | None = Field(
        None, description="No number was confirmed, or it may not be dialled."
    )
    already: Outcome | None = Field(
        None,
        description="Somebody else asked for the number that was entered: that stays "
        "as it is. Without it, `then`.",
    )

    async def run(self, call: Call) -> Goto:
        queue = given_name(call, self.queue, call.site.queues)
        # What is promised is not asked for again, should we die while we say so.
        how = call.marks.get(BOOKED)
        if how is None:
            kept = await self._promise(call, queue)
            if isinstance(kept, Goto):
                return kept
            how = kept.how
        if how == "full":
            return Goto("full", f"as many as may wait to be called by {queue}")
        if how == "already" and self.already is not None:
            return Goto("already", f"the number is called back by {queue} already")
        # True of one for whom it was asked before, too: the number is called.
        await call.say("callback_booked")
        return Goto("then", "the caller confirmed the number")

    async def _promise(self, call: Call, queue: str) -> Goto | Kept:
        """Ask for the number and the time, and keep the wish; the way out if not."""
        number = call.marks.get(CONFIRMED)
        if not isinstance(number, str):
            if self.when is not None and not await self._free(call, self.when, queue):
                return Goto("full", "no slot is left")
            found = await self._number(call)
            if isinstance(found, NoNumber):
                return Goto("failed", found.why)
            number = found
            if (refused := _refused(call, number)) is not None:
                return refused
        try:
            if self.when is not None:
                await call.mark(**{CONFIRMED: number})
                return await self._at_a_time(call, self.when, queue, number)
            # Confirmed is confirmed: who hangs up now is called back too.
            return await finish(_book(call, queue, number))
        except Trouble as trouble:
            return Goto("failed", str(trouble))

    async def _number(self, call: Call) -> str | NoNumber:
        """The number that the caller has confirmed."""
        offered = call.value(self.number.offer) if self.number.offer else None
        questions = AskNumber(ask=self.number.ask, confirm=self.confirm)
        return await asked_number(call, questions, offer=offered)

    async def _free(self, call: Call, when: When, queue: str) -> list[datetime]:
        """The slots that are not full. Raises `Trouble`."""
        timetable = call.site.hours[given_name(call, when.slots, call.site.hours)]
        now = call.world.clock()
        every = slots(timetable, now, within=when.within, length=when.length)
        if not every:
            return []
        booked = await call.world.callbacks.booked(queue, every[0], every[-1])
        return with_room(every, booked, when.per_slot)

    async def _at_a_time(
        self, call: Call, when: When, queue: str, number: str
    ) -> Goto | Kept:
        """Let the caller choose a slot, and book it. Return the way out if not."""
        if isinstance(chosen := call.marks.get(SLOT), str):
            slot = datetime.fromisoformat(chosen)  # and then we died
            kept = await finish(_book(call, queue, number, slot, when.per_slot))
            if kept.how != "full":
                return kept
        place, moved = 0, 0
        free = await self._free(call, when, queue)
        while free:
            place %= len(free)
            key = await self._choose(call, when, free[place])
            if isinstance(key, Goto):
                return key
            if key == "1":
                kept = await finish(
                    _book(call, queue, number, free[place], when.per_slot)
                )
                if kept.how != "full":
                    return kept
                # Somebody else was faster.
                free = await self._free(call, when, queue)
            else:
                place = place + 1 if key == "2" else next_day(free, place)
            moved += 1
            if moved > MOST_MOVES:
                return Goto("failed", f"no slot was chosen of {moved} that were said")
        return Goto("full", "no slot is left")

    async def _choose(self, call: Call, when: When, slot: datetime) -> str | Goto:
        """Offer one slot; return the key that was pressed."""
        question = Question(
            said=lambda variant, attempt: call.words_of(
                when.ask, variant=variant, attempt=attempt, slot=slot
            ),
            rules=Rules(grammar=Choices("123"), wrong_at_once=True),
        )
        ended = await ask(call, question)
        if ended.result is Result.ACCEPTED:
            return ended.entry
        return Goto("failed", f"no time was chosen: {ended.why}")


def _wish(call: Call, queue: str, number: str, due: datetime | None) -> Wish:
    """What is promised: the place, the needs and the screen of who has stood in line.

    Who did not (the queue is closed, or all are busy) waits from now on, for anyone.
    """
    now = call.world.seconds()
    stood = call.stood.get(queue)
    begins = due.timestamp() if due else now
    wish = Wish(
        call=call.id,
        queue=queue,
        number=plain_number(number),
        since=call.joined.get(queue, now),
        asked=now,
        promised=begins + call.site.queues[queue].callbacks.promise,
        due=due.timestamp() if due else None,
        language=call.language,
    )
    if stood is None:
        return wish
    return replace(
        wish,
        need=stood.waiting.need,
        priority=stood.waiting.priority,
        widening=stood.waiting.widening,
        shown=stood.shown,
    )


async def _book(
    call: Call, queue: str, number: str, due: datetime | None = None, most: int = 0
) -> Kept:
    """Keep the wish, and tell of it where it was, once. Raises `Trouble`, `HungUp`."""
    with suppress(HungUp):
        slot = {SLOT: due.isoformat()} if due else {}
        await call.mark(**{CONFIRMED: number, **slot})
    wish = _wish(call, queue, number, due)
    rules = call.site.queues[queue].callbacks.rules()
    # A number is called for one wish, however many calls ask for it: else anybody
    # could have somebody else rung all day. Only who calls from it may change that.
    own = plain_number(call.channel.caller_id) == wish.number
    kept = await call.world.callbacks.keep(wish, most=most or rules.most, own=own)
    if not kept:
        return kept
    for old in kept.instead_of:
        note_taken_back(call, old, wish.asked)
    wish = kept.wish
    said = due.isoformat(timespec="minutes") if due else ""
    call.note(CallbackAsked, queue=queue, number=number, due=said, joined=wish.joined)
    await call.keep(**{BOOKED: kept.how})
    return kept


def _refused(call: Call, number: str) -> Goto | None:
    """The way out for a number that we may never dial: no promise can be kept for it.

    Where nothing is dialled at all, people do it, and who may be called is theirs.
    """
    guard = call.world.outbound
    if guard is None or not guard.dials:
        return None
    try:
        guard.allows(number)
    except Refused as refused:
        log.warning("call %s: %s", call.id, refused)
        call.note(DialRefused, step=call.step_name, number=number, why=str(refused))
        return Goto("failed", str(refused))
    return None
