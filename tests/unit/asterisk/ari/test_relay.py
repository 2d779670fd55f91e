"""Events that outlive the service: by a process that holds the connection."""

import asyncio
import os
import signal
import socket
import stat
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from aiohttp import web

from ivrflow.asterisk.ari.relay import RelayedEvents, relaying
from ivrflow.asterisk.ari.relay import source as module
from ivrflow.asterisk.ari.relay.frames import peer
from ivrflow.asterisk.ari.settings import AriSettings
from ivrflow.secret import Secret
from tests.unit.asterisk.ari.test_inbound import Story, until

TAKEN = '{"type": "ApplicationReplaced", "application": "ivrflow"}'
LONG = "a folder whose name is so long that no address of a socket has room for it " * 2


class Asterisk:
    """Has one connection at a time, as for an application; the newest counts."""

    def __init__(self):
        self.socket = None
        self.connections = 0

    async def ping(self, _):
        return web.json_response({})

    async def events(self, request):
        self.socket = web.WebSocketResponse()
        await self.socket.prepare(request)
        self.connections += 1
        async for _ in self.socket:
            pass
        return self.socket

    async def send(self, *texts):
        for text in texts:
            await self.socket.send_str(text)

    async def has(self, connections):
        await until(lambda: self.connections == connections)


@asynccontextmanager
async def asterisk_runs():
    asterisk = Asterisk()
    app = web.Application()
    app.router.add_get("/ari/asterisk/ping", asterisk.ping)
    app.router.add_get("/ari/events", asterisk.events)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    asterisk.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ari"
    try:
        yield asterisk
    finally:
        await runner.cleanup()


def settings(url, password="hush"):
    return AriSettings(url=url, user="ivr", password=Secret(password))


@asynccontextmanager
async def service(source):
    """A service that hears of events as long as the block runs, and then is gone."""
    story = Story()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(source.run(story))
        try:
            yield story
        finally:
            task.cancel()


def relay_of(source):
    pid, _ = peer(source._writer)
    return pid


def seen_of(pid, path):
    """The rights of its socket, and what any user sees of the process."""
    seen = [Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
    return stat.S_IMODE(path.stat().st_mode), b"".join(seen)


def runs(pid):
    return Path(f"/proc/{pid}").exists()


@asynccontextmanager
async def relayed(folder):
    """An Asterisk, and what makes a service's end of the relay in *folder*."""
    async with asterisk_runs() as asterisk:
        made = []

        def joined(**how):
            made.append(RelayedEvents(settings(asterisk.url, **how), folder / "events"))
            return made[-1]

        yield asterisk, joined
        last = joined()
        async with service(last) as story:
            await until(lambda: story)
            pid = relay_of(last)
        os.kill(pid, signal.SIGTERM)
        await until(lambda: not runs(pid))


async def test_what_comes_while_no_service_is_there_is_kept_for_the_next(tmp_path):
    async with relayed(tmp_path) as (asterisk, joined):
        async with service(joined()) as first:
            await asterisk.has(1)
            await asterisk.send("1", "2")
            await until(lambda: len(first) == 3)
        await asyncio.sleep(0.1)  # its end is noticed
        await asterisk.send("3", "4")
        async with service(joined()) as second:
            await until(lambda: len(second) == 3)
            await asterisk.send("5")
            await until(lambda: len(second) == 4)

    assert first == ["connected", b"1", b"2", "disconnected: the service stops"]
    assert second[:4] == ["connected", b"3", b"4", b"5"]
    assert asterisk.connections == 1


async def test_long_names_of_folders_do_it_no_harm_and_nobody_else_may_join(tmp_path):
    folder = tmp_path / LONG
    folder.mkdir()
    async with relayed(folder) as (_, joined):
        source = joined()
        async with service(source) as story:
            await until(lambda: story == ["connected"])
            mode, said = seen_of(relay_of(source), folder / "events")

    assert mode == 0o600
    assert b"hush" not in said
    assert b"relay" in said
    assert not (folder / "events").exists()


async def test_a_relay_that_dies_is_noticed_and_another_one_takes_its_place(tmp_path):
    async with relayed(tmp_path) as (asterisk, joined):
        source = joined()
        async with service(source) as story:
            await until(lambda: story == ["connected"])
            os.kill(relay_of(source), signal.SIGKILL)
            await until(lambda: story[1:] and story[-1] == "connected")
            await asterisk.send("1")
            await until(lambda: b"1" in story)

    ended = "disconnected: the relay for its events has ended"
    assert story[:4] == ["connected", ended, "connected", b"1"]


async def test_a_dead_connection_is_made_again_by_the_same_relay(tmp_path):
    async with relayed(tmp_path) as (_, joined):
        source = joined()
        async with service(source) as story:
            await until(lambda: story == ["connected"])
            before = relay_of(source)
            source.drop("nothing comes")
            await until(lambda: story[-1] == "connected" and story[1:])
            after = relay_of(source)

    assert story[:3] == ["connected", "disconnected: nothing comes", "connected"]
    assert before == after


async def test_a_relay_that_hangs_is_killed(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(module, "ANSWERS_WITHIN", 0.3)
    async with relayed(tmp_path) as (_, joined):
        source = joined()
        async with service(source) as story:
            await until(lambda: story == ["connected"])
            hangs = relay_of(source)
            os.kill(hangs, signal.SIGSTOP)
            source.drop("nothing comes")
            await until(lambda: len(story) == 3)
            assert relay_of(source) != hangs

    assert "hangs; another one is started" in caplog.text
    caplog.clear()


async def test_a_relay_with_another_password_is_replaced(tmp_path):
    async with relayed(tmp_path) as (_, joined):
        source = joined(password="old")
        async with service(source) as story:
            await until(lambda: story == ["connected"])
            before = relay_of(source)
        source = joined()
        async with service(source) as story:
            await until(lambda: story == ["connected"])
            assert relay_of(source) != before


async def test_without_a_relay_the_service_connects_itself(tmp_path, caplog):
    async with asterisk_runs() as asterisk:
        nowhere = tmp_path / "nowhere" / "events"
        source = RelayedEvents(settings(asterisk.url), nowhere)
        async with service(source) as story:
            await asterisk.has(1)
            await asterisk.send("1")
            await until(lambda: "1" in story)

    assert caplog.text.count("can't be had") == 3
    assert "fetched without a relay now" in caplog.text
    caplog.clear()


async def test_why_a_relay_can_not_listen_is_told(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(module, "TRIES", 1)
    (tmp_path / "events").mkdir()
    async with asterisk_runs() as asterisk:
        source = RelayedEvents(settings(asterisk.url), tmp_path / "events")
        async with service(source):
            await asterisk.has(1)

    assert f"can't be had: {tmp_path / 'events'}: Is a directory" in caplog.text
    caplog.clear()


# The process itself, run in here ---------------------------------------------------


@contextmanager
def listening(folder):
    with socket.socket(socket.AF_UNIX) as made:
        before = Path.cwd()
        os.chdir(folder)
        try:
            made.bind("events")
        finally:
            os.chdir(before)
        yield made


@asynccontextmanager
async def in_here(folder, url):
    """A relay in this process, and the task that ends with it."""
    with listening(folder) as made:
        relay = relaying.Relay(settings(url))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(relay.run(made))
            yield relay, task
            relay.over.set()


@pytest.fixture
def soon(monkeypatch):
    for name in ("ALONE", "TAKEN", "LOOKS_EVERY"):
        monkeypatch.setattr(relaying, name, 0.05)


async def test_who_has_too_much_to_keep_lets_go_of_it_and_says_so(
    tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(relaying, "MOST_KEPT", 160)
    async with asterisk_runs() as asterisk, in_here(tmp_path, asterisk.url):
        await asterisk.has(1)
        await asterisk.send(*("x" * 60 for _ in range(3)))
        await asyncio.sleep(0.1)
        source = RelayedEvents(settings(asterisk.url), tmp_path / "events")
        async with service(source) as story:
            await until(lambda: len(story) == 2)

    assert story[:2] == ["connected", b"x" * 60]
    assert "2 events came while this service was away" in caplog.text
    caplog.clear()


async def test_it_ends_when_another_program_has_the_application(tmp_path, soon):
    async with (
        asterisk_runs() as asterisk,
        in_here(tmp_path, asterisk.url) as (_, task),
    ):
        await asterisk.has(1)
        source = RelayedEvents(settings(asterisk.url), tmp_path / "events")
        async with service(source) as story:
            await until(lambda: story == ["connected"])
            await asterisk.send(TAKEN)
            await until(task.done)

    assert story[1] == TAKEN.encode()


async def test_it_ends_when_neither_asterisk_nor_a_service_is_there(tmp_path, soon):
    async with in_here(tmp_path, "http://127.0.0.1:9/ari") as (_, task):
        await until(task.done)


async def test_it_stays_as_long_as_asterisk_is_there_whatever_callers_are_called(
    tmp_path, soon
):
    async with (
        asterisk_runs() as asterisk,
        in_here(tmp_path, asterisk.url) as (_, task),
    ):
        await asterisk.has(1)
        await asterisk.send(
            '{"type": "StasisStart", "application": "ivrflow", '
            '"channel": {"caller": {"name": "ApplicationReplaced"}}}',
            '["ApplicationReplaced"]',
            '"ApplicationReplaced',
        )
        await asyncio.sleep(0.3)
        assert not task.done()
