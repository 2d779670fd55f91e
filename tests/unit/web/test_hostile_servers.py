"""Servers that mean harm, or have gone mad: trouble in time, and nobody else waits."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest

from ivrflow.flow.world import Trouble
from tests.unit.web.test_http_lookups import lookups, source

__all__ = ["lookups"]

TIMEOUT = 0.5


async def hangs(reader, writer):
    await asyncio.sleep(30)


async def drips_its_head(reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-A: b\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def floods_its_head(reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-A: " + b"b" * 4000 + b"\r\n")
        await writer.drain()


async def speaks_no_http(reader, writer):
    writer.write(b"\x16\x03\x01 hello \x00" * 100)


async def closes_at_once(reader, writer):
    writer.close()


async def promises_ten_megabytes(reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n")
    for _ in range(160):
        writer.write(b" " * 65536)
        await writer.drain()


async def redirects_to_itself(reader, writer):
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")


async def nests_deeply(reader, writer):
    body = b'{"a":' * 200_000
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    writer.write(head + body)


async def ends_too_early(reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    writer.close()


@asynccontextmanager
async def serving(talk):
    async def handle(reader, writer):
        try:
            with suppress(ConnectionError):
                await reader.readuntil(b"\r\n\r\n")
                await talk(reader, writer)
                await writer.drain()
                await asyncio.sleep(0.2)
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.parametrize(
    "talk",
    [
        hangs,
        drips_its_head,
        floods_its_head,
        speaks_no_http,
        closes_at_once,
        promises_ten_megabytes,
        redirects_to_itself,
        nests_deeply,
        ends_too_early,
    ],
)
async def test_a_hostile_server_is_trouble_in_time_and_blocks_nobody(lookups, talk):
    loop = asyncio.get_running_loop()
    longest, running = 0.0, True

    async def lag():
        nonlocal longest
        while running:
            before = loop.time()
            await asyncio.sleep(0.01)
            longest = max(longest, loop.time() - before - 0.01)

    async with serving(talk) as port, asyncio.TaskGroup() as group:
        group.create_task(lag())
        began = loop.time()
        asked = source(f"http://127.0.0.1:{port}/x", timeout="500ms")
        with pytest.raises(Trouble):
            await lookups.find(asked, {})
        took = loop.time() - began
        running = False

    assert took < TIMEOUT + 0.5
    assert longest < 0.4  # a fifth of a second, and what a busy machine adds
