"""The guard before panoramisk, against a far end that does what it likes."""

import asyncio
import random
from contextlib import asynccontextmanager, suppress

import pytest

from ivrflow.aio import beside
from ivrflow.asterisk.ami import client as module
from ivrflow.asterisk.ami.client import TIME_LIMIT, Ami, AmiAway, AmiSettings
from ivrflow.secret import Secret

GREETING = b"Asterisk Call Manager/9.0.0\r\n"


def read(lines):
    return dict(line.split(": ", 1) for line in lines if ": " in line)


class Manager:
    """A manager interface: what it was asked, and what it answers to each action."""

    def __init__(self):
        self.asked = []
        self.answers = {"Login": "Success", "Ping": "Success", "Setvar": "Success"}
        self.connections = 0
        self.greeting = GREETING
        self.writers = []

    async def serve(self, reader, writer):
        self.connections += 1
        self.writers.append(writer)
        writer.write(self.greeting)
        try:
            while True:
                text = (await reader.readuntil(b"\r\n\r\n")).decode()
                action = read(text.split("\r\n"))
                self.asked.append(action)
                answer = self.answers.get(action["Action"])
                if answer == "closes":
                    break
                for one in answer.split("|") if answer is not None else ():
                    status, _, words = one.partition(" ")
                    writer.write(
                        f"Response: {status}\r\nActionID: {action['ActionID']}\r\n"
                        f"Message: {words}\r\n\r\n".encode()
                    )
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def of(self, name):
        return [action for action in self.asked if action["Action"] == name]


@asynccontextmanager
async def ami_at(manager, **how):
    server = await asyncio.start_server(manager.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ami = Ami(AmiSettings(port=port, user="ivrflow", password=Secret("s3cret")), **how)
    try:
        yield ami
    finally:
        server.close()
        for writer in manager.writers:
            writer.close()


@asynccontextmanager
async def running(manager, **how):
    async with ami_at(manager, **how) as ami, beside(kept(ami)):
        async with asyncio.timeout(5):
            while not ami.ready:
                await asyncio.sleep(0.005)
        yield ami


async def kept(ami):
    with suppress(AmiAway):
        await ami.run()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "WITHIN", 0.3)


async def test_a_variable_is_set_and_the_channel_named():
    manager = Manager()
    async with running(manager) as ami:
        assert await ami.set_variable("1731.17", TIME_LIMIT, "45")
    (asked,) = manager.of("Setvar")
    assert asked["Channel"] == "1731.17"
    assert asked["Variable"] == "TIMEOUT(absolute)"
    assert asked["Value"] == "45"


async def test_channel_that_has_gone_is_no_error():
    manager = Manager()
    manager.answers["Setvar"] = "Error No such channel"
    async with running(manager) as ami:
        assert not await ami.set_variable("1731.17", "IVRFLOW_STATE", "x")


@pytest.mark.parametrize(
    ("channel", "variable", "value"),
    [
        ("1731.17\r\nAction: Originate", TIME_LIMIT, "45"),
        ("two words", TIME_LIMIT, "45"),
        ("1731.17", "SHELL(id)", "45"),
        ("1731.17", "A\nB", "45"),
        ("1731.17", TIME_LIMIT, "45\r\nAction: Originate"),
        ("1731.17", TIME_LIMIT, "45\x00"),
        ("1731.17", "A", "x" * 1025),
    ],
)
async def test_what_would_be_more_than_one_value_is_never_sent(
    channel, variable, value
):
    manager = Manager()
    async with running(manager) as ami:
        with pytest.raises(ValueError, match=r"channel|variable|value"):
            await ami.set_variable(channel, variable, value)
    assert manager.of("Setvar") == []
    assert manager.of("Originate") == []


async def test_wrong_password_is_told_with_its_cure():
    manager = Manager()
    manager.answers["Login"] = "Error Authentication failed"
    async with ami_at(manager) as ami:
        with pytest.raises(AmiAway, match=r"refuses user 'ivrflow'.*manager\.conf"):
            await ami.run()


async def test_where_nothing_listens_it_is_away():
    manager = Manager()
    async with ami_at(manager) as ami:
        pass
    with pytest.raises(AmiAway, match="no AMI at 127"):
        await ami.run()
    with pytest.raises(AmiAway, match="AMI is away"):
        await ami.set_variable("1731.17", TIME_LIMIT, "45")


async def test_who_answers_nothing_is_left_and_nobody_waits_for_ever():
    manager = Manager()
    manager.answers["Setvar"] = None
    async with running(manager) as ami:
        with pytest.raises(AmiAway, match="does not answer to Setvar"):
            await ami.set_variable("1731.17", TIME_LIMIT, "45")
        async with asyncio.timeout(5):
            while ami.ready:
                await asyncio.sleep(0.005)


async def test_silence_between_two_actions_is_noticed_by_a_ping():
    manager = Manager()
    manager.answers["Ping"] = None
    async with ami_at(manager, ping_every=0.05) as ami:
        with pytest.raises(AmiAway, match="does not answer to Ping"):
            await ami.run()


async def test_what_was_not_answered_is_not_sent_again_on_the_next_connection():
    manager = Manager()
    manager.answers["Setvar"] = "closes"
    async with ami_at(manager) as ami:
        for _ in range(2):
            async with beside(kept(ami)):
                async with asyncio.timeout(5):
                    while not ami.ready:
                        await asyncio.sleep(0.005)
                if not manager.of("Setvar"):
                    with pytest.raises(AmiAway, match="went away during Setvar"):
                        await ami.set_variable("1731.17", TIME_LIMIT, "45")
                await asyncio.sleep(0.05)
    assert manager.connections == 2
    assert len(manager.of("Setvar")) == 1


async def test_far_end_that_is_no_asterisk_does_not_fill_the_memory(caplog):
    manager = Manager()
    manager.greeting = b"x" * 3_000_000
    async with ami_at(manager) as ami:
        with pytest.raises(AmiAway):
            await ami.run()
    assert "is no Asterisk" in caplog.text
    caplog.clear()


async def test_far_end_that_answers_in_several_parts_is_no_asterisk():
    manager = Manager()
    several = "Success the rest will follow|Success the rest"
    manager.answers["Setvar"] = several
    async with running(manager) as ami:
        with pytest.raises(AmiAway, match="as no Asterisk does"):
            await ami.set_variable("1731.17", TIME_LIMIT, "45")
    manager.answers["Login"] = several
    async with ami_at(manager) as ami:
        with pytest.raises(AmiAway, match="as no Asterisk does"):
            await ami.run()


async def test_panic_switch_that_nobody_ever_threw_is_off():
    manager = Manager()
    manager.answers["DBGet"] = "Error Database entry not found"
    async with running(manager) as ami:
        assert await ami.panic() == ""
    (asked,) = manager.of("DBGet")
    assert (asked["Family"], asked["Key"]) == ("ivrflow", "panic")


async def test_user_who_may_not_read_the_panic_switch_is_told():
    manager = Manager()
    manager.answers["DBGet"] = "Error Permission denied"
    async with running(manager) as ami:
        with pytest.raises(AmiAway, match="Permission denied"):
            await ami.panic()


PIECES = [
    *"\r\n\0 \t:=,\x85\u2028\x0b\x1e\udc80ä中",
    "\r\n\r\nAction: Originate\r\nApplication: System\r\nData: id\r\n\r\n",
    "TIMEOUT(absolute)",
    "SHELL(id)",
    "IVRFLOW_STATE",
    "1731.17",
    "PJSIP/1001-00000001",
    "45",
]


async def test_of_all_that_is_tried_one_action_comes_as_it_was_said_or_none():
    """4,000 calls with line ends and their like in all three places."""
    dice = random.Random(8)
    manager, sent = Manager(), []

    def text(right):
        wrong = "".join(dice.choices(PIECES, k=dice.choice((1, 2, 3))))
        return right if dice.random() < 0.4 else wrong

    async with running(manager) as ami:
        for _ in range(4000):
            said = text("1731.17"), text("IVRFLOW_LINE"), text("1")
            with suppress(ValueError):
                await ami.set_variable(*said)
                sent.append(said)

    came = [
        (one["Channel"], one["Variable"], one["Value"])
        for one in manager.asked
        if one["Action"] == "Setvar"
    ]
    assert came == sent
    assert len(sent) > 500
    assert {one["Action"] for one in manager.asked} <= {"Login", "Ping", "Setvar"}
    assert manager.connections == 1
