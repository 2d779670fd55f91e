"""What notices of messages are made of in a running service, and what lacks there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ivrflow.audio import opus
from ivrflow.config import Settings
from ivrflow.facts import Note
from ivrflow.flow.letters import Deliveries
from ivrflow.flow.notices import Notices
from ivrflow.flow.outbound import Refused
from ivrflow.flow.site import Site
from ivrflow.flow.told_by_phone import is_number
from ivrflow.flow.world import Outbound
from ivrflow.flow.world.boxes import Boxes
from ivrflow.flow.world.transcripts import Transcripts
from ivrflow.mail.after import DeletedAfterMail
from ivrflow.mail.smtp import OPUS, HandedOver, Sound, Telling
from ivrflow.prompts.audio import BadSound

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class OfMessages:
    """What couriers need for letters about messages."""

    sound: Sound
    told: Telling
    handed_over: HandedOver


@dataclass(frozen=True, kw_only=True)
class NoticeParts:
    """What that is made of. *seconds* is a clock since 1970."""

    site: Callable[[], Site]
    sound: Sound
    boxes: Boxes
    transcripts: Transcripts
    outbox: Deliveries
    note: Note
    seconds: Callable[[], float]

    def of_messages(self, settings: Settings) -> OfMessages:
        """All of it, as the settings have it."""
        transcripts = settings.transcripts
        notices = Notices(
            self.site,
            self.seconds,
            boxes=self.boxes,
            transcripts=self.transcripts,
            # Where nobody listens any more, nothing that waits for it is waited for.
            within=float(transcripts.within) if transcripts is not None else 0.0,
        )
        return OfMessages(
            sound=self.sound,
            told=notices.of,
            handed_over=DeletedAfterMail(
                site=self.site,
                outbox=self.outbox,
                boxes=self.boxes,
                note=self.note,
                seconds=self.seconds,
            ),
        )


def encoded(wav: bytes) -> bytes | None:
    """The Ogg Opus of a WAV; None, and a line in the log, where there is no making it.

    Blocks: a minute of sound takes some 0.4 s.
    """
    try:
        return opus.opus(wav)
    except (opus.NoOpus, BadSound) as why:
        log.warning("a mail has its message as WAV instead of Opus: %s", why)
        return None


def tell_of_what_is_lacking(
    settings: Settings, site: Site, outbound: Outbound | None
) -> None:
    """Log what the mailboxes of *site* want of people being told, and can't have here.

    The checker of a site can't know it: it does not see the settings. Looking for Opus
    takes 100 ms, once in a process, if a mailbox wants it.
    """
    for line in lacking(settings, site, outbound):
        log.warning("%s", line)


def lacking(settings: Settings, site: Site, outbound: Outbound | None) -> Iterator[str]:
    """See `tell_of_what_is_lacking`."""
    tells = [(str(n), tell) for n, box in site.mailboxes.items() for tell in box.tell]
    for name, tell in tells:
        if tell.call is None:
            continue
        number = str(tell.call)
        try:
            if is_number(number):
                if outbound is None:
                    raise Refused("no number can be dialled here")
                outbound.allows(number)
        except Refused as refused:
            yield f"mailbox {name}: nobody is told at {number}: {refused}"
    if settings.transcripts is None:
        boxes = sorted({name for name, tell in tells if tell.transcript})
        if boxes:
            yield (
                f"mailboxes {', '.join(boxes)} want transcripts in what they tell, and "
                f"nobody makes them: give the settings transcripts:"
            )
    boxes = sorted({name for name, tell in tells if tell.attach == OPUS})
    if boxes:
        try:
            opus.check()
        except opus.NoOpus as why:
            yield f"mailboxes {', '.join(boxes)} get WAV instead of Opus: {why}"
