"""Which channels Asterisk has for us, told apart from those of others.

Asterisk may bring us events of a channel that another program has, or the dialplan,
when somebody has asked it to; it then stands among ours in what it tells of our
application. Only what runs our application is ours.

And Asterisk may be unable to list its channels at all: it can't put into JSON what is
no UTF-8, such as the Call-ID of whoever wants that (measured on 22.10). One caller must
not keep us from everybody else's call, so they are asked for one by one then. His own
nobody can take: it never came to us, and the dialplan's timer has it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ivrflow.aio import several
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriAway, AriError, Gone
from ivrflow.asterisk.ari.wire.models import Channel

log = logging.getLogger(__name__)

NO_WORDS = 500
"""The status of an answer in which Asterisk can't put into words what it has."""

LAST_WORDS = frozenset({"ivrflow-fallback", "ivrflow-ring", "ivrflow-overflow"})
"""The contexts of the dialplan from which nobody comes back; a talk with the overflow
number is in the second one."""

AT_ONCE = 32
"""Requests on their way at most while channels are asked for one by one."""


@dataclass(frozen=True)
class Listed:
    """The channels in our application, by id."""

    channels: dict[str, Channel]
    untold: frozenset[str] = frozenset()
    """The ids of those of which Asterisk can't tell more: they may be ours or not."""
    may_return: frozenset[str] = frozenset()
    """The ids of those in the dialplan that have not come to its last words: a caller
    in line hears music there, and comes in again."""


async def channels_of(client: Client, known: Collection[str]) -> Listed:
    """What Asterisk has for us; the channels *known* by their ids are ours anyhow.

    Raises what requests raise.
    """
    ids = (await client.applications.get(client.app)).channel_ids
    untold: frozenset[str] = frozenset()
    try:
        listed = {channel.id: channel for channel in await client.channels.list()}
    except AriError as error:
        if error.status != NO_WORDS:
            raise
        listed, untold = await _one_by_one(client, ids)
    ours = (listed[id] for id in ids if id in listed)
    channels = {c.id: c for c in ours if c.id in known or _runs(c, client.app)}
    away = (c for id, c in listed.items() if id not in channels)
    may_return = frozenset(c.id for c in away if c.dialplan.context not in LAST_WORDS)
    return Listed(channels, untold, may_return)


def _runs(channel: Channel, app: str) -> bool:
    at = channel.dialplan
    return at.app_name == "Stasis" and at.app_data.split(",")[0].strip() == app


async def _one_by_one(
    client: Client, ids: Iterable[str]
) -> tuple[dict[str, Channel], frozenset[str]]:
    found: dict[str, Channel] = {}
    untold: set[str] = set()
    away: list[AriAway] = []

    async def ask(id: str) -> None:
        try:
            found[id] = await client.channels.get(id)
        except Gone:
            pass
        except AriAway as error:
            away.append(error)
        except AriError:
            untold.add(id)

    await several((ask(id) for id in ids), at_once=AT_ONCE)
    if away:
        raise away[0]
    log.warning(
        "Asterisk can't list its channels, since it can't describe one of them: ours "
        "are asked for one by one, and %d of them remain unknown",
        len(untold),
    )
    return found, frozenset(untold)
