"""What may stand between the service and Asterisk: a line that breaks or lies."""

import asyncio
import contextlib
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web


class Proxy:
    """A TCP line that can be cut, held up, or slowed.

    *cut* closes what is connected and refuses what comes; *held* keeps all bytes back
    in both directions, as a network does that has lost its way; *delay* is what each
    packet takes longer, in seconds.
    """

    def __init__(self, port, to):
        self.port, self.to = port, to
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
        far = None
        try:
            if self.cut:
                return
            await self._open.wait()
            far_reader, far = await asyncio.open_connection("127.0.0.1", self.to)
            self._lines.add(far)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, far))
                group.create_task(self._pump(far_reader, writer))
        except* OSError:
            pass
        finally:
            for one in (writer, far):
                if one is not None:
                    self._lines.discard(one)
                    one.transport.abort()

    async def _pump(self, reader, writer):
        while data := await reader.read(65536):
            if self.delay:
                await asyncio.sleep(self.delay)
            await self._open.wait()
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError  # the other direction ends with this one


class Liar:
    """The line on which Asterisk brings its events, with somebody in it who lies.

    *alter* gets the text of an event and returns what is to be sent in its place: a
    list of (seconds from now, text). Asterisk connects to *port*, the service listens
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
                group.create_task(self._lie(group, near, far))
                group.create_task(self._pass(far, near))
        return near

    async def _lie(self, group, near, far):
        async for message in near:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.seen += 1
                for after, text in self.alter(message.data):
                    if after:
                        group.create_task(self._later(far, after, text))
                    else:
                        await self._send(far, text)
        await far.close()

    async def _later(self, far, after, text):
        await asyncio.sleep(after)
        await self._send(far, text)

    @staticmethod
    async def _send(far, text):
        with contextlib.suppress(ConnectionError):
            await far.send_str(text)

    @staticmethod
    async def _pass(far, near):
        async for message in far:
            if message.type is aiohttp.WSMsgType.TEXT:
                await near.send_str(message.data)
        await near.close()
