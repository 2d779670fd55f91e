"""A message is settled: kept with all that follows from it, or dropped.

Mostly by the talk in which it was left. Where the service died in that talk and the
caller hung up before the next one came, nobody is there to do it: then `settle_left`
does, by what the switch has stored.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ivrflow.acd.model import ANYONE, Need
from ivrflow.facts import MessageDropped, MessageLeft, Notified
from ivrflow.flow.expression import ExpressionFault
from ivrflow.flow.world.messages import LeftSound, NewMessage, Notice
from ivrflow.flow.world.sounds import recorded_as
from ivrflow.flow.world.trouble import Trouble
from ivrflow.flow.world.work import NewWork
from ivrflow.telephony.channel import RecordingFailed
from ivrflow.voicemail.judging import Judged, Verdict
from ivrflow.voicemail.rules import Limits, told

if TYPE_CHECKING:
    from ivrflow.flow.needs import Value
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.mailboxes import Mailbox
    from ivrflow.flow.world import World
    from ivrflow.telephony.channel import Recorded

log = logging.getLogger(__name__)

ANY = Limits(shortest=1.0, longest=0.0)
"""For a mailbox that the site has no more: what was said is not thrown away."""

NOTHING = "nothing"
"""Why it is dropped where nothing was recorded; else the verdict says it."""

AWAY_AFTER = 3
"""Messages in a row that can't be settled: then it is not they, but the database."""


async def verdict(world: World, recorded: Recorded, limits: Limits) -> Judged | None:
    """What a recording is; None: there is nothing in it. Raises `Trouble`."""
    return await world.audio.judged(recorded, limits)


async def settle_left(
    over: Callable[[str], bool],
    *,
    site: Site,
    world: World,
    kept: Callable[[str], Awaitable[Recorded | None]],
) -> int:
    """Settle the messages whose calls ended while nobody was there; return how many.

    *over* tells of a call's id whether the call has ended; *kept* what is stored of a
    recording (`Switch.kept`), and raises `RecordingFailed` where that can't be known:
    such a message waits for the next time, and so does one that the database does not
    take: it holds up none of the others. Each is settled once, whoever else does it.
    Raises `Trouble` where the database is away.
    """
    settled = failed = 0
    unwanted = dict(world.thrown_away)  # first: what comes to it later stays there
    found = await world.messages.left()
    for sound in unwanted.keys() - {left.sound for left in found}:
        world.thrown_away.pop(sound, None)
    for left in found:
        if not over(left.call):
            continue
        why = unwanted.get(left.sound, "")
        judged: Judged | None = None
        try:
            if not why:
                judged = await _judged(left, site, world, kept)
        except (RecordingFailed, Trouble) as unknown:
            log.warning("message %s is not settled yet: %s", left.sound, unknown)
            continue
        try:
            await _settle(left, judged, why or NOTHING, site, world)
        except Trouble as trouble:
            failed += 1
            if failed == AWAY_AFTER:
                raise
            log.warning("message %s is not settled yet: %s", left.sound, trouble)
        else:
            settled, failed = settled + 1, 0
    return settled


async def _settle(
    left: LeftSound, judged: Judged | None, why: str, site: Site, world: World
) -> None:
    """Keep it if it is a message, else drop it; *why* where nothing was judged.

    Raises `Trouble`.
    """
    if judged is None:
        await drop(world, left, why)
    elif judged.verdict is Verdict.MESSAGE:
        await keep(world, site, left, judged)
        log.info("call %s: its message %s is kept", left.call, left.sound)
    else:
        await drop(world, left, judged.verdict.value, judged.seconds)


async def _judged(
    left: LeftSound,
    site: Site,
    world: World,
    kept: Callable[[str], Awaitable[Recorded | None]],
) -> Judged | None:
    """What the switch has stored of it; None: nothing."""
    recorded = await kept(recorded_as(left.sound))
    if recorded is None:
        return None
    # The talk went by those of the mailbox whose message has the sound's id. Where that
    # one had no room: what one of the others calls a message is not thrown away.
    went_by = [one for one in left.messages if one.message == left.sound]
    boxes = [site.mailboxes.get(one.mailbox) for one in went_by or left.messages]
    limits = [box.limits for box in boxes if box is not None]
    least = min(limits, key=lambda one: one.shortest, default=ANY)
    return await verdict(world, recorded, least)


async def keep(
    world: World,
    site: Site,
    left: LeftSound,
    judged: Judged,
    *,
    note_anyhow: bool = False,
) -> Sequence[str]:
    """Keep a message in all its mailboxes; return those that were not kept before.

    In the same act it becomes work, where a mailbox says so, and whom the mailboxes
    name are told. All that is noted; of a message that was settled before nothing
    changes, and nothing is noted but if *note_anyhow*. Nobody is told of one in a
    mailbox that the site has no more. Raises `Trouble`.
    """
    notices: dict[str, list[Notice]] = {}
    work: dict[str, NewWork] = {}
    for new in left.messages:
        box = site.mailboxes.get(new.mailbox)
        if box is None:
            continue
        notices[new.message] = notices_of(box, new, urgent=left.urgent)
        if (task := work_of(box, new, urgent=left.urgent)) is not None:
            work[new.message] = task
    kept = await world.messages.keep(
        left.sound,
        seconds=judged.ends,
        urgent=left.urgent,
        ends=judged.ends,
        notices=notices,
        work=work,
        transcribe=_spoken_in(site, left) if world.transcribes else None,
    )
    for new in left.messages:
        if new.message in kept or note_anyhow:
            note_kept(
                world,
                new,
                notices.get(new.message, ()),
                seconds=judged.ends,
                urgent=left.urgent,
            )
    return kept


def notices_of(box: Mailbox, new: NewMessage, *, urgent: bool) -> list[Notice]:
    """Whom the mailbox tells of this message, and how."""
    return [
        Notice(
            channel=tell.channel,
            to=tell.to,
            mailbox=new.mailbox,
            message=new.message,
            attach=tell.attach,
        )
        for tell in told(box.tells, urgent=urgent)
    ]


def wanted_of(box: Mailbox, value: Value, *, of: str) -> Need:
    """What an agent must be able to do who gets a message for *box* as work.

    *value* works out the expressions of its `skills`. What can't be worked out asks for
    nothing, so that no message is lost for it; the log says so *of* which one it was.
    """
    if box.work is None:
        return ANYONE
    try:
        return box.work.skills.need(value)
    except ExpressionFault as fault:
        log.warning("%s: skills of the work of a message: %s", of, fault)
        return ANYONE


def work_of(box: Mailbox, new: NewMessage, *, urgent: bool) -> NewWork | None:
    """What this message asks of a queue; None: it is no work.

    The promise counts from when the caller began to speak.
    """
    if box.work is None:
        return None
    return NewWork(
        queue=str(box.work.queue),
        promised=new.at.timestamp() + box.work.promised(urgent=urgent),
        need=new.wanted,
    )


def _spoken_in(site: Site, left: LeftSound) -> str:
    """The language in which its words are written down: a mailbox's, else the caller's;
    "": not known."""
    for new in left.messages:
        box = site.mailboxes.get(new.mailbox)
        if box is not None and box.language is not None:
            return str(box.language)
    return left.messages[0].language if left.messages else ""


async def drop(
    world: World,
    left: LeftSound,
    why: str,
    seconds: float = 0.0,
    *,
    note_anyhow: bool = False,
) -> bool:
    """It is no message: note *why*, once. False: it was settled before, and nothing is
    noted but if *note_anyhow*.

    *seconds*: how long the recording was. Raises `Trouble`.
    """
    dropped = await throw_away(world, left.sound, why)
    if dropped or note_anyhow:
        for new in left.messages:
            world.note(
                MessageDropped(
                    at=world.seconds(),
                    call=left.call,
                    mailbox=new.mailbox,
                    message=new.message,
                    why=why,
                    seconds=seconds,
                )
            )
    return dropped


async def throw_away(world: World, sound: str, why: str) -> bool:
    """Nothing of *sound* stays. True: it was being recorded until now.

    Raises `Trouble`. Then it is remembered, and `settle_left` does it: what a caller
    has thrown away is no message because the database was away.
    """
    world.thrown_away[sound] = why
    dropped = await world.messages.drop(sound, why)
    world.thrown_away.pop(sound, None)
    return dropped


def note_kept(
    world: World,
    new: NewMessage,
    notices: Iterable[Notice],
    *,
    seconds: float,
    urgent: bool,
) -> None:
    """Note that a message of *seconds* was kept, and who is told of it."""
    at = world.seconds()
    about: Mapping[str, str] = {"call": new.call, "mailbox": new.mailbox}
    world.note(
        MessageLeft(
            at=at,
            message=new.message,
            seconds=seconds,
            urgent=urgent,
            sound=new.sound,
            **about,
        )
    )
    for notice in notices:
        world.note(
            Notified(
                at=at,
                message=new.message,
                channel=notice.channel,
                to=notice.to,
                attach=notice.attach,
                **about,
            )
        )
