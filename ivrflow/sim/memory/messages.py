"""Mailboxes in memory, with the notices and the work that their messages caused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from ivrflow.flow.world import LeftSound, NewMessage, Notice, Trouble
from ivrflow.voicemail.retention import NEW, RECORDING, TAKES_ROOM, room

if TYPE_CHECKING:
    from ivrflow.flow.working.item import NewWork


@dataclass(frozen=True, kw_only=True)
class KeptMessage:
    """A message in memory; *state* as in `voicemail.retention`, or dropped."""

    new: NewMessage
    state: str = RECORDING
    seconds: float | None = None
    urgent: bool = False
    why: str = ""
    """Why it was dropped."""
    ends: float = 0.0
    folder: str = ""
    intro: str = ""
    origin: str = ""
    heard: datetime | None = None
    deleted: datetime | None = None
    anew: datetime | None = None


class MemoryMessages:
    """A flow's `Messages`; `all` holds the messages by id, `outbox` the notices.

    `work` is message -> what it asks of a queue, `transcribe` sound -> language.
    """

    def __init__(self) -> None:
        self.all: dict[str, KeptMessage] = {}
        self.outbox: list[Notice] = []
        self.work: dict[str, NewWork] = {}
        self.transcribe: dict[str, str] = {}
        self.work_news: Callable[[], None] = lambda: None
        """Called when work begins, or comes into sight or out of it."""

    async def begin(
        self, messages: Sequence[NewMessage], *, most: Mapping[str, int]
    ) -> frozenset[str]:
        """As `Messages.begin`."""
        for new in messages:
            limit = most.get(new.mailbox)
            full = limit is not None and not room(self.taken(new.mailbox), limit)
            if new.message not in self.all and not full:
                self.all[new.message] = KeptMessage(new=new)
        return frozenset(new.message for new in messages if new.message in self.all)

    async def urge(self, sound: str, urgent: bool) -> None:
        """As `Messages.urge`."""
        for message in self._begun(sound):
            self.change(message, urgent=urgent)

    async def keep(
        self,
        sound: str,
        *,
        seconds: float,
        urgent: bool | None = None,
        ends: float = 0.0,
        notices: Mapping[str, Sequence[Notice]] | None = None,
        work: Mapping[str, NewWork] | None = None,
        transcribe: str | None = None,
    ) -> Sequence[str]:
        """As `Messages.keep`."""
        if not any(kept.new.sound == sound for kept in self.all.values()):
            raise Trouble(f"message {sound} was never begun, so it can't be kept")
        kept = self._begun(sound)
        for message in kept:
            self.change(message, state=NEW, seconds=seconds, ends=ends)
            if urgent is not None:
                self.change(message, urgent=urgent)
            self.tell(message, (notices or {}).get(message, ()))
            if work and message in work:
                self.work[message] = work[message]
        if kept and transcribe is not None:
            self.transcribe[sound] = transcribe
        if work:
            self.work_news()
        return kept

    async def drop(self, sound: str, why: str) -> bool:
        """As `Messages.drop`."""
        dropped = self._begun(sound)
        for message in dropped:
            new = replace(self.all[message].new, data={}, number="")
            self.change(message, state="dropped", why=why, new=new)
        return bool(dropped)

    async def left(self) -> Sequence[LeftSound]:
        """As `Messages.left`."""
        begun = [kept for kept in self.all.values() if kept.state == RECORDING]
        begun.sort(
            key=lambda kept: (
                kept.new.at,
                kept.new.sound,
                kept.new.message != kept.new.sound,
                kept.new.message,
            )
        )
        found = []
        for sound, group in groupby(begun, key=lambda kept: kept.new.sound):
            of = list(group)
            found.append(
                LeftSound(
                    sound=sound,
                    call=of[0].new.call,
                    urgent=of[0].urgent,
                    messages=tuple(kept.new for kept in of),
                )
            )
        return found

    def taken(self, box: str) -> int:
        """How many messages of *box* count for how many it keeps."""
        return sum(
            kept.new.mailbox == box and kept.state in TAKES_ROOM
            for kept in self.all.values()
        )

    def change(self, message: str, **fields: object) -> None:
        """Give a message these fields."""
        self.all[message] = replace(self.all[message], **fields)  # type: ignore[arg-type]  # of any field

    def tell(self, message: str, notices: Sequence[Notice]) -> None:
        """Put *notices* of *message* into the outbox, to each once."""
        once = {(notice.channel, notice.to): notice for notice in notices}
        self.outbox += [replace(notice, message=message) for notice in once.values()]

    def _begun(self, sound: str) -> list[str]:
        """The messages of a sound that is being recorded, its own first."""
        found = [
            message
            for message, kept in self.all.items()
            if kept.new.sound == sound and kept.state == RECORDING
        ]
        return sorted(found, key=lambda message: (message != sound, message))
