"""A message is settled: kept with its notices, or dropped.

Mostly by the talk in which it was left. Where the service died in that talk and the
caller hung up before the next one came, nobody is there to do it: then `settle_left`
does, by what the switch has stored.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from ivrflow.facts import MessageLeft, Notified
from ivrflow.flow.world import LeftMessage, Notice
from ivrflow.telephony.channel import RecordingFailed
from ivrflow.voicemail.rules import Limits, long_enough, told

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.mailboxes import Mailbox
    from ivrflow.flow.world import World
    from ivrflow.telephony.channel import Recorded

log = logging.getLogger(__name__)

ANY = Limits(shortest=1.0, longest=0.0)
"""For a mailbox that the site has no more: what was said is not thrown away."""


def recording_of(message: str) -> str:
    """The name of a message's recording, for the switch."""
    return f"voicemail/{message}"


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
    such a message waits for the next time. Each is settled once, whoever else does it.
    Raises `Trouble` where the database is away.
    """
    settled = 0
    for left in await world.messages.left():
        if not over(left.call):
            continue
        try:
            recorded = await kept(recording_of(left.message))
        except RecordingFailed as unknown:
            log.warning("message %s is not settled yet: %s", left.message, unknown)
            continue
        box = site.mailboxes.get(left.mailbox)
        seconds = recorded.seconds if recorded else 0.0
        if long_enough(seconds, box.limits if box else ANY):
            await keep(world, box, left, seconds)
            log.info("call %s: its message %s is kept", left.call, left.message)
        else:
            await world.messages.drop(left.message)
        settled += 1
    return settled


async def keep(
    world: World,
    box: Mailbox | None,
    left: LeftMessage,
    seconds: float,
    *,
    note_anyhow: bool = False,
) -> None:
    """Keep a message of *seconds* and tell whom its mailbox names; note both.

    *box* None: nobody is told. Of a message that was settled before nothing changes,
    and nothing is noted but if *note_anyhow*. Raises `Trouble`.
    """
    tells = told(box.tells, urgent=left.urgent) if box is not None else []
    notices = [
        Notice(
            channel=tell.channel,
            to=tell.to,
            mailbox=left.mailbox,
            message=left.message,
            attach=tell.attach,
        )
        for tell in tells
    ]
    new = await world.messages.keep(
        left.message, seconds=seconds, urgent=left.urgent, notices=notices
    )
    if new or note_anyhow:
        note_kept(world, left, seconds, notices)


def note_kept(
    world: World, left: LeftMessage, seconds: float, notices: Iterable[Notice]
) -> None:
    """Note that a message of *seconds* was kept, and who is told of it."""
    at, call = world.seconds(), left.call
    world.note(
        MessageLeft(
            at=at,
            call=call,
            mailbox=left.mailbox,
            message=left.message,
            seconds=seconds,
            urgent=left.urgent,
        )
    )
    for notice in notices:
        world.note(
            Notified(
                at=at,
                call=call,
                mailbox=left.mailbox,
                message=left.message,
                channel=notice.channel,
                to=notice.to,
                attach=notice.attach,
            )
        )
