"""The private Asterisk, started for real from the files that we ship."""

import asyncio
import base64
import os
import socket
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from ivrflow.asterisk.home import run
from ivrflow.asterisk.home.credentials import Credentials
from ivrflow.asterisk.home.failed import AsteriskFailed
from ivrflow.asterisk.home.fetch import find_or_fetch
from ivrflow.asterisk.home.ports import free_ports
from ivrflow.asterisk.home.run import private_asterisk

pytestmark = pytest.mark.asterisk


@pytest.fixture(scope="session")
def asterisk():
    return find_or_fetch()


@pytest.fixture
async def pbx(asterisk, tmp_path):
    async with private_asterisk(asterisk, tmp_path / "pbx") as pbx:
        yield pbx


@pytest.fixture
async def outbound(asterisk, tmp_path):
    """One that brings its events to us."""
    ports = free_ports(outbound=True)
    async with private_asterisk(asterisk, tmp_path / "outbound", ports=ports) as pbx:
        yield pbx


def ari(pbx):
    """A session of HTTP with ARI's user."""
    pair = base64.b64encode(f"{pbx.ari_user}:{pbx.ari_password}".encode()).decode()
    return aiohttp.ClientSession(headers={"Authorization": f"Basic {pair}"})


def complaints(pbx):
    """What Asterisk wrote into its log as a warning or an error."""
    text = (pbx.log_dir / "messages.log").read_text()
    return [line for line in text.splitlines() if "WARNING" in line or "ERROR" in line]


async def eventually(log, words, within=10):
    """Wait until *words* stand in the file *log*."""
    async with asyncio.timeout(within):
        while words not in log.read_text():
            await asyncio.sleep(0.1)


@asynccontextmanager
async def service(pbx):
    """A service that has connected to Asterisk: a queue of its events."""
    events = asyncio.Queue()

    async def read(socket):
        async for message in socket:
            events.put_nowait(message.json())

    url = f"{pbx.ari_url}/events?app=ivrflow"
    async with (
        ari(pbx) as session,
        session.ws_connect(url) as socket,
        asyncio.TaskGroup() as group,
    ):
        reading = group.create_task(read(socket))
        yield events
        reading.cancel()


@asynccontextmanager
async def meeting(pbx):
    """What listens where Asterisk looks for us: a queue of its events."""
    events = asyncio.Queue()
    sockets = []

    async def meet(request):
        assert request.headers["Authorization"].startswith("Basic ")
        pair = base64.b64decode(request.headers["Authorization"].split()[1]).decode()
        assert pair == f"{pbx.events_user}:{pbx.events_password}"
        peer = web.WebSocketResponse(protocols=("ari",))
        await peer.prepare(request)
        assert peer.ws_protocol == "ari"
        sockets.append(peer)
        async for message in peer:
            events.put_nowait(message.json())
        return peer

    app = web.Application()
    app.router.add_get("/ari", meet)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", pbx.events_port)
    try:
        await site.start()
        yield events
    finally:
        # Stop listening first: Asterisk comes back as soon as its connection ends.
        await site.stop()
        for peer in sockets:
            await peer.close()
        await runner.cleanup()


async def event(events, kind, within=10):
    async with asyncio.timeout(within):
        while (got := await events.get())["type"] != kind:
            pass
        return got


async def call(pbx, number, context="from-trunk", caller="13800138000"):
    """Let a channel dial *number* in *context*; its other side waits."""
    order = {
        "endpoint": f"Local/{number}@{context}",
        "context": "ivrflow",
        "extension": "300",
        "callerId": caller,
        "timeout": 30,
    }
    async with (
        ari(pbx) as session,
        session.post(f"{pbx.ari_url}/channels", json=order) as got,
    ):
        assert got.status == 200, await got.text()


async def set_global(pbx, name, value):
    async with (
        ari(pbx) as session,
        session.post(
            f"{pbx.ari_url}/asterisk/variable",
            json={"variable": name, "value": value},
        ) as got,
    ):
        assert got.status == 204


def sip(pbx, method, number, user, answers=1):
    """Send one SIP request; return the first lines of so many answers."""
    host, port = pbx.sip
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(5)
        me = f"127.0.0.1:{phone.getsockname()[1]}"
        sdp = (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            "m=audio 9998 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
        )
        phone.sendto(
            (
                f"{method} sip:{number}@{host}:{port} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {me};branch=z9hG4bK{os.urandom(8).hex()};rport\r\n"
                f"From: <sip:{user}@{host}>;tag=1\r\nTo: <sip:{number}@{host}>\r\n"
                f"Call-ID: {os.urandom(8).hex()}\r\nCSeq: 1 {method}\r\n"
                f"Contact: <sip:{user}@{me}>\r\nMax-Forwards: 70\r\n"
                f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n"
                f"{sdp}"
            ).encode(),
            (host, port),
        )
        return [phone.recv(4096).decode().splitlines()[0] for _ in range(answers)]


async def test_it_starts_from_the_shipped_files_without_a_complaint(pbx, outbound):
    assert complaints(pbx) == []
    assert "=> 1. Goto(ivrflow-enter" in await pbx.rx("dialplan show ivrflow")
    assert "calm" in await pbx.rx("moh show classes")
    assert "ws://" not in await pbx.rx("ari show outbound-websockets")
    brings = await outbound.rx("ari show outbound-websockets")
    assert f"valid   ws://127.0.0.1:{outbound.events_port}/ari" in brings
    assert complaints(outbound) == []


def open_ports(pid):
    """What the process listens on: {"tcp": {port: address in hex}, "udp": ...}."""
    held = Path(f"/proc/{pid}/fd")
    own = {os.readlink(fd) for fd in held.iterdir() if fd.is_symlink()}
    ports = {"tcp": {}, "udp": {}}
    for table in ("tcp", "udp", "tcp6", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if f"socket:[{rest[5]}]" in own and state in ("0A", "07"):
                address, port = local.split(":")
                ports[table[:3]][int(port, 16)] = address
    return ports


async def test_nothing_of_it_listens_beyond_this_machine(pbx):
    async with service(pbx) as events:
        await asyncio.to_thread(sip, pbx, "INVITE", "12313", "13800138000")
        # The first answer comes before the ports for sound are taken.
        await event(events, "StasisStart")
        ports = open_ports(pbx.pid)
    loopback = "0100007F"
    assert ports["tcp"] == {pbx.ports.ari: loopback, pbx.ports.ami: loopback}
    # PJSIP has a port by which it would ask DNS servers, open to all: a client's.
    first, last = pbx.ports.rtp
    sound = {p: where for p, where in ports["udp"].items() if first <= p <= last}
    assert set(sound.values()) == {loopback}
    assert ports["udp"][pbx.sip[1]] == loopback


async def test_ari_wants_the_password_and_knows_no_other(pbx):
    async with (
        aiohttp.ClientSession() as stranger,
        stranger.get(f"{pbx.ari_url}/asterisk/info") as got,
    ):
        assert got.status == 401
    async with (
        ari(pbx) as session,
        session.get(f"{pbx.ari_url}/asterisk/info") as got,
    ):
        assert got.status == 200


async def test_the_files_with_passwords_are_for_their_owner_alone(pbx):
    modes = {p.stat().st_mode & 0o777 for p in pbx.folders.etc.rglob("*.conf")}
    assert modes == {0o600}


async def test_after_the_block_no_process_is_left_but_the_logs_are(asterisk, tmp_path):
    with pytest.raises(ZeroDivisionError):
        async with private_asterisk(asterisk, tmp_path) as pbx:
            raise ZeroDivisionError
    with pytest.raises(ProcessLookupError):
        os.kill(pbx.pid, 0)
    assert (pbx.log_dir / "full.log").stat().st_size > 0


async def test_a_folder_with_a_very_long_name_will_do(asterisk, tmp_path):
    async with private_asterisk(asterisk, tmp_path / ("long" * 30)) as pbx:
        assert "System uptime" in await pbx.rx("core show uptime")
    assert not pbx.folders.run.exists()


async def test_a_port_in_use_is_named(asterisk, tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        ports = replace(free_ports(), sip=port)
        with pytest.raises(AsteriskFailed, match=f"SIP can't listen on .*:{port}"):
            async with private_asterisk(asterisk, tmp_path, ports=ports):
                pass


@pytest.mark.parametrize("name", ["sip", "ami", "ari"])
async def test_a_port_that_is_taken_while_asterisk_starts_is_named(
    asterisk, tmp_path, name
):
    ports = free_ports()
    port, kind = getattr(ports, name), "DGRAM" if name == "sip" else "STREAM"
    taking = (
        "import os, socket, sys; "
        f"other = socket.socket(type=socket.SOCK_{kind}); "
        f"other.bind(('127.0.0.1', {port})); "
        f"other.type == socket.SOCK_STREAM and other.listen(); "
        "other.set_inheritable(True); os.execvp(sys.argv[1], sys.argv[1:])"
    )
    late = replace(asterisk, command=(sys.executable, "-c", taking, *asterisk.command))
    with pytest.raises(
        AsteriskFailed, match=r"one of its ports.*Address already in use"
    ):
        async with private_asterisk(late, tmp_path, ports=ports):
            pass


async def test_an_asterisk_that_does_not_start_shows_its_last_words(asterisk, tmp_path):
    (tmp_path / "broken").write_text("#!/bin/sh\necho no such library; exit 3\n")
    broken = replace(asterisk, command=("/bin/sh", str(tmp_path / "broken")))
    with pytest.raises(AsteriskFailed, match=r"(?s)ended with code 3.*such library"):
        async with private_asterisk(broken, tmp_path / "pbx"):
            pass


async def test_an_asterisk_without_ari_is_not_waited_for_for_ever(
    asterisk, tmp_path, monkeypatch
):
    monkeypatch.setattr(run, "START_WITHIN", 2.0)
    without = replace(asterisk, modules=tmp_path)
    with pytest.raises(AsteriskFailed, match=r"(?s)within 2 s \(.*404.*messages\.log"):
        async with private_asterisk(without, tmp_path / "pbx"):
            pass


async def test_one_that_dies_says_so(pbx):
    os.kill(pbx.pid, 9)
    assert "ended with code -9" in str(await pbx.died())


async def test_passwords_that_are_given_are_used(asterisk, tmp_path):
    credentials = Credentials(agents={"4711": "geheim"})
    async with private_asterisk(asterisk, tmp_path, credentials=credentials) as pbx:
        endpoints = await pbx.rx("pjsip list endpoints")
    assert "4711/4711" in endpoints
    assert "1001" not in endpoints


async def test_a_call_that_came_while_we_were_away_is_tried_again_until_we_connect(pbx):
    await call(pbx, "12313")
    await asyncio.sleep(0.6)
    async with service(pbx) as events:
        start = await event(events, "StasisStart", within=1)
    assert start["args"] == ["call", "12313"]
    assert "gets the fallback" not in (pbx.log_dir / "full.log").read_text()


async def test_a_call_that_came_while_we_were_away_is_kept_by_who_connects_to_us(
    outbound,
):
    await call(outbound, "12313")
    await asyncio.sleep(0.6)
    async with meeting(outbound) as events:
        start = await event(events, "StasisStart")
    assert start["application"] == "ivrflow"
    assert start["args"] == ["call", "12313"]
    assert start["channel"]["dialplan"]["exten"] == "12313"
    assert start["channel"]["caller"]["number"] == "13800138000"
    assert start["channel"]["channelvars"] == dict.fromkeys(
        ("IVRFLOW_STATE", "IVRFLOW_LINE", "IVRFLOW_LANGUAGE"), ""
    )


CALLERS = {
    "13800138000": "13800138000",
    "Bob <+8613800138000>": "+8613800138000",
    "Anonymous <anonymous>": "",
    "": "",
    "a1b2": "",
    "'\"x,;' <${SHELL(id)}>": "",
    "<" + "1" * 21 + ">": "",
}


async def test_a_callers_number_is_digits_or_withheld(pbx):
    numbers = {}
    async with service(pbx) as events:
        for caller in CALLERS:
            await call(pbx, "12313", caller=caller)
            start = await event(events, "StasisStart")
            numbers[caller] = start["channel"]["caller"]["number"]
        assert complaints(pbx) == []
    assert numbers == CALLERS


async def test_agents_dial_feature_codes(pbx):
    async with service(pbx) as events:
        await call(pbx, "*11", context="from-agents", caller="1001")
        start = await event(events, "StasisStart")
    assert start["args"] == ["call", "*11"]


async def test_callers_reach_no_number_that_is_none(pbx):
    for number in ("12", "1234567890123456", "12a", "*11", "s", "h"):
        said = await asyncio.to_thread(sip, pbx, "INVITE", number, "13800138000", 2)
        assert "SIP/2.0 404 Not Found" in said, number


async def test_a_caller_without_an_account_is_let_in(pbx):
    (first,) = await asyncio.to_thread(sip, pbx, "INVITE", "12313", "13800138000")
    assert first == "SIP/2.0 100 Trying"


async def test_an_agents_phone_needs_its_password(pbx):
    for method in ("REGISTER", "INVITE"):
        (first,) = await asyncio.to_thread(sip, pbx, method, "1001", "1001")
        assert first == "SIP/2.0 401 Unauthorized"


async def test_without_a_service_a_caller_hears_ringing_then_the_last_words(pbx):
    await set_global(pbx, "IVRFLOW_RETRY_FOR", "1")
    await set_global(pbx, "IVRFLOW_MAILBOX_SECONDS", "0")
    await set_global(pbx, "IVRFLOW_LANGUAGE", "en")
    log = pbx.log_dir / "full.log"
    begin = asyncio.get_running_loop().time()
    await call(pbx, "12313")
    await eventually(log, "gets the fallback: STASISSTATUS=FAILED")
    assert asyncio.get_running_loop().time() - begin >= 1
    await eventually(log, "gone with cause 41")


async def test_the_dead_mans_timer_can_be_switched_off(pbx):
    log = pbx.log_dir / "full.log"
    await set_global(pbx, "IVRFLOW_MAILBOX_SECONDS", "0")
    await set_global(pbx, "IVRFLOW_LANGUAGE", "en")
    async with service(pbx) as events:
        for seconds, number in (("0", "12313"), ("1", "95588")):
            await set_global(pbx, "IVRFLOW_DEAD_MAN", seconds)
            await call(pbx, number)
            await event(events, "StasisStart")
        await eventually(log, "gets the fallback")
        await eventually(log, "gone with cause 41")
    assert "12313@from-trunk-00000000;2 gets the fallback" not in log.read_text()
