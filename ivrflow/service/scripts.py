"""Calls that dialplans hand to flows by AGI.

Each is a task among the calls, as one that comes by ARI is. It has the same world but
for one thing: where channels are to be joined the call leaves its script, by its
bookmark, and comes in by the other door. So what was made for services that die hands
calls over too.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

from ivrflow.aio import supervise
from ivrflow.asterisk.agi.caller import NoCall, caller_of
from ivrflow.asterisk.agi.channel import AgiChannel, CannotHandOver
from ivrflow.asterisk.agi.commands import LONGEST_READ
from ivrflow.asterisk.agi.line import AgiLine
from ivrflow.asterisk.agi.server import AgiServer, AgiSettings
from ivrflow.asterisk.agi.wire import Request
from ivrflow.asterisk.ari.media import Sounds
from ivrflow.config import Settings
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.results import ENDED, REFUSED
from ivrflow.flow.scripts import BadScript, goes_on, read_script, run_script
from ivrflow.flow.world import Trouble
from ivrflow.service.door import Door
from ivrflow.telephony.channel import Channel, HungUp, Recorded

log = logging.getLogger(__name__)

ROOM = LONGEST_READ - 23
"""Bytes of a bookmark that can be read again by AGI. A longer one is packed, or stands
in the database."""

BUSY = "busy"
"""What a dialplan finds in `IVRFLOW_REFUSED` where no call is taken now."""


class Scripts:
    """Takes connections and runs what they ask for."""

    def __init__(
        self,
        settings: Settings,
        door: Door,
        live: LiveCalls,
        *,
        sounds: Sounds,
        stored: Callable[[str], Awaitable[Recorded | None]],
    ) -> None:
        """*sounds* tells where clips are, *stored* what others have recorded."""
        where = agi_settings(settings)
        self.server = AgiServer(where, self.take) if where is not None else None
        """None where the settings have no `agi:`."""
        self._door = door
        self._live = live
        self._sounds = sounds
        self._stored = stored

    def works(self) -> Iterator[Coroutine[Any, Any, NoReturn]]:
        """What runs as long as calls are taken."""
        if self.server is not None:
            yield supervise("AGI", self.server.run)

    def take(self, line: AgiLine, request: Request) -> None:
        """Run what *request* asks for. Never waits."""
        try:
            caller = caller_of(request)
        except NoCall as why:
            line.break_off(str(why))
            return
        channel = AgiChannel(line, caller, sounds=self._sounds, stored=self._stored)
        asked = request["network_script"]
        name = f"script of {channel.id}"
        if why_not := self._door.begin(name, partial(self._run, channel, asked)):
            log.warning("call %s: no script is run: %s", channel.id, why_not)
            line.close()

    async def _run(self, channel: AgiChannel, asked: str) -> None:
        try:
            async with channel.open():
                try:
                    await self._through(channel, asked)
                except BadScript as bad:
                    log.warning("call %s: no script is run: %s", channel.id, bad)
                    await channel.refuse({REFUSED: bad.code})
        except HungUp:
            log.info("call %s has gone before its script began", channel.id)

    async def _through(self, channel: AgiChannel, asked: str) -> None:
        # What an earlier script has left there is not ours to be believed.
        await channel.tell({ENDED: "", REFUSED: ""})
        script = read_script(asked)
        if self._live.of(channel.id) is not None:
            raise BadScript(BUSY, "a flow runs on this call already")
        bookmark, away = await self._door.left(channel)
        of = bookmark if bookmark is not None and goes_on(bookmark, script) else None
        async with self._door.world_of(channel.caller_id, of) as (site, world):
            await run_script(
                channel,
                script,
                site,
                replace(world, hand_over=_handing_over(channel), room_on_channel=ROOM),
                self._live,
                bookmark=bookmark,
                away=away,
            )


def _handing_over(channel: AgiChannel) -> Callable[[Channel], Awaitable[None]]:
    async def hand_over(_: Channel) -> None:
        try:
            await channel.hand_over()
        except CannotHandOver as why:
            raise Trouble(str(why)) from None

    return hand_over


def agi_settings(settings: Settings) -> AgiSettings | None:
    """Where AGI is listened for; None where the settings say nothing of it."""
    agi = settings.agi
    if agi is None:
        return None
    return AgiSettings(
        host=str(agi.host),
        port=int(agi.port),
        peers=tuple(peer.network for peer in agi.peers),
        connections=int(agi.connections),
    )
