"""One recording of a message: from its rows to kept or dropped.

Each mailbox has its row before the recording starts, and whatever ends the talk (a key,
a hang-up, a shutdown) settles it: kept if it is a message, else dropped.

Where the service dies in this the switch goes on recording, and the next process does
the step again with its marks, which say which take it was and how far it had come:

    at          what the next process does
    -           greets again
    beep        gives the tone again: the message has its rows
    recording   takes up the recording, which may have ended meanwhile
    review      lets the caller choose again
    going       asks again what becomes of it: the caller has pressed a key of the step
    kept        says so again
    gone        follows that key: the recording was thrown away

A take's id comes from the call and the step, so it is the same message again. What it
is gets asked again too: the verdict is a function of the recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ivrflow.facts import MessageRecorded
from ivrflow.flow.call import Call, log
from ivrflow.flow.leaving.card import about, need_of
from ivrflow.flow.leaving.greeting import SKIP, greet
from ivrflow.flow.leaving.review import before_going, review
from ivrflow.flow.leaving.wanted import Leaving
from ivrflow.flow.left import NOTHING, drop, keep, verdict
from ivrflow.flow.world import Trouble
from ivrflow.flow.world.messages import LeftSound, NewMessage
from ivrflow.flow.world.sounds import by_length, recorded_as
from ivrflow.telephony.channel import HungUp, RecordingFailed, RecordOrder
from ivrflow.telephony.sound import BEEP
from ivrflow.voicemail.judging import Judged, Verdict
from ivrflow.voicemail.rules import Before

if TYPE_CHECKING:
    from ivrflow.flow.site.mailboxes import Mailbox

GREETING, FULL, BEEPING, RECORDING, REVIEW, GOING, KEPT, GONE = (
    "greeting",
    "full",
    "beep",
    "recording",
    "review",
    "going",
    "kept",
    "gone",
)

NO_ROOM, AGAIN, THROWN_AWAY = "no room", "again", "thrown away"
"""Why a recording is dropped, besides those of `flow.left`."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a take has ended, before anything is done about it."""

    keep: bool = False
    why: str = ""
    """Why it is not kept; "" also where nothing was recorded."""
    key: str = ""
    """The key of the step that the caller follows now; "": none."""
    full: bool = False
    """No mailbox had room."""


@dataclass
class Take:
    """A message on its way."""

    call: Call
    leaving: Leaving
    nth: int
    """Counts the recordings of the step, from 1."""
    number: str = ""
    """Where the caller wants to be called; "": he was not asked."""
    begun: bool = False
    """Whether there is something to be settled."""
    messages: tuple[NewMessage, ...] = ()
    """In the mailboxes that had room for it."""
    judged: Judged | None = None
    """What it is; None until the recording has ended."""
    urgent: bool = False

    @property
    def sound(self) -> str:
        """The id of what is recorded, and of the message in the first mailbox."""
        return self.call.own_id(f"message {self.nth}")

    @property
    def recorded(self) -> str:
        """What the switch calls the recording."""
        return recorded_as(self.sound)

    @property
    def box(self) -> Mailbox:
        """The mailbox whose limits and review are the talk's."""
        return self.call.site.mailboxes[self.leaving.boxes[0]]

    @property
    def message(self) -> str:
        """Its id in the first mailbox that had room."""
        return self.messages[0].message if self.messages else self.sound

    # From the greeting to the caller's last word ------------------------------------

    async def run(self, *, last: bool) -> Ended:
        """Record, and let the caller choose. The *last* take is kept as it is.

        Goes on where the last process was.
        """
        call, marks = self.call, self.call.marks
        at = marks.get("at", GREETING)
        if at == FULL:
            return Ended(full=True)
        if at == GREETING:
            if call.world.audio.is_full:  # before he is asked to speak
                log.error("call %s: there is no room for a message's sound", call.id)
                return Ended(full=True)
            if key := await self._greet(marks.get("again")):
                return Ended(key=key)
            if not await self._begin():
                # Who has heard the greeting need not hear it again to be told so.
                await call.mark(at=FULL)
                return Ended(full=True)
        else:
            self.take_up(marks)
        if at in (GREETING, BEEPING):
            if key := await self._beep():
                return Ended(why=NOTHING, key=key)
            await call.mark(at=RECORDING)
        key = ""
        if at in (REVIEW, GOING, KEPT):
            self.judged = _noted(marks)
            key = str(marks.get("key", ""))
        else:
            key = await self._record()
        if self.judged is None:
            return Ended(why=NOTHING, key=key)
        if self.judged.verdict is not Verdict.MESSAGE:
            return Ended(why=self.judged.verdict.value, key=key)
        if at == KEPT:
            return Ended(keep=True, key=key)
        if not key and self.box.review and not last:
            if at != REVIEW:
                await self._keep_mark(at=REVIEW)
            chosen = await review(self)
            if chosen.again:
                return Ended(why=AGAIN)
            key = chosen.key
        if not key:
            return Ended(keep=True)
        if at != GOING:
            await self._keep_mark(at=GOING, key=key)
        if await before_going(call) is Before.DROP:
            return Ended(why=THROWN_AWAY, key=key)
        return Ended(keep=True, key=key)

    async def _greet(self, again: object) -> str:
        """Say what comes before the tone; return the step's key that was pressed.

        *again*: why the take before this one was dropped, None at first.
        """
        if again is None:
            return await greet(self.call, self.leaving)
        if again == AGAIN:
            return ""
        short = again == Verdict.SHORT.value
        prompt = "message_too_short" if short else "message_nothing"
        keys = "".join(self.leaving.keys)
        await self.call.play(self.call.words_of(prompt), stop_on=SKIP + keys)
        key = self.call.channel.keys.take(keys)
        self.call.channel.keys.clear()
        return key

    async def _begin(self) -> bool:
        """Make its rows. False: no mailbox has room."""
        call = self.call
        # The real time, also of a call that rehearses: retention and promises go by it.
        zone = call.world.clock().tzinfo
        now = datetime.fromtimestamp(call.world.seconds(), zone)
        new = self._in(self.leaving.boxes, now)
        most = {
            name: int(call.site.mailboxes[name].most) for name in self.leaving.boxes
        }
        self.begun = True
        there = await call.world.messages.begin(new, most=most)
        self.messages = tuple(one for one in new if one.message in there)
        if not self.messages:
            self.begun = False
            return False
        if self.leaving.urgent:
            self.urgent = True
            await call.world.messages.urge(self.sound, True)
        await call.mark(
            take=self.nth,
            at=BEEPING,
            again=None,
            began=now.timestamp(),
            boxes=[one.mailbox for one in self.messages],
            urgent=self.urgent or None,
        )
        return True

    def take_up(self, marks: Mapping[str, object]) -> None:
        """It was begun by the last process."""
        self.begun = True
        self.urgent = bool(marks.get("urgent"))
        began, boxes = marks.get("began"), marks.get("boxes")
        at = self.call.world.clock()
        if isinstance(began, int | float):
            at = datetime.fromtimestamp(began, at.tzinfo)
        names = boxes if isinstance(boxes, list) else self.leaving.boxes
        here = [name for name in self.leaving.boxes if name in names]
        self.messages = self._in(here or self.leaving.boxes, at)

    async def _beep(self) -> str:
        """Give the tone; return the step's key that was pressed since the greeting."""
        channel = self.call.channel
        await channel.play([BEEP])
        key = channel.keys.take("".join(self.leaving.keys))
        channel.keys.clear()
        return key

    async def _record(self) -> str:
        """Record, and judge it; return the step's key that ended it."""
        call, limits = self.call, self.box.limits
        recorded = await call.channel.record(
            RecordOrder(
                name=self.recorded,
                longest=limits.longest,
                silence=limits.silence,
                stop_on="".join(
                    dict.fromkeys([*str(self.box.end_keys), *self.leaving.keys])
                ),
            )
        )
        call.note(
            MessageRecorded,
            mailbox=self.messages[0].mailbox,
            seconds=recorded.seconds,
            ended_by=recorded.ended_by,
        )
        try:
            self.judged = await verdict(call.world, recorded, limits)
        except Trouble as trouble:
            # Nobody can listen to it now: whatever is long enough is a message.
            log.warning("call %s: %s is not judged: %s", call.id, self.sound, trouble)
            self.judged = by_length(recorded.seconds, limits)
        return recorded.ended_by if recorded.ended_by in self.leaving.keys else ""

    async def urge(self, urgent: bool) -> None:
        """It is urgent from now on, or not, also if the caller leaves meanwhile."""
        self.urgent = urgent
        with suppress(Trouble):  # it is told once more when the message is kept
            await self.call.world.messages.urge(self.sound, urgent)
        await self.call.mark(urgent=urgent or None)

    # What becomes of it ---------------------------------------------------------------

    async def keep(self, key: str) -> None:
        """Keep it, and remember that: it is told once, whoever dies where.

        *key* is the step's that is followed then. Raises `Trouble`.
        """
        if self.call.marks.get("at") == KEPT:
            return
        await self._settle(NOTHING)
        with suppress(HungUp):
            await self._keep_mark(at=KEPT, key=key or None)

    async def throw_away(self, why: str, marks: Mapping[str, object]) -> None:
        """Nothing of it stays; *marks* say so to the next process. Raises `Trouble`."""
        with suppress(HungUp):
            await self.call.keep(**marks)
        await self.drop(why)

    async def drop(self, why: str, *, note_anyhow: bool = False) -> None:
        """Nothing of it stays; *note_anyhow* as `flow.left.drop`. Raises `Trouble`."""
        world, seconds = self.call.world, 0.0
        if self.judged is not None:
            seconds = self.judged.seconds
        await drop(world, self._left(), why, seconds, note_anyhow=note_anyhow)

    async def settle_quietly(self, ended: BaseException) -> bool:
        """Settle it after the talk was *ended* so; True if there is nothing of it.

        What fails is logged: it must not hide why the talk ended. Such a message stays
        as it is, and is settled when its call is over.
        """
        if not self.begun:
            return True
        try:
            failed = isinstance(ended, RecordingFailed)
            return not await self._settle(NO_ROOM if failed else NOTHING)
        except Exception as error:
            log.error(
                "call %s: message %s in mailbox %s could not be settled: %s",
                self.call.id,
                self.sound,
                ", ".join(self.leaving.boxes),
                error,
            )
            return False

    async def _settle(self, why: str) -> bool:
        """Keep it if it is a message, else drop it; say which.

        *why* it is dropped if nothing was recorded. Raises `Trouble`,
        `RecordingFailed`.
        """
        world = self.call.world
        if self.judged is None:
            recorded = await self.call.channel.kept(self.recorded)
            if recorded is not None:
                self.judged = await verdict(world, recorded, self.box.limits)
        if self.judged is None:
            await self.drop(why)
            return False
        if self.judged.verdict is not Verdict.MESSAGE:
            await self.drop(self.judged.verdict.value)
            return False
        # Kept before, but not marked so: the last process died in between, and most
        # likely before it had noted it.
        site = self.call.site
        await keep(world, site, self._left(), self.judged, note_anyhow=True)
        return True

    # What the store gets --------------------------------------------------------------

    def _left(self) -> LeftSound:
        return LeftSound(
            sound=self.sound,
            call=self.call.id,
            urgent=self.urgent,
            messages=self.messages,
        )

    def _in(self, boxes: Iterable[str], at: datetime) -> tuple[NewMessage, ...]:
        """The message, begun *at* that time, as it is in each of these mailboxes."""
        new = about(self.call, self.leaving, self.sound, at)
        call = self.call
        return tuple(
            replace(
                new,
                message=self._id_in(name),
                mailbox=name,
                number=self.number,
                wanted=need_of(call, call.site.mailboxes[name]),
            )
            for name in boxes
        )

    def _id_in(self, name: str) -> str:
        if name == self.leaving.boxes[0]:
            return self.sound
        return self.call.own_id(f"message {self.nth} {name}")

    async def _keep_mark(self, **marks: object) -> None:
        """Make durable how far it is, and what it is."""
        assert self.judged is not None
        await self.call.keep(
            seconds=self.judged.seconds,
            ends=self.judged.ends,
            urgent=self.urgent or None,
            **marks,
        )


def _noted(marks: Mapping[str, object]) -> Judged:
    """What the last process has found out about a recording that is a message."""
    seconds, ends = marks.get("seconds"), marks.get("ends")
    assert isinstance(seconds, int | float)
    if not isinstance(ends, int | float):
        ends = seconds  # noted by a version that cut nothing off
    return Judged(
        verdict=Verdict.MESSAGE, seconds=float(seconds), begins=0.0, ends=float(ends)
    )
