"""From Asterisk's spool into our mailboxes: what goes where, and how it gets there.

A message's id is made of what it was there, with the pepper: so it comes once, however
often it is brought, and nobody can tell from the one what the other was.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivrflow.audio.cutting import shape
from ivrflow.audio.store import Store
from ivrflow.db.audit import Entry
from ivrflow.db.taking_in import Brought, OldMessage, SqlTakingIn
from ivrflow.flow.importing.voicemail import DEFAULT_CONTEXT, ImportedVoicemail
from ivrflow.flow.importing.voicemail_sound import wav_of
from ivrflow.flow.importing.voicemail_spool import (
    FoundGreeting,
    FoundMessage,
    FoundSpool,
    SoundFile,
    read_sound,
)
from ivrflow.flow.site.mailboxes import Mailbox
from ivrflow.hashing import Hasher
from ivrflow.prompts.audio import BadSound
from ivrflow.secret import Secret
from ivrflow.voicemail.pins import LONGEST, too_easy

ID_DIGITS = 32
"""Of a message's and a sound's id: as long as those that calls make."""


@dataclass(frozen=True, kw_only=True)
class PinTo:
    """A PIN, and the mailbox that gets it."""

    box: str
    pin: Secret
    must_change: bool
    fixed: bool


@dataclass(kw_only=True)
class Plan:
    """What is to be taken in, and into which mailbox."""

    messages: list[tuple[FoundMessage, str]] = field(default_factory=list)
    greetings: list[tuple[FoundGreeting, str]] = field(default_factory=list)
    pins: list[PinTo] = field(default_factory=list)
    homeless: Counter[str] = field(default_factory=Counter)
    """Asterisk's mailbox (`default/1001`) -> messages that have no mailbox here."""
    remarks: list[str] = field(default_factory=list)

    @property
    def boxes(self) -> list[str]:
        """The mailboxes that get something, in the order of their names."""
        found = {box for _, box in (*self.messages, *self.greetings)}
        return sorted(found | {one.box for one in self.pins})


def planned(
    made: ImportedVoicemail, found: FoundSpool, mailboxes: Mapping[str, Mailbox]
) -> Plan:
    """What of *made* and *found* belongs to which of the site's *mailboxes*.

    A mailbox is known by the name that the import gives it, else by its number.
    """
    plan = Plan()
    numbers: dict[str, str] = {}
    for there, its in mailboxes.items():
        if its.number is not None:
            numbers.setdefault(str(its.number), there)

    def home(context: str, box: str) -> str:
        name = made.name_of(context, box)
        if name in mailboxes:
            return name
        return numbers.get(box, "") if context.lower() == DEFAULT_CONTEXT else ""

    for message in found.messages:
        if box := home(message.context, message.box):
            plan.messages.append((message, box))
        else:
            plan.homeless[f"{message.context}/{message.box}"] += 1
    for greeting in found.greetings:
        if box := home(greeting.context, greeting.box):
            plan.greetings.append((greeting, box))
        else:
            plan.homeless[f"{greeting.context}/{greeting.box}"] += 0
    changed = {(one.context.lower(), one.box.lower()): one.pin for one in found.pins}
    for one in made.boxes:
        box = home(one.context, one.box)
        pin = changed.get((one.context.lower(), one.box.lower()), one.pin)
        if not box:
            plan.homeless[f"{one.context}/{one.box}"] += 0
        elif pin:
            _plan_pin(plan, box, pin, one.fixed, mailboxes[box])
    return plan


def _plan_pin(plan: Plan, box: str, pin: Secret, fixed: bool, there: Mailbox) -> None:
    digits, number = pin.reveal(), str(there.number or "")
    if len(digits) > LONGEST:
        plan.remarks.append(f"{box}: its PIN has more than {LONGEST} digits: not taken")
        return
    easy = too_easy(digits, number=number, shortest=int(there.min_pin)) is not None
    if easy and fixed:
        plan.remarks.append(
            f"{box}: its PIN is easy to guess, and its owner can't change it; give it "
            f"another one: ivrflow voicemail pin {box} --fixed"
        )
    must_change = easy and not fixed
    plan.pins.append(PinTo(box=box, pin=pin, must_change=must_change, fixed=fixed))


@dataclass(kw_only=True)
class Tally:
    """What became of what was planned."""

    messages: int = 0
    greetings: int = 0
    pins: int = 0
    known: int = 0
    """Messages, greetings and PINs that are there already, or were."""
    failed: list[str] = field(default_factory=list)
    """What could not be taken in, and why."""


class Bringer:
    """Takes in one after the other. Blocks between the questions to the database."""

    def __init__(
        self,
        spool: Path,
        store: Store,
        rows: SqlTakingIn,
        hasher: Hasher,
        *,
        who: str,
        clock: Callable[[], float],
    ) -> None:
        """*who*: for the audit; *clock*: seconds since 1970."""
        self._spool = spool
        self._store = store
        self._rows = rows
        self._hasher = hasher
        self._who = who
        self._clock = clock
        self.tally = Tally()

    async def bring(
        self, plan: Plan, language: str, told: Callable[[int, int], object]
    ) -> None:
        """Take in all of *plan*. *language*: that of greetings.

        *told* hears how many of how many are done. Raises `Trouble` and `StoreFailed`:
        what was done until then stays done, and nothing else is half there.
        """
        all_ = len(plan.pins) + len(plan.greetings) + len(plan.messages)
        done = 0
        await self._rows.boxes({one.box for one in plan.pins})
        free = await self._rows.without_pin()
        for pin in plan.pins:
            await self._pin(pin, free)
            told(done := done + 1, all_)
        for greeting, box in plan.greetings:
            await self._greeting(greeting, box, language)
            told(done := done + 1, all_)
        ids = [self._named("message", one.identity) for one, _ in plan.messages]
        known = await self._rows.known(ids)
        for (message, box), named in zip(plan.messages, ids, strict=True):
            if named in known:
                self.tally.known += 1
            else:
                await self._message(message, box, named)
            told(done := done + 1, all_)

    async def _pin(self, one: PinTo, free: Iterable[str]) -> None:
        # Asked before it is hashed, which takes its time.
        if one.box in free and await self._rows.pin(
            one.box,
            self._hasher.hash(one.pin),
            must_change=one.must_change,
            fixed=one.fixed,
            entry=self._entry(f"PIN of mailbox {one.box} taken from Asterisk"),
        ):
            self.tally.pins += 1
        else:
            self.tally.known += 1

    async def _greeting(self, one: FoundGreeting, box: str, language: str) -> None:
        if (one.kind, language) in await self._rows.greeted(box):
            self.tally.known += 1
            return
        place = f"{one.context}/{one.box}"
        wav = self._wav(one.sound)
        if wav is None:
            return
        # Its content too: what the owner recorded anew there is another sound.
        content = hashlib.sha256(wav).hexdigest()
        sound = self._named("greeting", "\0".join((place, one.kind, content)))
        if await self._rows.was_used(sound):  # and its owner has taken it off
            self.tally.known += 1
            return
        kind = "name" if one.kind == "name" else "greeting"
        brought = await self._stored({sound: (kind, wav)}, one.sound)
        if brought is None:
            return
        entry = self._entry(
            f"{one.kind} greeting of mailbox {box} taken from Asterisk's {place}"
        )
        now = self._clock()
        if await self._rows.greeting(box, one.kind, language, brought[0], now, entry):
            self.tally.greetings += 1
        else:
            self.tally.known += 1

    async def _message(self, one: FoundMessage, box: str, named: str) -> None:
        wav = self._wav(one.sound)
        if wav is None:
            return
        sounds = {named: ("message", wav)}
        if one.comment is not None:
            comment = self._wav(one.comment)
            if comment is not None:  # else the message without it, and that is told
                sounds[self._named("comment", one.identity)] = ("comment", comment)
        brought = await self._stored(sounds, one.sound)
        if brought is None:
            return
        entry = self._entry(
            f"message {named} of mailbox {box} taken from Asterisk's "
            f"{one.context}/{one.box}"
        )
        taken = await self._rows.message(
            OldMessage(
                message=named,
                mailbox=box,
                speech=brought[0],
                comment=brought[1] if len(brought) > 1 else None,
                state=one.state,
                folder=one.folder,
                urgent=one.urgent,
                at=one.at,
                caller=one.number,
                dialled=one.dialled,
                data={"name": one.caller} if one.caller else {},
            ),
            self._clock(),
            entry,
        )
        if taken:
            self.tally.messages += 1
        else:
            self.tally.known += 1

    def _wav(self, sound: SoundFile) -> bytes | None:
        """The sound as we keep it; None: it can't be, and that is noted."""
        try:
            return wav_of(read_sound(self._spool, sound), sound.suffix)
        except BadSound as bad:
            self._failed(sound, str(bad))
        except OSError as error:
            self._failed(sound, error.strerror or "it can't be read")
        return None

    async def _stored(
        self, sounds: Mapping[str, tuple[str, bytes]], of: SoundFile
    ) -> Sequence[Brought] | None:
        """Put *sounds* (id -> kind and WAV) into the store; None: not now."""
        kinds = {sound: kind for sound, (kind, _) in sounds.items()}
        if not await self._rows.begin(kinds, self._clock()):
            self._failed(of, "it is just being removed here; import again later")
            return None
        return [
            Brought(
                sound=sound,
                kind=kind,
                seconds=shape(wav).seconds,
                copied=self._store.put(sound, wav),
            )
            for sound, (kind, wav) in sounds.items()
        ]

    def _failed(self, sound: SoundFile, why: str) -> None:
        self.tally.failed.append(f"{'/'.join(sound.path)}: {why}")

    def _named(self, kind: str, identity: str) -> str:
        purpose = f"imported {kind}"
        return self._hasher.known_as(purpose, Secret(identity))[:ID_DIGITS]

    def _entry(self, what: str) -> Entry:
        return Entry(at=self._clock(), who=self._who, what=what)


def short_lived(
    plan: Plan, mailboxes: Mapping[str, Mailbox], now: float
) -> Counter[str]:
    """Mailbox -> new messages whose time is over already, by its `keep:`."""
    over: Counter[str] = Counter()
    for message, box in plan.messages:
        lasts = mailboxes[box].keep.rules().new
        if message.state == "new" and lasts is not None and message.at + lasts < now:
            over[box] += 1
    return over
