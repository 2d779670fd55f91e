"""The talk that is shipped for callers: one books a call back."""

import asyncio

import pytest

from ivrflow.facts import CallbackAsked
from ivrflow.flow.world import Trouble
from ivrflow.sim.memory import MemoryCallbacks
from tests.unit.flow.one_call import EPOCH, World_, call, site

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

    [wish] = left.world.callbacks.asked.values()
    assert wish.number == "13800138000"
    assert wish.since - EPOCH.timestamp() < 1
    assert wish.promised - wish.asked == 7200
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
        async def keep(self, wish, **how):
            raise Trouble("away")

    left = book(tmp_path, ["1"], callbacks=Away())

    assert left.steps == ["book", "none"]
    assert left.of(CallbackAsked) == []


@pytest.mark.parametrize("how", [{"hangs_up_at": 0.5}, {"cancelled_at": [0.5]}])
def test_wish_that_was_confirmed_is_kept_though_the_call_ends(tmp_path, how):
    class Slow(MemoryCallbacks):
        async def keep(self, wish, **how):
            await asyncio.sleep(1)
            return await super().keep(wish, **how)

    left = book(tmp_path, ["1"], callbacks=Slow(), **how)

    assert len(left.world.callbacks.asked) == len(left.of(CallbackAsked)) == 1
