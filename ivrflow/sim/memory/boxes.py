"""Mailboxes in memory, for who hears what `MemoryMessages` holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ivrflow.flow.world import Clock, Trouble
from ivrflow.flow.world.boxes import (
    GREETINGS,
    Greeting,
    LeftOff,
    NewCopy,
    NewSound,
    Pin,
    Speech,
    Stored,
)
from ivrflow.flow.world.sounds import recorded_as
from ivrflow.sim.memory.messages import KeptMessage, MemoryMessages
from ivrflow.voicemail.order import Counts, Filed, behind, counted, listed, put_into
from ivrflow.voicemail.retention import DELETED, NEW, OLD, room

HEARABLE = (NEW, OLD)


@dataclass(frozen=True)
class Entered:
    """An entry of the audit log in memory."""

    who: str
    what: str
    after: str


class MemoryBoxes:
    """A `Boxes`; `audit` holds what was noted, `sounds` what was spoken besides.

    `gone` has sounds that can't be heard any more.
    """

    def __init__(self, messages: MemoryMessages, clock: Clock) -> None:
        self.messages_left = messages
        self.pins: dict[str, Pin] = {}
        self.audit: list[Entered] = []
        self.sounds: dict[str, NewSound] = {}
        self.seconds: dict[str, float] = {}
        self.gone: set[str] = set()
        self.spoken: dict[tuple[str, str, str], Greeting] = {}
        self.places: dict[tuple[str, str], LeftOff] = {}
        self._clock = clock

    async def names(self) -> Sequence[str]:
        """As `Boxes.names`."""
        left = (kept.new.mailbox for kept in self.messages_left.all.values())
        return sorted({*left, *self.pins, *(key[0] for key in self.spoken)})

    async def pin(self, box: str) -> Pin | None:
        """As `Boxes.pin`."""
        return self.pins.get(box)

    async def set_pin(
        self,
        box: str,
        hashed: str | None,
        *,
        by: str,
        must_change: bool = False,
        fixed: bool | None = None,
    ) -> None:
        """As `Boxes.set_pin`."""
        was = self.pins.pop(box, None)
        now_fixed = fixed if fixed is not None else was is not None and was.fixed
        if hashed:
            self.pins[box] = Pin(
                hashed=hashed,
                must_change=must_change and not now_fixed,
                fixed=now_fixed,
            )
        if was != self.pins.get(box):
            after = "set" if hashed else "none"
            self.audit.append(Entered(by, f"PIN of mailbox {box}", after))

    async def counts(self, box: str) -> Counts:
        """As `Boxes.counts`."""
        return counted(self._all_in(box))

    async def all_counts(self, boxes: Collection[str]) -> Mapping[str, Counts]:
        """As `Boxes.all_counts`."""
        return {box: counted(self._all_in(box)) for box in boxes}

    async def filed(
        self, box: str, folder: str, *, since: datetime | None = None
    ) -> Sequence[Filed]:
        """As `Boxes.filed`."""
        return listed(self._all_in(box), folder, since=since)

    async def messages(
        self, box: str, folder: str, *, after: str = "", most: int = 50
    ) -> Sequence[Stored]:
        """As `Boxes.messages`."""
        return behind(self._all_in(box), folder, after)[:most]

    async def message(self, message: str) -> Stored | None:
        """As `Boxes.message`."""
        return self._stored(message) if message in self.messages_left.all else None

    async def heard(self, message: str, *, by: str) -> bool | None:
        """As `Boxes.heard`."""
        kept = self.messages_left.all.get(message)
        if kept is None or kept.state not in (*HEARABLE, DELETED):
            return None
        first = kept.state == NEW
        self.messages_left.change(
            message,
            heard=kept.heard or self._clock(),
            state=OLD if first else kept.state,
        )
        self._note(message, by, "heard")
        return first

    async def make_new(self, message: str, *, by: str) -> bool:
        """As `Boxes.make_new`."""
        kept = self._hearable(message)
        if kept is None or kept.state != OLD:
            return False
        self.messages_left.change(message, state=NEW, heard=None, anew=self._clock())
        self._note(message, by, "new")
        return True

    async def urge(self, message: str, urgent: bool, *, by: str) -> bool:
        """As `Boxes.urge`."""
        kept = self._hearable(message)
        if kept is None or kept.urgent == urgent:
            return False
        self.messages_left.change(message, urgent=urgent)
        self._note(message, by, "urgent" if urgent else "not urgent")
        return True

    async def move(self, message: str, folder: str, *, by: str) -> bool:
        """As `Boxes.move`."""
        kept = self._hearable(message)
        if kept is None:
            return False
        state, stands = put_into(folder, state=kept.state)
        if (state, stands) == (kept.state, kept.folder):
            return False
        now = self._clock()
        again = {"anew": now} if (state, kept.state) == (NEW, OLD) else {}
        heard = None if state == NEW else kept.heard or now
        self.messages_left.change(
            message, state=state, folder=stands, heard=heard, **again
        )
        self._note(message, by, f"in folder {folder}")
        return True

    async def delete(self, message: str, *, by: str) -> bool:
        """As `Boxes.delete`."""
        if self._hearable(message) is None:
            return False
        self.messages_left.change(message, state=DELETED, deleted=self._clock())
        self._note(message, by, "deleted")
        self.messages_left.work_news()
        return True

    async def restore(self, message: str, *, by: str) -> bool:
        """As `Boxes.restore`."""
        kept = self.messages_left.all.get(message)
        if kept is None or kept.state != DELETED:
            return False
        state = NEW if kept.heard is None else OLD
        self.messages_left.change(
            message, state=state, deleted=None, anew=self._clock()
        )
        self._note(message, by, "restored")
        self.messages_left.work_news()
        return True

    async def forward(
        self,
        message: str,
        copies: Sequence[NewCopy],
        *,
        by: str,
        sender: str,
        intro: str = "",
        seconds: float = 0.0,
        most: Mapping[str, int] | None = None,
    ) -> frozenset[str]:
        """As `Boxes.forward`."""
        left = self.messages_left
        new = [copy for copy in copies if copy.message not in left.all]
        kept = left.all.get(message)
        if new:
            if kept is None or kept.state not in (*HEARABLE, DELETED):
                raise Trouble(f"message {message} can't be sent on: it is not there")
            heard = kept.new.sound, intro or kept.intro
            if self.gone.intersection(heard) or (intro and intro not in self.sounds):
                raise Trouble(f"message {message} can't be sent on: a sound is gone")
            self.seconds[intro] = seconds
            for copy in new:
                limit = (most or {}).get(copy.mailbox)
                if limit is None or room(left.taken(copy.mailbox), limit):
                    self._copy(kept, copy, sender, intro)
                    after = f"sent on to mailbox {copy.mailbox} as {copy.message}"
                    self._note(message, by, after)
        return frozenset(copy.message for copy in copies if copy.message in left.all)

    def _copy(self, kept: KeptMessage, copy: NewCopy, sender: str, intro: str) -> None:
        left = self.messages_left
        left.all[copy.message] = KeptMessage(
            new=replace(
                kept.new,
                message=copy.message,
                mailbox=copy.mailbox,
                at=self._clock(),
                sender=sender,
            ),
            state=NEW,
            seconds=kept.seconds,
            urgent=kept.urgent,
            intro=intro or kept.intro,
            origin=kept.new.message,
        )
        left.tell(copy.message, copy.notices)
        if copy.work is not None:
            left.work[copy.message] = copy.work
            left.work_news()

    async def leave_off(self, box: str, who: str, place: LeftOff | None) -> None:
        """As `Boxes.leave_off`."""
        self.places.pop((box, who), None)
        if place is not None:
            self.places[box, who] = place

    async def left_off(self, box: str, who: str) -> LeftOff | None:
        """As `Boxes.left_off`."""
        place = self.places.get((box, who))
        kept = None if place is None else self._hearable(place.message)
        return place if kept is not None and kept.new.mailbox == box else None

    async def begin_sound(self, new: NewSound) -> None:
        """As `Boxes.begin_sound`."""
        was = self.sounds.get(new.sound)
        announced = was is not None and not was.recorded and was.copied is None
        if was is None or (announced and new.copied is not None):
            self.sounds[new.sound] = new
            self.seconds[new.sound] = new.seconds

    async def greetings(self, box: str) -> Mapping[tuple[str, str], Greeting]:
        """As `Boxes.greetings`."""
        return {key[1:]: one for key, one in self.spoken.items() if key[0] == box}

    async def greet(
        self,
        box: str,
        kind: str,
        language: str,
        sound: str | None,
        *,
        by: str,
        seconds: float = 0.0,
        until: datetime | None = None,
    ) -> bool:
        """As `Boxes.greet`."""
        key, what = (box, kind, language), f"{kind} greeting of mailbox {box}"
        was = self.spoken.get(key)
        if sound is None:
            if was is not None:
                del self.spoken[key]
                self.audit.append(Entered(by, what, "none"))
            return was is not None
        if kind not in GREETINGS:
            raise ValueError(f"{kind!r} is no kind of greeting")
        if was is not None and (was.speech.sound, was.until) == (sound, until):
            return False
        if sound not in self.sounds or sound in self.gone:
            raise Trouble(f"sound {sound} can't be a greeting: it is not there")
        if seconds:
            self.seconds[sound] = seconds
        speech = self._speech(sound, self.seconds.get(sound, 0.0))
        self.spoken[key] = Greeting(speech=speech, at=self._clock(), by=by, until=until)
        self.audit.append(Entered(by, what, sound))
        return True

    # How ------------------------------------------------------------------------------

    def _hearable(self, message: str) -> KeptMessage | None:
        kept = self.messages_left.all.get(message)
        return kept if kept is not None and kept.state in HEARABLE else None

    def _note(self, message: str, by: str, after: str) -> None:
        box = self.messages_left.all[message].new.mailbox
        what = f"message {message} of mailbox {box}"
        self.audit.append(Entered(by, what, after))

    def _all_in(self, box: str) -> list[Stored]:
        return [
            self._stored(message)
            for message, kept in self.messages_left.all.items()
            if kept.new.mailbox == box
        ]

    def _speech(self, sound: str, seconds: float) -> Speech:
        new = self.sounds.get(sound)
        there = "store" if new is not None and new.copied is not None else "switch"
        place = "gone" if sound in self.gone else there
        recorded = recorded_as(sound) if new is None else new.recorded
        return Speech(sound=sound, seconds=seconds, place=place, recorded=recorded)

    def _stored(self, message: str) -> Stored:
        kept = self.messages_left.all[message]
        new, seconds = kept.new, kept.seconds or 0.0
        intro = kept.intro
        return Stored(
            message=message,
            mailbox=new.mailbox,
            state=kept.state,
            folder=kept.folder,
            urgent=kept.urgent,
            at=new.at,
            heard=kept.heard,
            deleted=kept.deleted,
            anew=kept.anew,
            seconds=seconds,
            speech=self._speech(new.sound, seconds),
            intro=self._speech(intro, self.seconds.get(intro, 0.0)) if intro else None,
            call=new.call,
            caller=new.caller,
            number=new.number,
            language=new.language,
            queue=new.queue,
            waited=new.waited,
            dialled=new.dialled,
            sender=new.sender,
            origin=kept.origin,
            data=new.data,
        )
