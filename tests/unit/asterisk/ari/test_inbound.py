"""The connection that we make, with an Asterisk that answers as the test says."""

import asyncio
import base64
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from ivrflow.asterisk.ari import inbound as module
from ivrflow.asterisk.ari.inbound import InboundWebSocket
from ivrflow.asterisk.ari.settings import AriSettings
from ivrflow.secret import Secret


class Asterisk:
    def __init__(self):
        self.refuses = 0
        self.asked = []
        self.sockets = []

    async def ping(self, request):
        self.asked.append(request)
        return web.json_response({}, status=self.refuses or 200)

    async def events(self, request):
        self.asked.append(request)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        await socket.send_str("1")
        await socket.send_str("2")
        async for _ in socket:
            pass
        return socket


class Story(list):
    def connected(self):
        self.append("connected")

    def received(self, text):
        self.append(text)

    def disconnected(self, why):
        self.append(f"disconnected: {why}")


@asynccontextmanager
async def running():
    asterisk, story = Asterisk(), Story()
    app = web.Application()
    app.router.add_get("/ari/asterisk/ping", asterisk.ping)
    app.router.add_get("/ari/events", asterisk.events)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    source = InboundWebSocket(
        AriSettings(
            url=f"http://127.0.0.1:{port}/ari",
            user="ivr",
            password=Secret("hush"),
        )
    )
    async with asyncio.TaskGroup() as group:
        task = group.create_task(source.run(story))
        yield asterisk, source, story
        task.cancel()
    await runner.cleanup()


async def until(look):
    async with asyncio.timeout(5):
        while not look():
            await asyncio.sleep(0.01)


async def test_events_come_in_order_and_credentials_go_into_the_header():
    async with running() as (asterisk, _, story):
        await until(lambda: len(story) == 3)
    assert story == [
        "connected",
        "1",
        "2",
        "disconnected: the service stops",
    ]
    ping, request = asterisk.asked  # first a question, which no one can mistake
    assert ping.path == "/ari/asterisk/ping"
    assert dict(request.query) == {"app": "ivrflow", "subscribeAll": "false"}
    login = base64.b64encode(b"ivr:hush").decode()
    assert request.headers["Authorization"] == f"Basic {login}"
    assert "Origin" not in request.headers


async def test_a_connection_that_ends_is_made_again():
    async with running() as (asterisk, _, story):
        await until(lambda: len(story) == 3)
        await asterisk.sockets[0].close()
        await until(lambda: len(story) == 7)
        assert story[3:5] == ["disconnected: it closed the connection", "connected"]


async def test_a_connection_that_is_dropped_is_made_again():
    async with running() as (_, source, story):
        await until(lambda: len(story) == 3)
        source.drop("it is dead")
        await until(lambda: len(story) == 7)
        assert story[3:5] == ["disconnected: it is dead", "connected"]


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "password of ari:"), (403, "permit"), (404, "enabled"), (503, "")],
)
async def test_a_refusal_is_told_once_with_its_cure_and_starting_is_none(
    status, said, monkeypatch, caplog
):
    monkeypatch.setattr(module, "REFUSED_PAUSE", 0.05)
    monkeypatch.setitem(module.TOLD_AFTER, 404, 0.01)
    async with running() as (asterisk, source, story):
        asterisk.refuses = status
        await until(lambda: len(asterisk.asked) > 3)
        told = [r.message for r in caplog.records if "its events" in r.message]
        assert len(told) == bool(said)
        assert said in "".join(told)
        assert f"it answers {status}" in source.cure
        assert story == []
        asterisk.refuses = 0
        await until(lambda: len(story) == 3)
    assert "hush" not in caplog.text
    caplog.clear()


async def test_an_asterisk_that_answers_404_only_while_it_starts_is_not_complained_of(
    caplog,
):
    async with running() as (asterisk, _, story):
        asterisk.refuses = 404
        await until(lambda: len(asterisk.asked) > 2)
        asterisk.refuses = 0
        await until(lambda: len(story) == 3)
    assert caplog.messages == []


async def test_where_nothing_listens_the_cure_says_so(unused_tcp_port):
    settings = AriSettings(
        url=f"http://127.0.0.1:{unused_tcp_port}/ari", user="ivr", password=Secret("x")
    )
    source = InboundWebSocket(settings)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(source.run(Story()))
        await until(lambda: "Connection refused" in source.cure)
        task.cancel()
    assert "address of its http.conf" in source.cure


async def test_where_a_connection_is_closed_without_an_answer_the_cure_says_so():
    async def hang_up(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = AriSettings(
        url=f"http://127.0.0.1:{port}/ari", user="ivr", password=Secret("x")
    )
    source = InboundWebSocket(settings)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(source.run(Story()))
        await until(lambda: "sessionlimit" in source.cure)
        task.cancel()
    server.close()
    await server.wait_closed()
