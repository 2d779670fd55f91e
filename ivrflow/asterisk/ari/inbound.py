"""The classic way of events: we connect to Asterisk (`/ari/events?app=...`).

For an Asterisk that can't connect to us (before 20.15, 21.10 and 22.5), or that may
not. What happens while we are away is lost on this way: new calls find no application
and try again in the dialplan, and after each connection whoever looks around finds the
rest (`Link.on_return`).

User and password go into the header: in the address, they would get into logs.
"""

from __future__ import annotations

import asyncio
import base64
import logging

import aiohttp
from aiohttp import WSMsgType

from ivrflow.asterisk.ari.settings import AriSettings
from ivrflow.asterisk.ari.source import HEARTBEAT, LONGEST_EVENT, Sink

log = logging.getLogger(__name__)

CONNECT_WITHIN = 1.0
"""Seconds for one try."""

FAREWELL = 0.25
"""Seconds that Asterisk has to answer our goodbye: on a dead line nobody does."""

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 0.5
"""Seconds between two tries; the dialplan tries for 20 s, four times a second."""

REFUSED_PAUSE = 2.0
"""Seconds before the next try when Asterisk refuses us: somebody has to look first."""

CURES = {
    401: "check user and password of ari: against Asterisk's ari.conf",
    403: "the user in ari.conf needs read_only=no",
}
"""Status -> what to do about it."""


class InboundWebSocket:
    """The client's end of `/ari/events`: one connection, made again when it is lost."""

    def __init__(self, settings: AriSettings) -> None:
        self._settings = settings
        self.where = f"{settings.url}/events"
        self.cure = "is Asterisk running, and is that the address of its http.conf?"
        self._told: set[int] = set()
        self._dropped: asyncio.Future[str] | None = None

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
            pause = FIRST_PAUSE
            while True:
                try:
                    async with asyncio.timeout(CONNECT_WITHIN):
                        await self._ping(session)
                        socket = await self._connect(session)
                except aiohttp.ClientResponseError as refused:
                    # While it starts it answers 404, then 503.
                    pause = min(pause * 2, LONGEST_PAUSE)
                    if refused.status in CURES:
                        pause = REFUSED_PAUSE
                        self._tell(refused.status)
                except (aiohttp.ClientError, OSError, TimeoutError):
                    pause = min(pause * 2, LONGEST_PAUSE)
                else:
                    pause = FIRST_PAUSE
                    self._told.clear()
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

    def _tell(self, status: int) -> None:
        if status not in self._told:
            self._told.add(status)  # once: we try again every few seconds
            log.error(
                "Asterisk at %s refuses to send its events: %d; %s",
                self.where,
                status,
                CURES[status],
            )


async def _read(socket: aiohttp.ClientWebSocketResponse[bool], sink: Sink) -> str:
    """Hand on what comes; return why it ended."""
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            sink.received(message.data)
        elif message.type is WSMsgType.ERROR:
            return f"the connection failed: {socket.exception()}"
    return "it closed the connection"
