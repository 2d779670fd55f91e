"""One AGI connection, and who is let in."""

import asyncio
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest
from agi_rig import request

from ivrflow.aio import beside
from ivrflow.asterisk.agi import commands
from ivrflow.asterisk.agi.line import LineLost
from ivrflow.asterisk.agi.server import AgiServer, AgiSettings
from ivrflow.telephony.channel import Cause

HOME = ip_network("127.0.0.0/8")


class House:
    """A server, and the lines that have said what they want."""

    def __init__(self, **settings):
        self.taken = asyncio.Queue()
        self._far_ends = []
        self.server = AgiServer(
            AgiSettings(**{"port": 0, "peers": (HOME,), **settings}),
            lambda line, request: self.taken.put_nowait((line, request)),
        )

    async def connect(self, said=b""):
        await self.server.listens()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        self._far_ends.append(writer)
        writer.write(said)
        return reader, writer

    def leave(self):
        """Break all connections that are left."""
        for writer in self._far_ends:
            writer.transport.abort()

    async def call(self):
        """A line on our side, and both ends of Asterisk's."""
        reader, writer = await self.connect(request())
        async with asyncio.timeout(5):
            line, _ = await self.taken.get()
        return line, reader, writer


@asynccontextmanager
async def house(**settings):
    made = House(**settings)
    async with beside(made.server.run()):
        yield made
        made.leave()
        await until(lambda: made.server.connections == 0)


async def is_closed(reader):
    async with asyncio.timeout(8):
        try:
            return await reader.read() == b""
        except ConnectionError:
            return True


async def until(look):
    async with asyncio.timeout(5):
        while not look():
            await asyncio.sleep(0.01)


async def test_a_command_is_answered_by_the_line_that_comes_for_it():
    async with house() as ours:
        line, reader, writer = await ours.call()
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(line.ask(commands.answer()))
            assert await reader.readline() == b"ANSWER\n"
            writer.write(b"200 result=0\n")
        assert asked.result().code == 200
        writer.close()
        await line.over
        assert line.gone.result() is Cause.NORMAL_UNSPECIFIED


async def test_two_who_ask_take_turns():
    async with house() as ours:
        line, reader, writer = await ours.call()
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(line.ask(commands.get_variable(name)))
                for name in ("FIRST", "SECOND")
            ]
            for value in (b"one", b"two"):
                assert b"GET VARIABLE" in await reader.readline()
                writer.write(b"200 result=1 (" + value + b")\n")
        assert [one.result().note for one in asked] == ["one", "two"]
        writer.close()


async def test_a_hang_up_is_known_at_once_also_while_nothing_is_asked():
    async with house() as ours:
        line, _, writer = await ours.call()
        writer.write(b"HANGUP\n")
        async with asyncio.timeout(5):
            assert await line.gone is Cause.NORMAL_CLEARING
        assert not line.over.done(), "what is left to be said can still be said"
        writer.close()


async def test_an_answer_that_nobody_asked_for_ends_the_connection(caplog):
    async with house() as ours:
        line, reader, writer = await ours.call()
        writer.write(b"200 result=0\n")
        assert await is_closed(reader)
        assert "nobody asked for" in caplog.text
        with pytest.raises(LineLost):
            await line.ask(commands.answer())


async def test_two_answers_to_one_command_end_the_connection():
    async with house() as ours:
        line, reader, writer = await ours.call()
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(line.ask(commands.get_variable("NAME")))
            await reader.readline()
            # A value with a line end in it: its second line is out of step.
            writer.write(b"200 result=1 (a)\n200 result=1 (b)\n")
        assert asked.result().note == "a"
        assert await is_closed(reader)


async def test_a_sound_is_stopped_by_a_command_and_then_has_no_answer():
    async with house() as ours:
        line, reader, writer = await ours.call()
        async with asyncio.TaskGroup() as group:
            playing = group.create_task(
                line.ask(commands.play("beep"), within=None, stops=True)
            )
            assert b"STREAM FILE" in await reader.readline()
            playing.cancel()
            assert await reader.readline() == b"NOOP\n"
            writer.write(b"200 result=0\n")
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(line.ask(commands.status()))
            assert b"CHANNEL STATUS" in await reader.readline()
            writer.write(b"200 result=6\n")
        assert asked.result().result == 6
        writer.close()


async def test_a_sound_that_ended_just_then_has_its_answer_before_the_other_one():
    async with house() as ours:
        line, reader, writer = await ours.call()
        async with asyncio.TaskGroup() as group:
            playing = group.create_task(
                line.ask(commands.play("beep"), within=None, stops=True)
            )
            await reader.readline()
            playing.cancel()
            assert await reader.readline() == b"NOOP\n"
            writer.write(b"200 result=0 endpos=800\n200 result=0\n")
        assert not line.over.done()
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(line.ask(commands.status()))
            await reader.readline()
            writer.write(b"200 result=6\n")
        assert asked.result().result == 6
        writer.close()


async def test_who_is_not_listed_is_closed_unread(caplog):
    async with house(peers=(ip_network("10.0.0.0/8"),)) as ours:
        reader, _ = await ours.connect(request())
        assert await is_closed(reader)
        assert ours.taken.empty()
        assert ours.server.refused == 1
        assert "127.0.0.1 is not among peers: under agi:" in caplog.text


async def test_there_are_only_so_many_at_a_time(caplog):
    async with house(connections=2) as ours:
        _, _, first = await ours.call()
        await ours.call()
        reader, _ = await ours.connect(request())
        assert await is_closed(reader)
        assert ours.server.connections == 2
        first.close()
        await until(lambda: ours.server.connections == 1)
        await ours.call()


@pytest.mark.parametrize(
    "said",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"\n", b"\0" * 9000],
    ids=["http", "tls", "an empty line", "zeros"],
)
async def test_whoever_says_something_else_is_broken_off(said, caplog, monkeypatch):
    monkeypatch.setattr("ivrflow.asterisk.agi.line.REQUEST_WITHIN", 0.5)
    async with house() as ours:
        reader, _ = await ours.connect(said)
        assert await is_closed(reader)
        assert ours.taken.empty()
        assert "is broken off" in caplog.text


async def test_who_connects_and_says_nothing_is_broken_off(monkeypatch, caplog):
    monkeypatch.setattr("ivrflow.asterisk.agi.line.REQUEST_WITHIN", 0.2)
    async with house() as ours:
        reader, _ = await ours.connect(b"agi_network: yes\n")
        assert await is_closed(reader)
        assert "did not say within" in caplog.text


async def test_a_thousand_who_connect_leave_nothing_behind(caplog):
    async with house(connections=60) as ours:
        line, reader, writer = await ours.call()
        for _ in range(20):
            flood = [await ours.connect(b"GET /\n\n") for _ in range(50)]
            for other, end in flood:
                assert await is_closed(other)
                end.close()
        await until(lambda: ours.server.connections == 1)
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(line.ask(commands.status()))
            await reader.readline()
            writer.write(b"200 result=6\n")
        assert asked.result().result == 6, "the call that was up notices nothing"
        writer.close()
    said = [r for r in caplog.records if "is broken off" in r.getMessage()]
    assert 1 <= len(said) <= 100, "the log is not flooded either"


async def test_a_port_that_is_taken_is_named_and_tried_again(caplog, monkeypatch):
    monkeypatch.setattr("ivrflow.asterisk.agi.server.TAKEN_AGAIN", 0.05)
    other = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    async with house(port=port) as ours:
        await until(lambda: "AGI can't listen on" in caplog.text)
        other.close()
        async with asyncio.timeout(5):
            await ours.server.listens()
    assert "see agi: in the settings" in caplog.text
    caplog.clear()  # it is an error, and meant
