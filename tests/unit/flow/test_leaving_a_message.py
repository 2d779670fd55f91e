"""Leaving a message: what is kept, whatever ends the talk."""

import pytest

from ivrflow.facts import MessageLeft, Notified
from ivrflow.flow.world import Trouble
from ivrflow.sim.memory import MemoryMessages
from ivrflow.sim.scripted import ScriptedChannel
from tests.unit.flow.one_call import World_, call, site

FLOW = """
on_error: sorry
steps:
  leave: {voicemail: box, then: kept, failed: nothing}
  kept: {hangup: yes}
  nothing: {hangup: yes}
  sorry: {hangup: bye}
"""

BOX = """
box:
  title: Box
  greeting: tone
  length: 2s..60s
  silence: 4s
  review: {review}
  tell: [{{email: a@example.com}}]
"""


def leave(folder, *, review="no", messages=None, flow=FLOW, **how):
    there = site(
        folder,
        flow,
        mailboxes=BOX.format(review=review),
        prompts__en="tone: After the tone.\n",
    )
    world = World_(messages=messages or MemoryMessages())
    how.setdefault("speaks", {1: 600})
    return call(there, world=world, **how)


def states(left):
    return [m.state for m in left.world.messages.all.values()]


def test_message_ended_with_hash_is_kept_and_told(tmp_path):
    left = leave(tmp_path, keys={8: "#"})

    assert left.steps == ["leave", "kept"]
    assert states(left) == ["new"]
    assert len(left.world.messages.outbox) == 1
    assert len(left.of(MessageLeft)) == len(left.of(Notified)) == 1


def test_message_that_is_too_short_is_dropped_and_asked_for_again(tmp_path):
    left = leave(tmp_path, keys={2.5: "#", 12: "#"})

    assert "message_too_short" in left.said
    assert states(left) == ["dropped", "new"]


@pytest.mark.parametrize("how", [{"hangs_up_at": 9}, {"cancelled_at": [9]}])
@pytest.mark.parametrize("review", ["yes", "no"])
def test_hang_up_and_shutdown_while_recording_keep_the_message(tmp_path, how, review):
    left = leave(tmp_path, review=review, **how)

    assert states(left) == ["new"]


@pytest.mark.parametrize("how", ["hangs_up_at", "cancelled_at"])
def test_whenever_it_ends_the_message_is_settled(tmp_path, how):
    for tenth in range(200):
        at = tenth / 10
        left = leave(
            tmp_path,
            review="yes",
            keys={8: "#", 9: "1"},
            **{how: at if how == "hangs_up_at" else [at, at + 0.01]},
        )

        assert set(states(left)) <= {"new", "dropped"}, at
        assert len(left.of(MessageLeft)) == states(left).count("new")


def test_third_recording_is_kept_without_a_review(tmp_path):
    left = leave(
        tmp_path,
        review="yes",
        keys={8: "#", 9: "3", 20: "#", 21: "3", 30: "#", 31: "3"},
    )

    assert states(left) == ["dropped", "dropped", "new"]
    assert left.steps == ["leave", "kept"]


def test_hash_ends_what_is_listened_to_and_is_no_wrong_answer(tmp_path):
    left = leave(tmp_path, review="yes", keys={8: "#", 9: "2", 11: "#", 20: "1"})

    assert left.entries == [("2", "accepted"), ("1", "accepted")]
    assert states(left) == ["new"]


def test_urgent_message_is_marked(tmp_path):
    left = leave(tmp_path, review="yes", keys={8: "#", 9: "4", 14: "1"})

    assert [f.urgent for f in left.of(MessageLeft)] == [True]


def test_full_disk_takes_the_way_for_errors_and_leaves_no_message(tmp_path):
    class Full(ScriptedChannel):
        def __init__(self, **more):
            super().__init__(**more)
            self.disk_full = True

    left = leave(tmp_path, phone=Full)

    assert left.steps == ["leave", "sorry"]
    assert states(left) == ["dropped"]


class Away(MemoryMessages):
    """A store that goes away once the message was begun."""

    async def keep(self, sound, **more):
        raise Trouble("the database is away")

    async def drop(self, sound, why):
        raise Trouble("the database is away")


def test_shutdown_while_the_store_is_away_is_a_shutdown_still(tmp_path, caplog):
    left = leave(tmp_path, messages=Away(), cancelled_at=[9])

    assert left.ended == "cancelled"
    assert left.by == "shutdown"
    assert left.steps == ["leave"]
    assert "id1" in caplog.text
    caplog.clear()


def test_hang_up_while_the_store_is_away_is_a_hang_up_still(tmp_path, caplog):
    left = leave(tmp_path, messages=Away(), hangs_up_at=9)

    assert left.by == "caller"
    assert left.steps == ["leave"]
    caplog.clear()


def test_store_that_is_away_takes_the_way_for_errors(tmp_path):
    left = leave(tmp_path, messages=Away(), keys={8: "#"})

    assert left.steps == ["leave", "sorry"]


def test_what_goes_with_a_message_holds_no_secret(tmp_path):
    flow = """
steps:
  pin: {ask: hello, digits: 4, secret: yes, save: pin}
  topic: {set: {topic: bill}}
  leave: {voicemail: box}
"""

    left = leave(tmp_path, flow=flow, keys={0.1: "4711"}, hangs_up_at=20)

    [message] = left.world.messages.all.values()
    assert message.new.data == {"topic": "bill"}
    assert "4711" not in repr(left.facts)
