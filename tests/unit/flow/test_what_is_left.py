"""What is a message, what the store is told of it, and what the caller hears then."""

from ivrflow.acd.model import need
from ivrflow.facts import MessageDropped, MessageLeft
from ivrflow.flow.world import Trouble
from ivrflow.sim.scripted import ScriptedChannel
from tests.unit.flow.boxes_rig import Judging, leaves, states
from tests.unit.flow.one_call import World_, call, site


def the(left):
    """The one message that is new."""
    [message] = [m for m in left.world.messages.all.values() if m.state == "new"]
    return message


def why(left):
    return [fact.why for fact in left.of(MessageDropped)]


def test_the_keys_that_end_it_are_ordered_alike_by_each_process(tmp_path):
    orders = []

    class Phone(ScriptedChannel):
        async def record(self, order):
            orders.append(order)
            return await super().record(order)

    leaves(
        tmp_path,
        more="full: nowhere, keys: {9: elsewhere, 0: nowhere, 5: elsewhere}",
        phone=Phone,
        hangs_up_at=12,
    )

    assert [order.stop_on for order in orders] == ["#905"]


def test_silence_is_dropped_and_the_caller_is_asked_again(tmp_path):
    left = leaves(tmp_path, audio=Judging("silent"), keys={8: "#", 20: "#"})

    assert "message_nothing" in left.said
    assert "message_too_short" not in left.said
    assert states(left) == [("box", "dropped"), ("box", "new")]
    assert why(left) == ["silent"]


def test_three_times_nothing_is_no_message(tmp_path):
    left = leaves(
        tmp_path,
        audio=Judging("silent", "busy tone", None),
        keys={8: "#", 20: "#", 32: "#"},
    )

    assert left.steps == ["leave", "nothing"]
    assert why(left) == ["silent", "busy tone", "nothing"]


def test_busy_tone_of_a_caller_who_has_hung_up_is_dropped(tmp_path):
    left = leaves(tmp_path, audio=Judging("busy tone"), hangs_up_at=30)

    assert states(left) == [("box", "dropped")]
    assert left.of(MessageLeft) == []


def test_it_is_as_long_as_what_was_said(tmp_path):
    left = leaves(tmp_path, audio=Judging(3.25), keys={9: "#"})

    assert the(left).seconds == 3.25
    assert [fact.seconds for fact in left.of(MessageLeft)] == [3.25]


def test_what_nobody_can_listen_to_now_is_a_message_if_it_is_long_enough(
    tmp_path, caplog
):
    left = leaves(tmp_path, audio=Judging(Trouble("Asterisk is away")), keys={9: "#"})

    assert states(left) == [("box", "new")]
    assert "is not judged: Asterisk is away" in caplog.text
    caplog.clear()


def test_after_a_hang_up_it_waits_for_who_can_listen_to_it(tmp_path, caplog):
    left = leaves(tmp_path, audio=Judging(Trouble("Asterisk is away")), hangs_up_at=9)

    assert states(left) == [("box", "recording")]
    assert "could not be settled: Asterisk is away" in caplog.text
    caplog.clear()


def test_the_mark_of_urgency_can_be_taken_off(tmp_path):
    left = leaves(
        tmp_path, box="  review: yes", keys={8: "#", 9: "4", 14: "4", 20: "1"}
    )

    assert [p for p in left.said if p.startswith("message_")] == [
        "message_urgent",
        "message_not_urgent",
        "message_saved",
    ]
    assert [fact.urgent for fact in left.of(MessageLeft)] == [False]


def test_a_mailbox_without_urgent_messages_does_not_offer_the_mark(tmp_path):
    left = leaves(
        tmp_path,
        box="  review: yes\n  urgent: no",
        keys={8: "#", 9: "4", 14: "1"},
    )

    assert "message_urgent" not in left.said
    assert [fact.urgent for fact in left.of(MessageLeft)] == [False]


def test_a_step_can_make_each_message_urgent(tmp_path):
    left = leaves(tmp_path, more="urgent: yes", hangs_up_at=12)

    assert [fact.urgent for fact in left.of(MessageLeft)] == [True]


def test_the_number_to_call_back_is_confirmed_before_the_greeting(tmp_path):
    left = leaves(
        tmp_path,
        box="  number_asked: {offer: call.from}",
        keys={0.5: "1", 12: "#"},
    )

    assert left.said[:2] == ["message_number", "tone"]
    assert the(left).new.number == "13800138000"


def test_another_number_can_be_given(tmp_path):
    left = leaves(
        tmp_path,
        box="  number_asked: {offer: call.from}",
        keys={0.5: "2", 2: "057187654321#", 6: "1", 20: "#"},
    )

    assert the(left).new.number == "057187654321"


def test_who_gives_no_number_leaves_a_message_all_the_same(tmp_path):
    left = leaves(
        tmp_path,
        box="  number_asked: {}",
        caller="",
        speaks={20: 600},
        keys={60: "#"},
    )

    assert states(left) == [("box", "new")]
    assert the(left).new.number == ""


def test_the_card_of_the_caller_and_of_the_flow_goes_with_it(tmp_path):
    flow = """
steps:
  pin: {ask: hello, digits: 4, secret: yes, save: pin}
  topic: {set: {topic: bill}}
  leave: {voicemail: box, show: {why: topic, who: call.from}}
"""

    left = leaves(tmp_path, flow=flow, keys={0.1: "4711"}, hangs_up_at=20)

    new = the(left).new
    assert new.data == {"topic": "bill", "why": "bill", "who": "13800138000"}
    assert (new.language, new.dialled, new.queue) == ("en", "100", "")
    assert "4711" not in repr(left.facts)


def test_a_step_has_a_way_for_what_can_not_be_recorded(tmp_path):
    class Full(ScriptedChannel):
        def __init__(self, **more):
            super().__init__(**more)
            self.disk_full = True

    left = leaves(tmp_path, more="error: elsewhere", phone=Full)

    assert left.said[-1] == "message_failed"
    assert left.steps == ["leave", "elsewhere"]
    assert why(left) == ["no room"]


def test_the_keys_that_end_it_are_the_mailboxs(tmp_path):
    left = leaves(tmp_path, box='  end_keys: "star 9"', keys={6: "#", 8: "9"})

    assert states(left) == [("box", "new")]
    assert 5 < the(left).seconds < 8


def test_the_queue_in_which_he_waited_and_what_he_asked_for_go_with_it(tmp_path):
    flow = """
steps:
  wait:
    queue: desk
    skills: {mail: 3}
    show: {topic: call.to}
    keys: {1: leave}
    no_agents: leave
  leave: {voicemail: box}
"""
    there = site(
        tmp_path,
        flow,
        queues="desk: {title: Desk}\n",
        agents="agents:\n  '1': {name: Li, endpoint: PJSIP/1, queues: [desk], "
        "skills: {mail: 3}}\n",
        mailboxes="box: {work: {queue: desk, within: 4h}}\n",
    )
    left = call(there, world=World_(), speaks={1: 600}, hangs_up_at=30)

    new = the(left).new
    assert (new.queue, new.data) == ("desk", {"topic": "100"})
    assert new.wanted == need({"mail": 3})
    [work] = left.world.messages.work.values()
    assert (work.queue, work.need) == ("desk", need({"mail": 3}))
