"""Where Asterisk brings its events, if it is told to: it connects to us.

Asterisk calls this an outbound WebSocket (`websocket_client.conf`,
`connection_type = persistent`). It keeps what happens while we are away, new calls
above all, and delivers it in order when we are back; on the one that we make
(`inbound`), those events are lost. Asterisk has it since 20.15, 21.10 and 22.5.

It is not the usual way, as Asterisk 22.10.1 may crash when this connection is dropped
while many events come (docs/reliability.md, What is not survived).
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging

from aiohttp import WSMsgType, web

from ivrflow.asterisk.ari.errors import AriError
from ivrflow.asterisk.ari.settings import Outbound
from ivrflow.asterisk.ari.source import HEARTBEAT, LONGEST_EVENT, Sink

log = logging.getLogger(__name__)


class OutboundWebSocket:
    """The server that Asterisk connects to; one connection at a time, the newest."""

    def __init__(self, settings: Outbound) -> None:
        self._settings = settings
        self.where = settings.url
        self.cure = (
            f"is Asterisk running, and does its websocket_client.conf name "
            f"uri={settings.url} with our user and password? Or take events: out of "
            "our settings, and we connect to it"
        )
        login = f"{settings.user}:{settings.password.reveal()}".encode()
        self._login = b"Basic " + base64.b64encode(login)
        self._current: web.WebSocketResponse | None = None
        self._transport: asyncio.BaseTransport | None = None
        self._refused: set[str] = set()
        self._why = ""
        """Why we have closed the connection that there is, if we have."""

    def drop(self, why: str) -> None:
        """As `EventSource.drop`. Asterisk connects again by itself."""
        if self._transport is not None:
            self._why = why
            assert isinstance(self._transport, asyncio.Transport)
            self._transport.abort()

    async def run(self, sink: Sink) -> None:
        """Listen until cancelled. Raises `AriError` when the port is taken."""

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, sink)

        app = web.Application()
        app.router.add_get(self._settings.path, handle)
        runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=1.0
        )
        await runner.setup()
        site = web.TCPSite(
            runner, self._settings.host, self._settings.port, reuse_address=True
        )
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise AriError(
                f"cannot listen for Asterisk's events on {self.where}: "
                f"{error.strerror or error}; does another ivrflow run?"
            ) from None
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            # First no new connections: Asterisk comes back at once.
            await site.stop()
            await self._stop()
            await runner.cleanup()

    async def _stop(self) -> None:
        """Let go of Asterisk: what happens from now on it keeps for the next one."""
        current, transport = self._current, self._transport
        self._current = self._transport = None
        if current is not None:
            await current.close(code=1001, message=b"ivrflow stops")
        if transport is not None:
            transport.close()

    async def _serve(self, request: web.Request, sink: Sink) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        socket = web.WebSocketResponse(
            protocols=("ari",),
            heartbeat=HEARTBEAT,
            max_msg_size=LONGEST_EVENT,
            compress=False,
            timeout=1.0,
        )
        await socket.prepare(request)
        if self._current is not None:
            # Of two, the older one is a connection that Asterisk has given up.
            sink.disconnected("it connected anew")
            if self._transport is not None:
                self._transport.close()
        self._current, self._transport = socket, request.transport
        self._refused.clear()
        self._why = ""
        sink.connected()
        why = "it closed the connection"
        try:
            async for message in socket:
                if self._current is not socket:
                    break
                if message.type is WSMsgType.TEXT:
                    sink.received(message.data)
                elif message.type is WSMsgType.ERROR:
                    why = f"the connection failed: {socket.exception()}"
        finally:
            if self._current is socket:
                self._current = self._transport = None
                sink.disconnected(self._why or why)
        return socket

    def _refusal(self, request: web.Request) -> web.Response | None:
        """Return the answer to one who may not connect, None for Asterisk."""
        given = request.headers.get("Authorization", "").encode()
        if "Origin" in request.headers:
            # Only web browsers send it: a page tries what its reader may reach.
            status, why = 403, "a web page may not connect here"
        elif not hmac.compare_digest(given, self._login):
            status, why = 401, "wrong user or password"
        elif "ari" not in request.headers.get("Sec-WebSocket-Protocol", ""):
            status, why = 400, "not a WebSocket with the subprotocol ari"
        else:
            return None
        if why not in self._refused:
            # Once: Asterisk tries again several times a second.
            self._refused.add(why)
            log.warning(
                "refused a connection from %s to %s: %s; if that was Asterisk, compare "
                "its websocket_client.conf with ours",
                request.remote,
                self.where,
                why,
            )
        return web.Response(status=status, text=f"{why}\n")
