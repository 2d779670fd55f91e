"""What may stand between the service and Asterisk: a line that breaks or lies."""

import asyncio
import contextlib
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

EVENTS = b"GET /ari/events?"
"""How a request begins that asks for the line of events."""


class Proxy:
    """A TCP line that can be cut, held up, or slowed.

    *cut* closes what is connected and refuses what comes; *held* keeps all bytes back
    in both directions, as a network does that has lost its way; *delay* is what each
    packet takes longer, in seconds. Who asks for events is led to *events*, if given.
    """

    def __init__(self, port, to, *, events=None):
        self.port, self.to, self._events = port, to, events
        self.cut = False
        self.delay = 0.0
        self._open = asyncio.Event()
        self._open.set()
        self._lines = set()

    @property
    def held(self):
        return not self._open.is_set()

    def hold(self):
        """Nothing goes through, and nobody is told."""
        self._open.clear()

    def heal(self):
        self.cut = False
        self._open.set()

    def break_off(self):
        """Close all connections and refuse new ones, until `heal`."""
        self.cut = True
        for writer in tuple(self._lines):
            writer.transport.abort()

    @asynccontextmanager
    async def running(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()
            self.heal()
            for writer in tuple(self._lines):
                writer.transport.abort()

    async def _serve(self, reader, writer):
        self._lines.add(writer)
        try:
            if self.cut:
                return
            await self._open.wait()
            async with asyncio.TaskGroup() as group:
                far, back = await self._connected(group, self.to, writer)
                while data := await self._read(reader):
                    if self._events and data.startswith(EVENTS):
                        # On a connection that had been used for something else.
                        back.cancel()
                        self._end(far)
                        far, back = await self._connected(group, self._events, writer)
                    far.write(data)
                    await far.drain()
                self._end(far)
        except* OSError:
            pass
        finally:
            self._end(writer)

    async def _connected(self, group, to, near):
        """A writer to *to*; what comes back from there goes to *near*."""
        reader, far = await asyncio.open_connection("127.0.0.1", to)
        self._lines.add(far)
        return far, group.create_task(self._bring_back(reader, far, near))

    async def _bring_back(self, reader, far, near):
        try:
            while data := await self._read(reader):
                near.write(data)
                await near.drain()
            self._end(near)  # the other direction ends with this one
        finally:
            self._end(far)

    async def _read(self, reader):
        """What comes next, as soon as the line lets it through; b"" at the end."""
        data = await reader.read(65536)
        if self.delay:
            await asyncio.sleep(self.delay)
        await self._open.wait()
        return data

    def _end(self, writer):
        self._lines.discard(writer)
        writer.transport.abort()


class Liar:
    """The line on which Asterisk's events come, with somebody in it who lies.

    *alter* gets the text of an event and returns what is to be sent in its place: a
    list of (seconds from now, text). The service connects to *port*, Asterisk listens
    at *to*.
    """

    def __init__(self, port, to, alter=lambda text: [(0, text)]):
        self.port, self.to, self.alter = port, to, alter
        self.seen = 0
        """Events that came by."""

    @asynccontextmanager
    async def running(self):
        app = web.Application()
        app.router.add_route("GET", "/{way:.*}", self._serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            yield self
        finally:
            await runner.cleanup()

    async def _serve(self, request):
        protocols = request.headers.get("Sec-WebSocket-Protocol", "ari").split(",")
        headers = {
            name: request.headers[name]
            for name in ("Authorization",)
            if name in request.headers
        }
        url = f"http://127.0.0.1:{self.to}{request.rel_url}"
        async with aiohttp.ClientSession() as http:
            try:
                far = await http.ws_connect(url, protocols=protocols, headers=headers)
            except aiohttp.ClientError:
                return web.Response(status=503)
            near = web.WebSocketResponse(protocols=protocols)
            await near.prepare(request)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._lie(group, far, near))
                group.create_task(self._pass(near, far))
        return near

    async def _lie(self, group, asterisk, service):
        async for message in asterisk:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.seen += 1
                for after, text in self.alter(message.data):
                    if after:
                        group.create_task(self._later(service, after, text))
                    else:
                        await self._send(service, text)
        await service.close()

    async def _later(self, service, after, text):
        await asyncio.sleep(after)
        await self._send(service, text)

    @staticmethod
    async def _send(service, text):
        with contextlib.suppress(ConnectionError):
            await service.send_str(text)

    @staticmethod
    async def _pass(service, asterisk):
        async for message in service:
            if message.type is aiohttp.WSMsgType.TEXT:
                await asterisk.send_str(message.data)
        await asterisk.close()
