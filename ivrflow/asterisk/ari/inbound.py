"""A connection for events that we make ourselves (`/ari/events?app=...`).

Nothing has to be set up in Asterisk for it. What happens while there is none is not
kept: a new call finds no application and tries again in the dialplan, four times a
second, and after each connection whoever looks around finds the rest
(`Link.on_return`). That it breaks off under load may leave Asterisk locked, so in the
service a process that outlives it holds it (`relay`).

User and password go into the header: in the address, they would get into logs.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
from dataclasses import dataclass

import aiohttp
from aiohttp import WSMsgType

from ivrflow.asterisk.ari.settings import AriSettings
from ivrflow.asterisk.ari.source import HEARTBEAT, LONGEST_EVENT, Sink

log = logging.getLogger(__name__)

CONNECT_WITHIN, PATIENT = 1.0, 3.0
"""Seconds for the first try, and the most that later ones get."""

FAREWELL = 0.25
"""Seconds that Asterisk has to answer our goodbye: on a dead line nobody does."""

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 0.25
"""Seconds between two tries; new calls wait, and the dialplan tries as often."""

REFUSED_PAUSE = 2.0
"""Seconds before the next try when Asterisk refuses us: somebody has to look first."""

STARTS_WITHIN = 10.0
"""Seconds for which Asterisk may answer 404: it does so while it starts."""

IS_IT_THERE = (
    "is Asterisk running, and is that the address of its http.conf (enabled, bindaddr, "
    "bindport)?"
)

CURES = {
    401: "check user and password of ari: against Asterisk's ari.conf",
    403: "see permit in its http.conf and for our user in its ari.conf",
    404: "does the address end in /ari? Else see enabled in its ari.conf, and that "
    "res_ari_events is loaded",
    503: "it still starts",
}
"""Status -> what to do about it."""

TOLD_AFTER = {401: 0.0, 403: 0.0, 404: STARTS_WITHIN}
"""Status -> seconds after which it is told, as it does not mend itself."""


@dataclass(frozen=True)
class Trouble:
    """Why there is no connection, and what to look at."""

    why: str
    cure: str
    status: int = 0
    """HTTP's; 0 where there was no answer."""

    def __str__(self) -> str:
        return f"{self.why}; {self.cure}"


class InboundWebSocket:
    """The client's end of `/ari/events`: one connection, made again when it is lost."""

    def __init__(self, settings: AriSettings) -> None:
        self._settings = settings
        self.where = f"{settings.url}/events"
        self._trouble: Trouble | None = None
        self._since = 0.0
        self._told = False
        """Whether the trouble that there is was told."""
        self._dropped: asyncio.Future[str] | None = None

    @property
    def cure(self) -> str:
        """As `EventSource.cure`."""
        return str(self._trouble) if self._trouble else IS_IT_THERE

    def drop(self, why: str) -> None:
        """As `EventSource.drop`. We connect again after a short pause."""
        if self._dropped is not None and not self._dropped.done():
            self._dropped.set_result(why)

    async def run(self, sink: Sink) -> None:
        """Connect, again and again, until cancelled."""
        settings = self._settings
        login = f"{settings.user}:{settings.password.reveal()}".encode()
        # trust_env is off: no proxy of the environment stands before our own Asterisk.
        async with aiohttp.ClientSession(
            headers={"Authorization": f"Basic {base64.b64encode(login).decode()}"}
        ) as session:
            pause, within = FIRST_PAUSE, CONNECT_WITHIN
            while True:
                try:
                    async with asyncio.timeout(within):
                        await self._ping(session)
                        socket = await self._connect(session)
                except (aiohttp.ClientError, OSError, TimeoutError) as error:
                    pause = min(pause * 2, LONGEST_PAUSE)
                    # Either the line is dead, or Asterisk has too much to do: who is
                    # in a hurry then for ever never gets to it.
                    late = isinstance(error, TimeoutError)
                    within = min(within * 2, PATIENT) if late else CONNECT_WITHIN
                    self._meet(_trouble_of(error))
                    if self._told:
                        pause = REFUSED_PAUSE
                else:
                    pause, within = FIRST_PAUSE, CONNECT_WITHIN
                    self._trouble, self._told = None, False
                    await self._serve(socket, sink)
                await asyncio.sleep(pause)

    async def _ping(self, session: aiohttp.ClientSession) -> None:
        """Ask for nothing; raises `aiohttp.ClientError` where there is no answer.

        On a line that is dead, something may keep what we send and bring it when the
        line has healed. A late question harms nobody; a late connection would take the
        application away from the one that we have made since.
        """
        ping = f"{self._settings.url}/asterisk/ping"
        async with session.get(ping, raise_for_status=True) as answer:
            await answer.read()

    async def _connect(
        self, session: aiohttp.ClientSession
    ) -> aiohttp.ClientWebSocketResponse[bool]:
        return await session.ws_connect(
            f"{self._settings.url}/events",
            params={"app": self._settings.app, "subscribeAll": "false"},
            heartbeat=HEARTBEAT,
            max_msg_size=LONGEST_EVENT,
            compress=0,
            timeout=aiohttp.ClientWSTimeout(ws_close=FAREWELL),
        )

    async def _serve(
        self, socket: aiohttp.ClientWebSocketResponse[bool], sink: Sink
    ) -> None:
        """Hand on what comes, until the connection ends or is dropped."""
        loop = asyncio.get_running_loop()
        dropped = self._dropped = loop.create_future()
        sink.connected()
        why = "the service stops"
        reading = loop.create_task(_read(socket, sink), name="ari events, inbound")
        try:
            await asyncio.wait([reading, dropped], return_when=asyncio.FIRST_COMPLETED)
            why = dropped.result() if dropped.done() else reading.result()
        finally:
            self._dropped = None
            reading.cancel()
            await asyncio.wait([reading])
            sink.disconnected(why)
            await socket.close()

    def _meet(self, trouble: Trouble) -> None:
        """Note why a try has failed; tell it once if it does not mend itself."""
        now = asyncio.get_running_loop().time()
        if trouble != self._trouble:
            self._trouble, self._since, self._told = trouble, now, False
        after = TOLD_AFTER.get(trouble.status)
        if after is not None and not self._told and now - self._since >= after:
            self._told = True
            log.error(
                "Asterisk does not give us its events at %s: %s", self.where, trouble
            )


def _trouble_of(error: Exception) -> Trouble:
    """What one failed try means."""
    if isinstance(error, aiohttp.ClientResponseError):
        cure = CURES.get(error.status, "is that Asterisk?")
        return Trouble(f"it answers {error.status} {error.message}", cure, error.status)
    if isinstance(error, TimeoutError):
        return Trouble(f"no answer within {CONNECT_WITHIN:g} s", IS_IT_THERE)
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return Trouble(
            "it closes the connection without an answer",
            "is it stopping, or is sessionlimit in http.conf too low (100 if unset)?",
        )
    number = getattr(error, "errno", None)
    return Trouble(os.strerror(number) if number else str(error), IS_IT_THERE)


async def _read(socket: aiohttp.ClientWebSocketResponse[bool], sink: Sink) -> str:
    """Hand on what comes; return why it ended."""
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            sink.received(message.data)
        elif message.type is WSMsgType.ERROR:
            return f"the connection failed: {socket.exception()}"
    return "it closed the connection"
