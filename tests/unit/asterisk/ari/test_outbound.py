import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest

from ivrflow.asterisk.ari.errors import AriError
from ivrflow.asterisk.ari.outbound import OutboundWebSocket
from ivrflow.asterisk.ari.settings import Outbound
from ivrflow.secret import Secret

RIGHT = aiohttp.encode_basic_auth("asterisk", "hush")


class Sink:
    """Writes down what it is told; `tells` waits until it ends in a certain way."""

    def __init__(self):
        self.story = []
        self._news = asyncio.Event()

    def _add(self, news):
        self.story.append(news)
        self._news.set()

    def connected(self):
        self._add("connected")

    def received(self, text):
        self._add(text)

    def disconnected(self, why):
        self._add(f"disconnected: {why}")

    async def tells(self, *story):
        async with asyncio.timeout(5):
            while self.story[-len(story) :] != list(story):
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def listening(unused_tcp_port):
    source = OutboundWebSocket(
        Outbound(port=unused_tcp_port, user="asterisk", password=Secret("hush"))
    )
    sink = Sink()
    async with asyncio.TaskGroup() as group, aiohttp.ClientSession() as session:
        task = group.create_task(source.run(sink))
        await asyncio.sleep(0.05)

        def connect(path="/ari", login=RIGHT, protocols=("ari",), **headers):
            return session.ws_connect(
                f"http://127.0.0.1:{unused_tcp_port}{path}",
                headers={"Authorization": login} | headers,
                protocols=protocols,
            )

        yield connect, sink
        task.cancel()


async def test_events_arrive_in_order(unused_tcp_port):
    async with listening(unused_tcp_port) as (connect, sink):
        async with connect() as asterisk:
            for number in range(100):
                await asterisk.send_str(str(number))
            await sink.tells("connected", *map(str, range(100)))
        await sink.tells("disconnected: it closed the connection")


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"login": aiohttp.encode_basic_auth("asterisk", "wrong")}, 401),
        ({"login": aiohttp.encode_basic_auth("", "")}, 401),
        ({"login": "Bearer ü"}, 401),
        ({"login": ""}, 401),
        ({"protocols": ()}, 400),
        ({"protocols": ("chat",)}, 400),
        ({"Origin": "http://evil.example"}, 403),
        ({"path": "/"}, 404),
        ({"path": "/ari/events?api_key=asterisk:hush"}, 404),
    ],
)
async def test_nobody_but_asterisk_gets_in(unused_tcp_port, how, status, caplog):
    async with listening(unused_tcp_port) as (connect, sink):
        for _ in range(3):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await connect(**how)
            assert refused.value.status == status

    assert sink.story == []
    assert len(caplog.messages) == (0 if status == 404 else 1)
    assert "hush" not in caplog.text


async def test_the_newer_of_two_connections_counts(unused_tcp_port):
    async with listening(unused_tcp_port) as (connect, sink), connect() as older:
        await older.send_str("1")
        await sink.tells("connected", "1")
        async with connect() as newer:
            await newer.send_str("2")
            await sink.tells(
                "connected",
                "1",
                "disconnected: it connected anew",
                "connected",
                "2",
            )
            async with asyncio.timeout(2):
                assert (await older.receive()).type in (
                    aiohttp.WSMsgType.CLOSED,
                    aiohttp.WSMsgType.ERROR,
                )
            await newer.send_str("3")
            await sink.tells("2", "3")


async def test_an_event_that_is_too_long_ends_the_connection(unused_tcp_port):
    async with listening(unused_tcp_port) as (connect, sink), connect() as asterisk:
        await asterisk.send_str("x" * 1_100_000)
        async with asyncio.timeout(5):
            while len(sink.story) < 2:
                await asyncio.sleep(0.01)

    assert sink.story[0] == "connected"
    assert sink.story[1].startswith("disconnected")


async def test_stopping_closes_the_connection_and_the_port(unused_tcp_port):
    async with listening(unused_tcp_port) as (connect, sink):
        asterisk = await connect()
        await sink.tells("connected")
    async with listening(unused_tcp_port):
        pass
    await asterisk.close()


async def test_a_port_that_is_taken_says_so(unused_tcp_port):
    async with listening(unused_tcp_port):
        second = OutboundWebSocket(
            Outbound(port=unused_tcp_port, user="a", password=Secret("b"))
        )
        with pytest.raises(AriError, match="does another ivrflow run"):
            await second.run(Sink())
