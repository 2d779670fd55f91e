"""What watches over calls for the time when the service can do nothing for them.

Three parts, each of which the dialplan needs: the dead-man's timer is moved, messages
that it recorded are taken in, and whoever reads the log learns of a panic switch that
is on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, NoReturn, Protocol

from ivrflow.aio import supervise
from ivrflow.asterisk.ami.client import Ami, AmiAway, AmiRefused
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriError, Gone
from ivrflow.asterisk.ari.switch import AriSwitch
from ivrflow.asterisk.ari.time_limit import take_off
from ivrflow.config import Settings
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.site import Site
from ivrflow.flow.world import World
from ivrflow.service.asterisk import ami_settings
from ivrflow.service.dead_man import DeadMan, standing_in
from ivrflow.service.fallback_messages import FallbackMessages

log = logging.getLogger(__name__)

AGAIN = 2.0
"""Seconds after which AMI is tried again."""

LOOK_EVERY = 10.0
"""Seconds between two looks at the panic switch."""

REMIND_EVERY = 60
"""Looks between two lines of the log, while it is on."""

WITHOUT_AMI = (
    "no ami: in the settings, so there is no dead-man's timer: should this process "
    "hang or die for good, its callers get no fallback, and wait until they hang up. "
    "docs/settings.md says how to set it up"
)


class Watch:
    """The parts of one service, and what they need."""

    def __init__(
        self,
        settings: Settings,
        client: Client,
        switch: AriSwitch,
        live: LiveCalls,
        latest: Callable[[], tuple[Site, World]],
    ) -> None:
        """*latest* is as in `FallbackMessages`. Raises `BadConfig`."""
        where = ami_settings(settings)
        self._ami = Ami(where) if where is not None else None
        self._client = client
        more = {"limit": float(settings.ami.dead_man)} if settings.ami else {}
        self.dead_man = DeadMan(
            self._ami,
            switch.callers,
            standing_in(live),
            take_off=self._take_off,
            is_ours=self._is_ours,
            **more,
        )
        self.messages = FallbackMessages(client, latest)

    def works(self) -> Iterator[Coroutine[Any, Any, NoReturn]]:
        """What runs as long as the service does."""
        if self._ami is None:
            log.warning(WITHOUT_AMI)
        else:
            yield kept_up(self._ami)
            yield panic_watched(self._ami)
        yield supervise("dead-man's timer", self.dead_man.run)
        yield supervise("the dialplan's messages", self.messages.run)

    async def _take_off(self, channel: str) -> None:
        await take_off(self._client, channel)

    async def _is_ours(self, channel: str) -> bool:
        if not self._client.link.ready:
            return False
        try:
            there = await self._client.channels.get(channel)
        except (AriError, Gone):
            return False
        return there.dialplan.app_name == "Stasis"


class Connected(Protocol):
    """A connection to AMI."""

    async def run(self) -> NoReturn:
        """Connect, and stay. Raises `AmiAway`."""


async def kept_up(ami: Connected) -> NoReturn:
    """Hold the connection to AMI for ever; each trouble is told once, not each time."""
    told = ""
    while True:
        try:
            await ami.run()
        except AmiAway as away:
            if str(away) != told:
                log.warning("%s; it is tried again every %.0f s", away, AGAIN)
            told = str(away)
        await asyncio.sleep(AGAIN)


async def panic_watched(ami: Ami) -> NoReturn:
    """Tell the log of a panic switch that is on, at once and then now and again.

    Without a call nobody would notice that it was forgotten.
    """
    before, looks, refused = "", 0, ""
    while True:
        try:
            now = await ami.panic()
        except AmiRefused as error:
            if str(error) != refused:
                log.warning("%s; so the log says nothing while it is on", error)
            refused = str(error)
        except AmiAway:
            pass  # that is told where the connection is held
        else:
            refused = ""
            now = "" if now == "off" else now
            looks = looks + 1 if now == before else 0
            if now and looks % REMIND_EVERY == 0:
                log.warning(
                    "the panic switch is on (%s): no new call reaches a flow; "
                    "`ivrflow panic off` ends that",
                    now,
                )
            elif before and not now:
                log.warning("the panic switch is off again")
            before = now
        await asyncio.sleep(LOOK_EVERY if ami.ready else 1.0)
