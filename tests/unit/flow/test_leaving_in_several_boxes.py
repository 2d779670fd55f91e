"""One recording for several mailboxes, and mailboxes that are full."""

from ivrflow.facts import MessageDropped, MessageLeft, Notified
from ivrflow.flow.world import NewMessage
from ivrflow.sim.memory import KeptMessage, MemoryMessages
from tests.unit.flow.boxes_rig import Judging, leaves, states, with_sounds
from tests.unit.flow.one_call import EPOCH

SALES = """
sales:
  tell: [{email: sales@example.com}, {email: boss@example.com, when: urgent}]
  most: {most}
"""
FLOW = """
steps:
  leave: {voicemail: [box, sales, box], then: kept, failed: nothing, full: nowhere}
  kept: {hangup: yes}
  nothing: {hangup: yes}
  nowhere: {hangup: yes}
"""


def one_in(box):
    """A store with one message, in that mailbox."""
    messages = MemoryMessages()
    new = NewMessage(
        message="old", sound="old", mailbox=box, call="c", caller="1", at=EPOCH
    )
    messages.all["old"] = KeptMessage(new=new, state="new", seconds=3.0)
    return messages


def both(folder, *, most=100, flow=FLOW, **how):
    others = SALES.replace("{most}", str(most))
    return leaves(folder, others=others, flow=flow, **how)


def test_there_is_one_sound_and_a_message_in_each(tmp_path):
    left = both(tmp_path, box="  tell: [{email: a@example.com}]", keys={8: "#"})

    messages = list(left.world.messages.all.values())
    assert states(left) == [("box", "new"), ("sales", "new")]
    assert len({message.new.sound for message in messages}) == 1
    assert len({message.new.message for message in messages}) == 2
    assert messages[0].new.message == messages[0].new.sound


def test_each_mailbox_tells_its_own_people(tmp_path):
    left = both(tmp_path, box="  tell: [{email: a@example.com}]", keys={8: "#"})

    assert [(f.mailbox, f.to) for f in left.of(Notified)] == [
        ("box", "a@example.com"),
        ("sales", "sales@example.com"),
    ]
    assert [fact.mailbox for fact in left.of(MessageLeft)] == ["box", "sales"]


def test_what_is_no_message_is_none_in_any(tmp_path):
    left = both(tmp_path, audio=Judging("busy tone"), keys={8: "#"}, hangs_up_at=8.2)

    assert states(left) == [("box", "dropped"), ("sales", "dropped")]
    assert [fact.mailbox for fact in left.of(MessageDropped)] == ["box", "sales"]


def test_a_full_one_is_left_out(tmp_path):
    left = both(tmp_path, most=1, messages=one_in("sales"), keys={8: "#"})

    assert left.steps == ["leave", "kept"]
    assert [fact.mailbox for fact in left.of(MessageLeft)] == ["box"]


def test_where_all_are_full_nothing_is_recorded(tmp_path):
    left = leaves(tmp_path, box="  most: 1", messages=one_in("box"))

    assert left.steps == ["leave", "nowhere"]
    assert "mailbox_full" not in left.said
    assert "beep" not in [said.prompt for _, said in left.phone.heard]


def test_without_a_way_for_it_the_caller_hears_that_it_is_full(tmp_path):
    flow = "steps:\n  leave: {voicemail: box, failed: bye}\n  bye: {hangup: yes}\n"
    left = leaves(tmp_path, box="  most: 1", flow=flow, messages=one_in("box"))

    assert left.said[-1] == "mailbox_full"
    assert left.steps == ["leave", "bye"]


def test_without_room_for_sounds_every_mailbox_is_full(tmp_path, caplog):
    audio = with_sounds()
    audio.full = True
    left = leaves(tmp_path, audio=audio)

    assert left.steps == ["leave", "nowhere"]
    assert left.said == [], "nobody is asked to speak"
    assert "there is no room for a message's sound" in caplog.text
    caplog.clear()


def test_one_that_takes_no_messages_greets_only(tmp_path):
    left = leaves(tmp_path, box="  most: 0")

    assert left.said == ["tone"]
    assert left.steps == ["leave", "kept"]
    assert states(left) == []
