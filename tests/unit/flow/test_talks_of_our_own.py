"""The talks that are shipped: an agent signs in, a caller books a call back."""

import asyncio

import pytest

from ivrflow.facts import CallbackAsked
from ivrflow.flow.world import Trouble
from ivrflow.sim.memory import MemoryAgents, MemoryCallbacks
from tests.unit.flow.one_call import EPOCH, World_, call, site

PLAIN = "steps:\n  hello: {hangup: hello}\n"


def sign_in(folder, keys, agents=None, **how):
    world = World_(agents=agents or MemoryAgents({"1003": "4711", "1004": None}))
    typed = {n + 0.1: one for n, one in enumerate(keys)}
    return call(site(folder, PLAIN), dialled="*11", keys=typed, world=world, **how)


@pytest.mark.parametrize(
    ("key", "did", "said"),
    [
        ("1", ("ready", "1003"), "you_are_ready"),
        ("2", ("not ready", "1003", "break"), "you_are_on_break"),
        ("3", ("sign out", "1003"), "signed_out"),
    ],
)
def test_agent_signs_in_and_chooses(tmp_path, key, did, said):
    left = sign_in(tmp_path, ["1003#", "4711#", key])

    assert left.world.agents.did == [("sign in", "1003", ""), did]
    assert left.said[-1] == said
    assert left.by == "flow"


@pytest.mark.parametrize("who", ["1003#", "1004#", "9999#"])
def test_wrong_unknown_and_pinless_agents_sound_the_same(tmp_path, who):
    left = sign_in(tmp_path, [who, "1111#", "", "", "", who, "1111#"])

    assert left.world.agents.did == []
    assert left.said[:4] == [
        "sign_in_number", "sign_in_pin", "sign_in_wrong", "sign_in_number",
    ]  # fmt: skip


def test_pin_of_an_agent_is_in_no_fact_and_no_log(tmp_path, caplog):
    caplog.set_level(0)
    left = sign_in(tmp_path, ["1003#", "4711#", "1"])

    assert "4711" not in repr(left.facts) + caplog.text


def test_database_that_is_away_is_said_once_and_is_no_fault_of_ours(tmp_path, caplog):
    class Away(MemoryAgents):
        async def sign_in(self, agent, *, endpoint):
            raise Trouble("the database is away")

    left = sign_in(tmp_path, ["1003#", "4711#"], Away({"1003": "4711"}))

    assert left.said.count("apology") == 1
    assert "the database is away" in caplog.text
    assert "fault of ours" not in caplog.text
    assert left.ended == "over"


FLOW = """
steps:
  book: {callback: desk, number: {offer: call.from}, then: done, failed: none}
  done: {hangup: yes}
  none: {hangup: yes}
"""


def book(folder, keys, *, callbacks=None, **how):
    world = World_(callbacks=callbacks or MemoryCallbacks())
    there = site(
        folder,
        FLOW,
        queues="desk: {title: Desk}\n",
        agents='agents:\n  "1": {name: Li, queues: [desk]}\n',
    )
    typed = {n + 0.1: one for n, one in enumerate(keys)}
    return call(there, keys=typed, world=world, **how)


def test_offered_number_is_confirmed_with_1(tmp_path):
    left = book(tmp_path, ["1"])

    [(number, since)] = left.world.callbacks.asked.values()
    assert number == "13800138000"
    assert (since - EPOCH).total_seconds() < 1
    assert left.steps == ["book", "done"]


def test_2_asks_for_another_number(tmp_path):
    left = book(tmp_path, ["2", "4567#", "1"])

    assert [f.number for f in left.of(CallbackAsked)] == ["4567"]


@pytest.mark.parametrize("caller", ["", "12", "1" * 16, "+49301234", "１２３４"])
def test_number_that_cannot_be_dialled_is_asked_for(tmp_path, caller):
    left = book(tmp_path, ["4567#", "1"], caller=caller)

    assert left.said[0] == "callback_number"
    assert [f.number for f in left.of(CallbackAsked)] == ["4567"]


def test_silent_caller_books_nothing(tmp_path):
    left = book(tmp_path, [])

    assert left.world.callbacks.asked == {}
    assert left.steps == ["book", "none"]


def test_store_of_wishes_that_is_away_fails(tmp_path):
    class Away(MemoryCallbacks):
        async def ask(self, call, queue, number, since):
            raise Trouble("away")

    left = book(tmp_path, ["1"], callbacks=Away())

    assert left.steps == ["book", "none"]
    assert left.of(CallbackAsked) == []


@pytest.mark.parametrize("how", [{"hangs_up_at": 0.5}, {"cancelled_at": [0.5]}])
def test_wish_that_was_confirmed_is_kept_though_the_call_ends(tmp_path, how):
    class Slow(MemoryCallbacks):
        async def ask(self, call, queue, number, since):
            await asyncio.sleep(1)
            await super().ask(call, queue, number, since)

    left = book(tmp_path, ["1"], callbacks=Slow(), **how)

    assert len(left.world.callbacks.asked) == len(left.of(CallbackAsked)) == 1
