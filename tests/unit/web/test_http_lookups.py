import asyncio
import socket
from contextlib import suppress
from decimal import Decimal

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ivrflow.flow.site.data import DataSource
from ivrflow.flow.world import Trouble
from ivrflow.secret import Masked, Secret
from ivrflow.web.addresses import GuardedResolver, Hosts, NotAllowed
from ivrflow.web.lookups import HttpLookups


class Server:
    """A server whose answers a test writes, and who remembers what was asked."""

    def __init__(self):
        self.asked = []
        self.answer = lambda request: web.json_response({"state": "sent"})

    async def handle(self, request):
        self.asked.append(request)
        answer = self.answer(request)
        return await answer if asyncio.iscoroutine(answer) else answer


@pytest.fixture
async def server():
    server = Server()
    app = web.Application()
    app.router.add_route("*", r"/{all:[\s\S]*}", server.handle)
    async with TestServer(app) as running:
        server.url = str(running.make_url("")).rstrip("/")
        server.port = running.port
        yield server


@pytest.fixture
async def lookups():
    hosts = Hosts(["127.0.0.1", "localhost"])
    async with HttpLookups(hosts, {"erp": Secret("k3y")}) as lookups:
        yield lookups


def source(get, **more):
    return DataSource.model_validate({"get": get, "timeout": "1s"} | more).named(
        "order"
    )


async def find(lookups, server, path="/orders/${id}", values=None, **more):
    asked = source(server.url + path, **more)
    return await lookups.find(asked, {"id": 7} if values is None else values)


# What is asked ------------------------------------------------------------------------


async def test_an_answer_is_a_row(lookups, server):
    server.answer = lambda _: web.json_response(
        {"state": "sent", "sum": 12.50, "x": []}
    )

    assert await find(lookups, server) == {"state": "sent", "sum": Decimal("12.5")}
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("GET", "/orders/7")


async def test_a_secret_goes_into_a_header_and_nowhere_else(lookups, server):
    headers = {"Authorization": "Bearer ${secret.erp}"}
    await find(lookups, server, headers=headers)
    assert server.asked[0].headers["Authorization"] == "Bearer k3y"

    with pytest.raises(Trouble, match="settings must have this secret"):
        await find(lookups, server, headers={"X": "${secret.crm}"})
    with pytest.raises(Trouble, match="no value"):
        await find(lookups, server, "/${secret.erp}")
    with pytest.raises(Trouble, match="not for a url"):
        await find(lookups, server, values={"id": Secret("330106123459")})
    with pytest.raises(Trouble, match="can't be sent"):
        await find(
            lookups,
            server,
            headers={"X": "${id}"},
            path="/",
            values={"id": Secret("1")},
        )
    assert len(server.asked) == 1


async def test_what_is_masked_is_posted_as_one_value_of_the_body(lookups, server):
    bodies = []

    async def answer(request):
        bodies.append(await request.json())
        return web.json_response({"state": "active"})

    server.answer = answer
    values = {"card": Masked("6222020000000002")}
    asked = {"post": f"{server.url}/cards", "timeout": "1s"}
    source = DataSource.model_validate(asked).named("cards")

    assert await lookups.find(source, values) == {"state": "active"}
    assert bodies == [{"card": "6222020000000002"}]


@pytest.mark.parametrize(
    "value",
    [
        "a/b",
        "a?b=c",
        "a#b",
        "a&b",
        "a%2fb",
        "a b",
        "李",
        "a\r\nX: y",
        "@evil",
        "\\",
        ":",
    ],
)
async def test_a_value_stays_one_part_of_the_path_or_query(lookups, server, value):
    await find(lookups, server, "/o/${id}/last?q=${id}", {"id": value})

    (asked,) = server.asked
    assert asked.match_info["all"] == f"o/{value}/last"
    assert dict(asked.query) == {"q": value}


@pytest.mark.parametrize("value", ["..", ".", "", None, [1], "x" * 1001])
async def test_a_value_that_would_change_the_path_is_trouble(lookups, server, value):
    with pytest.raises(Trouble):
        await find(lookups, server, "/o/${id}/last", {"id": value})
    assert server.asked == []


async def test_a_header_is_one_line(lookups, server):
    with pytest.raises(Trouble, match="not one line"):
        await find(lookups, server, "/", {"id": "a\r\nX: y"}, headers={"Q": "${id}"})
    assert server.asked == []


async def test_no_cookie_is_kept(lookups, server):
    def answer(_):
        reply = web.json_response({})
        reply.set_cookie("session", "1")
        return reply

    server.answer = answer
    await find(lookups, server)
    await find(lookups, server)
    assert "Cookie" not in server.asked[1].headers


# Where it may go ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "get",
    [
        "https://evil.example/x",
        "http://127.0.0.2/x",
        "http://[::1]/x",
        "http://169.254.169.254/latest/meta-data",
        "http://2130706433/x",
        "http://017700000001/x",
        "http://0/x",
        "file:///etc/passwd",
        "gopher://127.0.0.1/x",
        "https://user:pass@127.0.0.1/x",
        "https://127.0.0.1@evil.example/x",
        "https://${host}/x",
        "https://127.0.0.1${host}/x",
        "${host}",
        "https://127.0.0.1:${port}/x",
        "http://127.0.0.1:99999/x",
        "//127.0.0.1/x",
    ],
)
async def test_another_host_or_way_is_trouble(lookups, get):
    values = {"host": ".evil.example", "port": "1"}
    with pytest.raises(Trouble) as trouble:
        await lookups.find(source(get), values)
    assert "evil.example/" not in str(trouble.value)


async def test_a_listed_name_that_leads_inside_is_trouble(server):
    async with HttpLookups(Hosts(["localhost"]), {}) as lookups:
        with pytest.raises(Trouble, match=r"no public address.*hosts"):
            await lookups.find(source(f"http://localhost:{server.port}/"), {})
    assert server.asked == []


@pytest.mark.parametrize("listed", ["127.0.0.1", "127.0.0.0/8"])
async def test_unless_its_address_is_listed_too(server, listed):
    async with HttpLookups(Hosts(["localhost", listed]), {}) as lookups:
        asked = source(f"http://localhost:{server.port}/")
        assert await lookups.find(asked, {}) == {"state": "sent"}


@pytest.mark.parametrize("listed", ["2130706433", "127.1", "0177.0.0.1", "0x7f000001"])
async def test_an_address_in_disguise_is_trouble_even_if_it_is_listed(server, listed):
    async with HttpLookups(Hosts([listed]), {}) as lookups:
        with pytest.raises(Trouble):
            await lookups.find(source(f"http://{listed}:{server.port}/"), {})
    assert server.asked == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
    ],
)
def test_which_addresses_are_public(address, public):
    assert Hosts([]).reaches(address) is public


async def test_a_name_with_some_private_addresses_has_only_the_others():
    resolver = GuardedResolver(Hosts([]))
    with pytest.raises(NotAllowed):
        await resolver.resolve("localhost", 80, socket.AF_UNSPEC)


async def test_a_port_may_be_listed(server):
    hosts = Hosts([f"localhost:{server.port}", "127.0.0.1/32"])
    async with HttpLookups(hosts, {}) as lookups:
        await lookups.find(source(f"http://localhost:{server.port}/"), {})
        with pytest.raises(Trouble, match="not among"):
            await lookups.find(source("http://localhost:1/"), {})


# What comes back ----------------------------------------------------------------------


async def test_404_is_nothing(lookups, server):
    server.answer = lambda _: web.Response(status=404)

    assert await find(lookups, server) is None


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 400, 401, 403, 429])
async def test_any_other_status_is_trouble_at_once(lookups, server, status):
    there = {"Location": f"{server.url}/elsewhere"}
    server.answer = lambda _: web.Response(status=status, headers=there)
    with pytest.raises(Trouble, match=f"{status}|redirects"):
        await find(lookups, server, retry="2")
    assert len(server.asked) == 1


async def test_an_error_of_the_server_is_tried_again_as_often_as_retry_says(
    lookups, server
):
    server.answer = lambda _: web.Response(status=503)
    with pytest.raises(Trouble, match="answered 503"):
        await find(lookups, server, retry="2")
    assert len(server.asked) == 3


async def test_the_second_try_may_be_right(lookups, server):
    server.answer = lambda _: (
        web.Response(status=500)
        if len(server.asked) == 1
        else web.json_response({"state": "sent"})
    )
    assert await find(lookups, server, retry="1") == {"state": "sent"}


async def test_a_server_that_hangs_is_trouble_in_time(lookups, server):
    server.answer = lambda _: asyncio.sleep(30)
    began = asyncio.get_running_loop().time()
    with pytest.raises(Trouble, match=r"within 0\.2 s"):
        await find(lookups, server, timeout="200ms")
    assert asyncio.get_running_loop().time() - began < 1


async def test_a_server_that_drips_is_trouble_in_time(lookups, server):
    async def drip(request):
        reply = web.StreamResponse()
        await reply.prepare(request)
        while True:
            await reply.write(b" ")
            await asyncio.sleep(0.05)

    server.answer = drip
    with pytest.raises(Trouble, match="within"):
        await find(lookups, server, timeout="300ms")


async def test_an_answer_that_is_too_large_is_trouble(lookups, server):
    async def flood(request):
        reply = web.StreamResponse()
        await reply.prepare(request)
        with suppress(ConnectionResetError):  # the other side has had enough
            for _ in range(200):
                await reply.write(b" " * 65536)
        return reply

    server.answer = flood
    with pytest.raises(Trouble, match="more than 1024 KiB"):
        await find(lookups, server)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": ' + b"[" * 100_000,
        b"<html>",
    ],
)
async def test_what_is_no_json_object_is_trouble(lookups, server, body):
    server.answer = lambda _: web.Response(body=body)
    with pytest.raises(Trouble, match="one JSON object"):
        await find(lookups, server)


async def test_a_packed_answer_is_trouble(lookups, server):
    server.answer = lambda _: web.Response(
        body=b"x", headers={"Content-Encoding": "gzip"}
    )
    with pytest.raises(Trouble, match="packs"):
        await find(lookups, server)


async def test_a_server_that_is_away_is_trouble_without_what_was_asked(lookups):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        asked = source(f"http://127.0.0.1:{taken.getsockname()[1]}/${{id}}")
        with pytest.raises(Trouble, match="can't be reached") as trouble:
            await lookups.find(asked, {"id": "739146"})
    assert "739146" not in str(trouble.value)
    assert trouble.value.__cause__ is None


async def test_json_says_where_a_column_stands(lookups, server):
    server.answer = lambda _: web.json_response({"data": {"order": {"state": "sent"}}})
    row = await find(
        lookups,
        server,
        json={"state": "data.order.state", "by": "data.who.name"},
        gives={"state": "text", "by": "text"},
    )
    assert row == {"state": "sent", "by": None}
