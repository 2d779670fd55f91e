"""What a relay keeps of callers' keys, and what the next service makes of it."""

import asyncio
import json
import resource
import subprocess
import sys

import pytest

from ivrflow.asterisk.ari.kept_keys import KeptKeys
from ivrflow.asterisk.ari.relay import keys
from ivrflow.asterisk.ari.relay.keys import KeyKeeper
from ivrflow.telephony.keys import Before, Place
from tests.unit.asterisk.ari.test_inbound import until
from tests.unit.asterisk.ari.test_relay import relay_of, relayed, service


def event(kind, channel, **more):
    told = {"type": kind, "application": "ivrflow", "channel": {"id": channel}, **more}
    return json.dumps(told)


def key(channel, digit):
    return event("ChannelDtmfReceived", channel, digit=digit, duration_ms=80)


@pytest.fixture
async def keeper():
    return KeyKeeper()


def types(keeper, channel, typed):
    return [keeper.heard(key(channel, digit).encode()) for digit in typed]


def kept(keeper):
    return {
        one["channel"]: (one["since"], one["numbers"], one["keys"])
        for one in keeper.kept()
    }


async def test_keys_are_counted_over_all_channels_and_kept_for_each(keeper):
    keeper.heard(event("StasisStart", "a").encode())
    assert types(keeper, "a", "1") == [1]
    keeper.heard(event("StasisStart", "b").encode())
    assert types(keeper, "b", "9") == [2]
    assert types(keeper, "a", "2") == [3]

    assert kept(keeper) == {"b": (1, [2], "9"), "a": (0, [1, 3], "12")}


@pytest.mark.parametrize("end", ["StasisEnd", "ChannelDestroyed"])
async def test_who_has_left_is_forgotten(keeper, end):
    types(keeper, "a", "12")
    types(keeper, "b", "3")
    keeper.heard(event(end, "a").encode())

    assert list(kept(keeper)) == ["b"]


async def test_of_who_comes_back_nobody_knows_what_he_typed_elsewhere(keeper):
    types(keeper, "a", "12")
    keeper.heard(event("StasisEnd", "a").encode())
    keeper.heard(event("StasisStart", "a").encode())
    types(keeper, "a", "3")

    assert kept(keeper) == {"a": (2, [3], "3")}


async def test_the_oldest_keys_go_first(keeper, monkeypatch):
    monkeypatch.setattr(keys, "EACH", 3)
    types(keeper, "a", "12345")

    assert kept(keeper) == {"a": (2, [3, 4, 5], "345")}


@pytest.mark.parametrize(("name", "bound"), [("IN_ALL", 4), ("CHANNELS", 2)])
async def test_who_typed_longest_ago_is_forgotten_when_there_is_too_much(
    keeper, monkeypatch, name, bound
):
    monkeypatch.setattr(keys, name, bound)
    for channel in "abc":
        types(keeper, channel, "12")

    assert list(kept(keeper)) == ["b", "c"]
    # Of "a", who is not among them any more, nobody claims to know all.
    assert keeper.place(6)["since"] >= 4


async def test_a_connection_that_broke_off_may_have_cost_keys(keeper):
    types(keeper, "a", "12")
    keeper.cut()
    types(keeper, "a", "3")

    assert kept(keeper) == {"a": (3, [4], "3")}
    assert keeper.place(4)["since"] == 3


async def test_who_is_quiet_for_long_is_wiped(keeper, monkeypatch):
    types(keeper, "a", "12")
    keeper.tidy()
    assert kept(keeper)["a"][2] == "12"
    monkeypatch.setattr(keys, "QUIET", -1.0)
    keeper.tidy()

    assert kept(keeper) == {"a": (2, [], "")}


@pytest.mark.parametrize(
    "nonsense",
    [
        '"ChannelDtmfReceived"',
        '["ChannelDtmfReceived"]',
        event("StasisStart", 7),
        event("ChannelVarset", "a", value="ChannelDtmfReceived"),
        '{"type": "ChannelDtmfReceived", "digit": "1"}',
        key("a", "1")[:-3],
    ],
)
async def test_what_is_no_key_counts_for_nothing(keeper, nonsense):
    assert keeper.heard(nonsense.encode()) is None
    assert keeper.count == 0


async def test_a_digit_that_is_none_is_counted_and_not_kept(keeper):
    assert types(keeper, "a", ["12", "语", "a"]) == [1, 2, 3]
    assert kept(keeper) == {}


# Between the two ------------------------------------------------------------------


async def test_the_next_service_gets_what_the_last_one_was_given(tmp_path):
    async with relayed(tmp_path) as (asterisk, joined):
        first = joined()
        async with service(first) as story:
            await asterisk.has(1)
            await asterisk.send(event("StasisStart", "a"), key("a", "1"), key("a", "2"))
            await until(lambda: len(story) == 4)
            assert first.kept_keys.latest.number == 2
            name = first.kept_keys.latest.keeper
        await asyncio.sleep(0.1)
        await asterisk.send(event("StasisStart", "b"), key("b", "7"), key("a", "3"))
        await asyncio.sleep(0.1)
        second = joined()
        async with service(second) as story:
            await until(lambda: len(story) == 4)
            a, b = (second.kept_keys.of(channel) for channel in "ab")
            nobody = second.kept_keys.of("c")
            second.kept_keys.forget()
            assert second.kept_keys.of("a") is None

    assert a == Before(name, 0, {1: "1", 2: "2", 4: "3"})
    assert b == Before(name, 2, {3: "7"})
    assert nobody == Before(name, 0, {})
    assert story[1:4] == [
        text.encode()
        for text in (event("StasisStart", "b"), key("b", "7"), key("a", "3"))
    ]


async def test_each_key_has_its_place_while_it_is_handed_on(tmp_path):
    async with relayed(tmp_path) as (asterisk, joined):
        source, places = joined(), []
        async with service(source) as story:
            await asterisk.has(1)
            took = story.received
            story.received = lambda text: (
                took(text),
                places.append(source.kept_keys.key.number),
            )
            await until(lambda: story == ["connected"])
            await asterisk.send(key("a", "1"), "{}", key("b", "2"))
            await until(lambda: len(places) == 3)
            assert source.kept_keys.key == Place()

    assert places == [1, 0, 2]


async def test_the_relay_leaves_no_core_dump(tmp_path):
    async with relayed(tmp_path) as (_, joined):
        source = joined()
        async with service(source) as story:
            await until(lambda: story == ["connected"])
            pid = relay_of(source)
            cores = resource.prlimit(pid, resource.RLIMIT_CORE)

    assert cores == (0, 0)


def test_no_process_of_the_same_user_looks_into_a_relay():
    # Whether it may be looked into only the process itself can say to root.
    look = (
        "import ctypes; from ivrflow.asterisk.ari.relay import process; "
        "process._keep_closed(); print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    may = subprocess.run([sys.executable, "-c", look], capture_output=True, check=True)

    assert may.stdout == b"0\n"


def test_without_a_relay_nothing_is_kept():
    assert KeptKeys().of("a") is None
    assert KeptKeys().key == Place()
