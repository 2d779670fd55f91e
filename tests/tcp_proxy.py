"""A TCP proxy that can stop forwarding without a word, as a cut cable does."""

import asyncio
from contextlib import asynccontextmanager


class Proxy:
    def __init__(self, port):
        self.port = port
        self.connections = 0
        self._cut = asyncio.Event()
        self.refuses = False

    def cut(self):
        """Forward nothing more on the connections that there are; keep them open."""
        self._cut.set()
        self._cut = asyncio.Event()

    async def forward(self, reader, writer, cut):
        while data := await reader.read(65536):
            if cut.is_set():
                continue  # swallowed
            writer.write(data)
            await writer.drain()
        if cut.is_set():
            await asyncio.Event().wait()  # nor does the other end hear of an end
        writer.close()


@asynccontextmanager
async def proxied(to, *, port=0):
    """Forward what comes to *port* of 127.0.0.1 to the port *to* there."""
    ends = []

    async def serve(reader, writer):
        if proxy.refuses:
            writer.transport.abort()
            return
        ends.append(writer)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", to)
        except OSError:
            writer.transport.abort()
            return
        ends.append(back)
        proxy.connections += 1
        cut = proxy._cut
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(proxy.forward(reader, back, cut))
                group.create_task(proxy.forward(there, writer, cut))
        except* (OSError, asyncio.CancelledError):
            pass

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    proxy = Proxy(server.sockets[0].getsockname()[1])
    try:
        yield proxy
    finally:
        server.close()
        for end in ends:
            end.transport.abort()
        await asyncio.sleep(0.05)
