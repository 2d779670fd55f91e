import asyncio
from contextlib import asynccontextmanager

import pytest

from ivrflow.asterisk.ari import transport as module
from ivrflow.asterisk.ari.errors import AriAway
from ivrflow.asterisk.ari.settings import AriSettings
from ivrflow.asterisk.ari.transport import HttpTransport, Pool, may_block
from ivrflow.secret import Secret

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers as *behave(request, writer)* does; counts connections."""

    def __init__(self, behave):
        self.behave = behave
        self.connections = 0
        self.requests = []

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
                body = await reader.readexactly(length)
                self.requests.append((head.decode(), body))
                await self.behave(head.decode().split(" ", 2)[1], writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def answer(_, writer):
    writer.write(OK)


@asynccontextmanager
async def talking(behave=answer, *, connections=2, within=1.0, make=Pool):
    server = Server(behave)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    settings = AriSettings(
        url=f"http://127.0.0.1:{port}/ari",
        user="ivr",
        password=Secret("hush"),
    )
    pool = make(settings, connections=connections, within=within)
    try:
        yield pool, server
    finally:
        pool.close()
        listening.close()
        await asyncio.sleep(0.01)


async def test_one_connection_carries_one_request_after_another():
    async with talking() as (pool, server):
        for _ in range(5):
            assert await pool.request("GET", "/x", "a=b", b"") == (200, b"ok")

    assert server.connections == 1
    head, _ = server.requests[0]
    assert head.startswith("GET /ari/x?a=b HTTP/1.1\r\n")
    assert "Authorization: Basic aXZyOmh1c2g=\r\n" in head


async def test_a_body_is_sent_as_json():
    async with talking() as (pool, server):
        await pool.request("POST", "/x", "", b'{"a":1}')

    head, body = server.requests[0]
    assert "Content-Type: application/json\r\n" in head
    assert body == b'{"a":1}'


async def test_there_are_never_more_connections_than_allowed():
    async def slowly(_, writer):
        await asyncio.sleep(0.01)
        writer.write(OK)

    async with talking(slowly) as (pool, server), asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(pool.request("GET", "/x", "", b""))

    assert len(server.requests) == 20
    assert server.connections == 2


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_what_is_safe_to_repeat_is_sent_again_on_a_new_connection(method):
    calls = []

    async def behave(path, writer):
        calls.append(path)
        if len(calls) == 2:  # the idle connection dies under the second request
            writer.transport.abort()
        else:
            writer.write(OK)

    async with talking(behave) as (pool, server):
        await pool.request(method, "/one", "", b"")
        assert await pool.request(method, "/two", "", b"") == (200, b"ok")

    assert calls == ["/ari/one", "/ari/two", "/ari/two"]
    assert server.connections == 2


async def test_what_makes_something_is_never_sent_twice():
    calls = []

    async def behave(path, writer):
        calls.append(path)
        if len(calls) == 2:
            writer.transport.abort()
        else:
            writer.write(OK)

    async with talking(behave) as (pool, _):
        await pool.request("POST", "/one", "", b"")
        with pytest.raises(AriAway, match="closed the connection"):
            await pool.request("POST", "/two", "", b"")
        assert await pool.request("POST", "/three", "", b"") == (200, b"ok")

    assert calls == ["/ari/one", "/ari/two", "/ari/three"]


async def test_a_server_that_only_closes_is_not_asked_for_ever():
    async def behave(_, writer):
        writer.transport.abort()

    async with talking(behave) as (pool, server):
        with pytest.raises(AriAway, match="sessionlimit"):
            await pool.request("GET", "/x", "", b"")

    assert server.connections == 1


async def test_an_answer_that_is_late_ends_the_request_and_frees_its_place():
    async def behave(path, writer):
        if path.endswith("never"):
            await asyncio.sleep(5)
        writer.write(OK)

    async with talking(behave, connections=1, within=0.1) as (pool, _):
        with pytest.raises(AriAway, match=r"did not answer GET /never within 0\.1 s"):
            await pool.request("GET", "/never", "", b"")
        assert await pool.request("GET", "/x", "", b"") == (200, b"ok")


async def test_who_waits_too_long_for_a_free_connection_is_told():
    async def behave(path, writer):
        await asyncio.sleep(0.3)
        writer.write(OK)

    async with (
        talking(behave, connections=1, within=0.2) as (pool, _),
        asyncio.TaskGroup() as group,
    ):
        for text in ("did not answer", "got free"):
            group.create_task(_fails(pool, text))


async def _fails(pool, text):
    with pytest.raises(AriAway, match=text):
        await pool.request("GET", "/x", "", b"")


async def test_the_line_for_a_connection_has_an_end(monkeypatch):
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    never = asyncio.Event()

    async def silent(_, writer):
        await never.wait()

    async with talking(silent, connections=1, within=0.2) as (pool, _):
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(refused(pool.request("GET", "/x", "", b"")))
                for _ in range(6)
            ]
            await asyncio.sleep(0.05)
            assert pool.waiting == 3
        never.set()
    assert pool.waiting == 0
    assert pool.late == 5
    said = [task.result() for task in asked]
    assert sum("no room for GET /x" in one for one in said) == 2


async def refused(request):
    with pytest.raises(AriAway) as away:
        await request
    return str(away.value)


async def test_a_request_that_is_cancelled_leaves_a_connection_that_can_be_used():
    async def behave(path, writer):
        if path.endswith("slow"):
            await asyncio.sleep(0.1)
            writer.write(OK.replace(b"ok", b"no"))
        else:
            writer.write(OK)

    async with talking(behave, connections=1) as (pool, server):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await pool.request("POST", "/slow", "", b"")
        assert await pool.request("POST", "/x", "", b"") == (200, b"ok")

    assert server.connections == 1


async def test_something_else_on_that_port_is_named():
    async def behave(_, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    async with talking(behave) as (pool, _):
        with pytest.raises(AriAway, match="is that Asterisk"):
            await pool.request("GET", "/x", "", b"")


async def test_a_port_that_is_closed_says_what_to_look_at():
    async with talking() as (pool, _):
        pass
    with pytest.raises(AriAway, match="cannot reach Asterisk at http://127"):
        await pool.request("GET", "/x", "", b"")


async def test_a_lane_that_is_blocked_holds_up_no_quick_request():
    async def behave(path, writer):
        if path.endswith("variable"):
            await asyncio.sleep(0.3)
        writer.write(OK)

    def lanes(settings, *, connections, within):
        transport = HttpTransport(settings, quick=1, blocking=1)
        transport.close_all, transport.close = transport.close, lambda: None
        return transport

    async with talking(behave, make=lanes) as (transport, _):
        async with asyncio.TaskGroup() as group:
            blocked = group.create_task(
                transport.request("POST", "/channels/1/variable", "", b"")
            )
            await asyncio.sleep(0.05)
            await transport.request("DELETE", "/playbacks/1", "", b"")
            assert not blocked.done()
        await transport.close_all()


@pytest.mark.parametrize(
    ("method", "path", "blocks"),
    [
        ("POST", "/channels/1/variable", True),
        ("POST", "/bridges/1/addChannel", True),
        ("POST", "/channels/1/continue", True),
        ("DELETE", "/applications/a/subscription", True),
        ("GET", "/channels/1/variable", False),
        ("POST", "/channels/1/play/2", False),
        ("POST", "/channels/1/answer", False),
        ("DELETE", "/channels/1", False),
    ],
)
def test_requests_that_queue_behind_a_sound_have_their_lane(method, path, blocks):
    assert may_block(method, path) is blocks
