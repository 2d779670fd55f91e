"""Hearing messages by phone: what is said, played and done, key by key."""

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from ivrflow.facts import (
    DialRefused,
    DigitsCollected,
    GreetingChanged,
    MessageDeleted,
    MessageForwarded,
    MessageHeard,
    MessageLeft,
    MessageMoved,
    MessageRestored,
    Notified,
    PinChanged,
    SenderCalled,
)
from ivrflow.flow.hearing.sounding import WORDS
from ivrflow.flow.hearing.visit import UNDO_MOST, Visit
from ivrflow.flow.load import load_site
from ivrflow.flow.outbound import DialGuard, OutboundRules
from ivrflow.flow.working.item import NewWork
from ivrflow.flow.world import Pin, Trouble
from ivrflow.flow.world.boxes import Greeting, Speech
from ivrflow.sim.memory import MemoryWork
from ivrflow.sim.scripted import Person
from ivrflow.telephony.channel import HungUp
from tests.unit.flow.hearing_rig import (
    ENTERS,
    EPOCH,
    FIRST,
    FLOW,
    HEARS,
    PIN,
    SECOND,
    THIRD,
    House,
    begins,
    dial,
    hangs_up,
    here,
    robot,
    said,
    speaks,
)
from tests.unit.flow.one_call import call

LEAVES = [("box_message_menu", "#")]


def played(left):
    """What was played, with its length."""
    return [u.seconds for _, u in left.phone.heard if u.words == WORDS]


def words(left):
    """All that was heard, as people hear it, but for menus and farewells."""
    return [
        u.words
        for _, u in left.phone.heard
        if u.words
        and not u.prompt.partition(".")[0].endswith("menu")
        and "goodbye" not in u.prompt
    ]


# Hearing ------------------------------------------------------------------------------


def test_a_new_message_is_told_played_and_old_from_then_on(tmp_path):
    house = House().has(FIRST)
    left = dial(tmp_path, house, *HEARS, *LEAVES)

    assert words(left)[2:] == [
        "You have one new message.",
        "Message one.",
        "From one three eight, zero zero one three, eight zero zero zero.",
        "Today at nine thirty.",
        WORDS,
    ]
    assert house.state(FIRST) == "old"
    assert house.audited() == [("mailbox 800", "heard")]
    [heard] = left.of(MessageHeard)
    assert (heard.mailbox, heard.message, heard.by) == ("box", FIRST, "mailbox 800")
    assert (heard.seconds, heard.first, heard.via) == (10.0, True, "phone")


def test_urgent_ones_come_first_then_new_ones_then_old_ones(tmp_path):
    house = House()
    house.has(FIRST, state="old", seconds=1.0).has(SECOND, seconds=2.0)
    house.has(THIRD, urgent=True, seconds=3.0)
    nexts = [("box_message_menu", "6")] * 2
    left = dial(tmp_path, house, *HEARS, *nexts, *LEAVES)

    assert played(left) == [3.0, 2.0, 1.0]
    told = words(left)
    assert "You have two new messages." in told
    assert "One of them is urgent." in told
    assert "You have one old message." in told
    assert "Urgent message one." in told


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (timedelta(hours=1), "Today at nine o'clock."),
        (timedelta(hours=11), "Yesterday at eleven o'clock at night."),
        (timedelta(days=3), "On February the twenty-seventh at ten o'clock."),
    ],
)
def test_the_day_is_told_as_people_say_it(tmp_path, before, told):
    house = House().has(FIRST, at=EPOCH - before)
    left = dial(tmp_path, house, *HEARS, *LEAVES)

    assert told in words(left)


def test_chinese_is_said_as_people_say_it(tmp_path):
    here(tmp_path, keep=False)
    (tmp_path / "site.yaml").write_text("languages: [zh-CN]\ntimezone: UTC\n")
    (tmp_path / "prompts/zh-CN.yaml").write_text("hello: 你好。\nbye: 再见。\n")
    (tmp_path / "prompts/en.yaml").unlink()
    house = House().has(FIRST, at=EPOCH - timedelta(days=1), seconds=130.0)
    house.has(SECOND, sender="sales", at=EPOCH - timedelta(days=3), seconds=2.0)
    nexts = [("message", 1, "6"), ("box_message_menu", "#")]
    there = load_site(tmp_path)
    left = dial(tmp_path, house, *HEARS, *nexts, there=there)

    assert [one for one in words(left) if one != WORDS][2:] == [
        "您有两条新留言。",
        "第一条留言。",
        "来自信箱八零幺。",
        "二月二十七日，上午十点。",
        "第二条留言。",
        "来自幺三八，零零幺三，八零零零。",
        "昨天上午十点。",
        "时长两分钟。",
    ]


@pytest.mark.parametrize(
    ("caller", "told"),
    [("", "From a withheld number."), ("anonymous", "From a withheld number.")],
)
def test_a_number_that_nobody_can_say_is_withheld(tmp_path, caller, told):
    left = dial(tmp_path, House().has(FIRST, caller=caller), *HEARS, *LEAVES)

    assert told in words(left)


def test_a_long_one_says_how_long(tmp_path):
    house = House().has(FIRST, seconds=200.0)
    left = dial(tmp_path, house, *HEARS, ("message", 1, "#"), hangs_up_at=60)

    assert "It lasts three minutes." in words(left)


def test_a_mailbox_may_want_nothing_said_before(tmp_path):
    say = "say: {caller: no, when: no, length: no}"
    box = f'box: {{number: "800", greeting: hello, {say}}}\n'
    there = here(tmp_path, mailboxes=box)
    left = dial(tmp_path, House().has(FIRST), *HEARS, *LEAVES, there=there)

    assert words(left)[3:] == ["Message one.", WORDS]


def test_who_leaves_is_told_goodbye_and_the_flow_goes_on(tmp_path):
    house, there = House().has(FIRST), here(tmp_path, FLOW)
    left = dial(tmp_path, house, *HEARS, *LEAVES, dialled="100", there=there)

    assert left.steps == ["hear", "bye"]
    assert said(left)[-1] == "bye"


def test_three_silences_end_it(tmp_path):
    left = dial(tmp_path, House().has(FIRST), *ENTERS)

    assert said(left).count("box_menu") == 3
    assert said(left)[-1] == "box_goodbye"


def test_a_sound_that_is_gone_is_told_and_the_next_one_can_be_heard(tmp_path):
    house = House().has(FIRST).has(SECOND, seconds=2.0)
    del house.audio.all[FIRST]
    left = dial(tmp_path, house, *HEARS, ("box_message_menu", "6"), *LEAVES)

    assert "box_not_now" in said(left)
    assert played(left) == [2.0]


@pytest.mark.parametrize("keys", ["*", "#", "00", "2"])
def test_who_skips_before_it_plays_is_noted_once_too(tmp_path, keys):
    house = House().has(FIRST)
    left = dial(tmp_path, house, *HEARS, ("box_message", keys), *LEAVES)

    assert played(left) == [10.0]
    assert house.state(FIRST) == "old"
    assert house.audited() == [("mailbox 800", "heard")]
    assert len(left.of(MessageHeard)) == 1


def test_who_has_spoken_his_name_is_told_by_it(tmp_path):
    house = House().has(FIRST, sender="sales")
    house.sounds(SECOND, 1.0)
    speech = Speech(sound=SECOND, seconds=1.0, place="store")
    name = Greeting(speech=speech, at=EPOCH, by="mailbox 801")
    house.boxes.spoken["sales", "name", "en"] = name
    files = 'box: {number: "800", say: {name: yes}}\nsales: {number: "801"}\n'
    laid_out = []

    def hears_it_anew(phone):
        laid_out.append(list(house.audio.heard))
        phone.press("1")

    script = [*HEARS, *[("message", 1, hears_it_anew)] * 3, *LEAVES]
    left = dial(tmp_path, house, *script, there=here(tmp_path, mailboxes=files))

    assert words(left).count("(the name)") == 4
    assert laid_out == [[FIRST]] * 3  # a name only as long as it is said


def test_a_skip_to_the_end_of_a_short_one_is_no_listening(tmp_path):
    house = House().has(FIRST, seconds=2.0)
    left = dial(tmp_path, house, *HEARS, ("box_message", "#"), *LEAVES)

    assert played(left) == []
    assert house.state(FIRST) == "new"
    assert house.audited() == []
    assert left.of(MessageHeard) == []


def test_what_went_in_this_very_moment_is_not_heard_unnoted(tmp_path):
    house = House().has(FIRST)

    async def gone(message, *, by):
        return None

    house.boxes.heard = gone
    left = dial(tmp_path, house, *HEARS, *LEAVES)

    assert played(left) == []
    assert "box_not_now" in said(left)


def test_who_can_not_be_noted_hears_nothing(tmp_path):
    house = House().has(FIRST)

    async def away(message, *, by):
        raise Trouble("away")

    house.boxes.heard = away
    left = dial(tmp_path, house, *HEARS, *LEAVES)

    assert played(left) == []
    assert "box_not_now" in said(left)
    assert left.of(MessageHeard) == []


# While it plays -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "begins_at"),
    [
        ([(4, "#")], [0.0, 7.0]),
        ([(4, "*")], [0.0, 1.0]),
        ([(2, "*")], [0.0, 0.0]),
        ([(4, "2")], [0.0, 0.0]),
        ([(4, "#"), (1, "*")], [0.0, 7.0, 5.0]),
    ],
)
def test_keys_skip_in_a_message_that_plays(tmp_path, keys, begins_at):
    script = [("message", after, key) for after, key in keys]
    left = dial(tmp_path, House().has(FIRST), *HEARS, *script, *LEAVES)

    assert begins(left) == begins_at


def test_a_skip_behind_the_end_ends_it(tmp_path):
    left = dial(tmp_path, House().has(FIRST), *HEARS, ("message", 8, "#"), *LEAVES)

    assert begins(left) == [0.0]
    assert left.by == "flow"


def test_a_pause_stands_still_and_goes_on_there(tmp_path):
    house = House().has(FIRST)
    there = here(tmp_path)
    left = dial(
        tmp_path,
        house,
        *HEARS,
        ("message", 4, lambda phone: press_at(phone, (0, "0"), (20, "0"))),
        *LEAVES,
        there=there,
    )

    assert begins(left) == [0.0, 4.0]
    assert left.by == "flow"


def press_at(phone, *keys):
    for after, key in keys:
        phone.soon(after, key)


def test_a_pause_that_nobody_ends_becomes_the_menu(tmp_path):
    left = dial(tmp_path, House().has(FIRST), *HEARS, ("message", 4, "0"), *LEAVES)

    assert said(left)[-2:] == ["box_message_menu", "box_goodbye"]


def test_how_far_a_key_skips_is_the_sites(tmp_path):
    keys = "listen_keys: {skip: 2s, forward: 9, save: 3, more: none}\n"
    files = f'{keys}box: {{number: "800"}}\n'
    there = here(tmp_path, mailboxes=files)
    script = [("message", 4, "9")]
    left = dial(tmp_path, House().has(FIRST), *HEARS, *script, *LEAVES, there=there)

    assert begins(left) == [0.0, 6.0]


def test_a_comment_is_heard_before_the_message_and_skipped_with_it(tmp_path):
    house = House().has(FIRST)
    house.sounds(THIRD, 4.0)
    house.messages.change(FIRST, intro=THIRD)
    house.boxes.seconds[THIRD] = 4.0
    left = dial(tmp_path, house, *HEARS, ("message", 2, "#"), *LEAVES)

    # Four seconds of comment, ten of message: from second 5 on it is the message alone.
    assert played(left) == [4.0, 10.0]
    assert begins(left) == [0.0, 1.0]


# Deleting, restoring, saving ----------------------------------------------------------


def test_a_message_is_deleted_and_the_next_one_is_heard(tmp_path):
    house = House().has(FIRST).has(SECOND, seconds=2.0)
    left = dial(tmp_path, house, *HEARS, ("message", 1, "7"), *LEAVES)

    assert (house.state(FIRST), house.state(SECOND)) == ("deleted", "old")
    assert played(left) == [10.0, 2.0]
    assert [f.message for f in left.of(MessageDeleted)] == [FIRST]
    assert ("mailbox 800", "deleted") in house.audited()


def test_the_same_key_brings_it_back(tmp_path):
    house = House().has(FIRST)
    script = [("message", 1, "7"), ("box_message_menu", "7"), *LEAVES]
    left = dial(tmp_path, house, *HEARS, *script)

    assert house.state(FIRST) == "old"
    assert said(left).count("box_restored") == 1
    assert [f.message for f in left.of(MessageRestored)] == [FIRST]
    kept = [u.words for _, u in left.phone.heard if "menu" in u.prompt]
    assert any("To keep it after all" in one for one in kept)


def test_a_message_goes_into_a_folder_and_is_heard_there(tmp_path):
    house = House().has(FIRST)
    script = [
        ("message", 1, "9"),
        ("box_save_to", "2"),
        ("box_menu", "2"),
        ("box_folder", "2"),
        ("box_menu", "1"),
        *LEAVES,
    ]
    left = dial(tmp_path, house, *HEARS, *script)

    assert house.messages.all[FIRST].folder == "work"
    assert [f.folder for f in left.of(MessageMoved)] == ["work"]
    assert "There is one message here." in words(left)
    assert played(left) == [10.0, 10.0]


def test_saved_as_new_it_is_as_if_nobody_had_heard_it(tmp_path):
    house = House().has(FIRST)
    script = [("message", 1, "9"), ("box_save_to", "0"), ("box_menu", "#")]
    dial(tmp_path, house, *HEARS, *script)

    assert house.state(FIRST) == "new"


def test_what_the_mailbox_does_not_allow_is_not_done(tmp_path):
    box = 'box: {number: "800", greeting: hello, may: {delete: no}}\n'
    there = here(tmp_path, mailboxes=box)
    house = House().has(FIRST)
    left = dial(tmp_path, house, *HEARS, ("message", 1, "7"), *LEAVES, there=there)

    assert "box_not_now" in said(left)
    assert house.state(FIRST) == "old"


def test_keys_are_the_sites(tmp_path):
    files = 'listen_keys: {delete: 9, save: 7}\nbox: {number: "800"}\n'
    house = House().has(FIRST)
    there = here(tmp_path, mailboxes=files)
    dial(tmp_path, house, *HEARS, ("message", 1, "9"), *LEAVES, there=there)

    assert house.state(FIRST) == "deleted"


def test_what_somebody_else_deletes_stays_deleted(tmp_path):
    house = House().has(FIRST)

    def deleted(phone):
        house.messages.change(
            FIRST, state="deleted", deleted=EPOCH + timedelta(minutes=1)
        )
        phone.press("7")

    script = [("message", 1, deleted), ("box_message_menu", "7"), *LEAVES]
    left = dial(tmp_path, house, *HEARS, *script)

    assert house.state(FIRST) == "deleted"
    assert "box_restored" not in said(left)
    kept = [u.words for _, u in left.phone.heard if "menu" in u.prompt]
    assert not any("To keep it after all" in one for one in kept)


def test_however_many_are_deleted_the_marks_stay_short(tmp_path):
    house = House()
    many = [f"{nth:024}" for nth in range(UNDO_MOST + 5)]
    for message in many:
        house.has(message, seconds=5.0)
    script = [("message", 1, "7") for _ in many]
    back = [("box_message_menu", "7"), *LEAVES]
    dial(tmp_path, house, *HEARS, *script, *back)

    assert [m for m in many if house.state(m) != "deleted"] == many[-1:]

    visit = Visit(call=None, boxes=house.boxes, entry=None, since=0.0)
    for message in many:
        visit.deleted(message)
    assert visit.undo == tuple(many[-UNDO_MOST:])


def test_what_another_phone_deletes_meanwhile_is_no_message_any_more(tmp_path):
    house = House().has(FIRST).has(SECOND, seconds=2.0)

    def gone(phone):
        house.messages.change(SECOND, state="gone")
        phone.press("6")

    left = dial(tmp_path, house, *HEARS, ("message", 1, gone), *LEAVES)

    assert said(left).count("box_no_more") == 1
    assert played(left) == [10.0]


def test_a_change_that_fails_is_told_and_the_talk_goes_on(tmp_path):
    house = House().has(FIRST)

    async def away(message, *, by):
        raise Trouble("away")

    house.boxes.delete = away
    left = dial(tmp_path, house, *HEARS, ("message", 1, "7"), *LEAVES)

    assert "box_not_now" in said(left)
    assert left.of(MessageDeleted) == []
    assert left.by == "flow"


# Sending ------------------------------------------------------------------------------

SENDS = [("box_message_menu", "8"), ("box_send_to", "801#"), ("box_send_more", "#")]


def other(house, box="sales"):
    """The message that is in another mailbox now."""
    [found] = [k for k in house.messages.all.values() if k.new.mailbox == box]
    return found


def test_a_message_is_sent_on_as_it_is(tmp_path):
    house = House().has(FIRST, urgent=True)
    tells = 'sales: {number: "801", tell: [{email: a@example.com}]}\n'
    there = here(tmp_path, mailboxes=f'box: {{number: "800"}}\n{tells}')
    script = [*SENDS, ("box_comment_menu", "2"), *LEAVES]
    left = dial(tmp_path, house, *HEARS, *script, there=there)

    copy = other(house)
    assert (copy.state, copy.urgent, copy.origin) == ("new", True, FIRST)
    assert (copy.new.sound, copy.new.sender, copy.intro) == (FIRST, "box", "")
    assert [n.to for n in house.messages.outbox] == ["a@example.com"]
    assert [(f.to, f.how) for f in left.of(MessageForwarded)] == [("sales", "forward")]
    assert [f.mailbox for f in left.of(Notified)] == ["sales"]
    assert said(left).count("box_sent") == 1
    assert house.state(FIRST) == "old"


def test_a_comment_goes_before_it(tmp_path):
    house = House().has(FIRST)
    script = [
        *SENDS,
        ("box_comment_menu", "1"),
        ("announcement_speak", "#"),
        ("beep", 0.5, speaks(3)),
        ("box_greeting_menu", "1"),
        *LEAVES,
    ]
    left = dial(tmp_path, house, *HEARS, *script)

    copy = other(house)
    assert copy.intro in house.boxes.sounds
    assert house.boxes.sounds[copy.intro].kind == "comment"
    assert said(left).count("box_sent") == 1


def test_a_comment_may_be_spoken_again(tmp_path):
    house = House().has(FIRST)
    script = [
        *SENDS,
        ("box_comment_menu", "1"),
        ("beep", 0.5, speaks(3)),
        ("box_greeting_menu", "3"),
        ("beep", 0.5, speaks(2)),
        ("box_greeting_menu", "1"),
        *LEAVES,
    ]
    dial(tmp_path, house, *HEARS, *script)

    assert len(house.boxes.sounds) == 2
    assert other(house).intro == list(house.boxes.sounds)[1]


def test_several_get_it_and_numbers_that_nobody_has_are_told(tmp_path):
    house = House().has(FIRST)
    script = [
        ("box_message_menu", "8"),
        ("box_send_to", "899#"),
        ("box_send_to", "801#"),
        ("box_send_more", "802#"),
        ("box_send_more", "#"),
        ("box_comment_menu", "2"),
        *LEAVES,
    ]
    left = dial(tmp_path, house, *HEARS, *script)

    assert other(house).origin == other(house, "closed").origin == FIRST
    assert said(left).count("box_unknown") == 1


def test_star_sends_it_to_nobody(tmp_path):
    house = House().has(FIRST)
    script = [("box_message_menu", "8"), ("box_send_to", "*"), *LEAVES]
    left = dial(tmp_path, house, *HEARS, *script)

    assert list(house.messages.all) == [FIRST]
    assert "box_comment_menu" not in said(left)


def test_a_full_mailbox_gets_none(tmp_path):
    house = House().has(FIRST).has(SECOND, box="sales")
    boxes = 'box: {number: "800"}\nsales: {number: "801", most: 1}\n'
    there = here(tmp_path, mailboxes=boxes)
    script = [*SENDS, ("box_comment_menu", "2"), *LEAVES]
    left = dial(tmp_path, house, *HEARS, *script, there=there)

    assert "mailbox_full" in said(left)
    assert left.of(MessageForwarded) == []


def test_a_message_of_a_mailbox_is_answered_into_it(tmp_path):
    house = House().has(FIRST, sender="sales", caller="1001")
    script = [
        ("box_message_menu", "3"),
        ("box_more", "1"),
        ("beep", 0.5, speaks(4)),
        ("box_greeting_menu", "1"),
        *LEAVES,
    ]
    left = dial(tmp_path, house, *HEARS, *script)

    answer = other(house)
    assert (answer.state, answer.new.sender) == ("new", "box")
    assert answer.seconds == pytest.approx(4.3, abs=0.3)
    assert [f.how for f in left.of(MessageForwarded)] == ["reply"]
    assert [f.mailbox for f in left.of(MessageLeft)] == ["sales"]
    assert "From mailbox eight zero one." in words(left)


def test_a_caller_is_answered_in_no_mailbox(tmp_path):
    script = [("box_message_menu", "3"), ("box_more", "1"), *LEAVES]
    left = dial(tmp_path, House().has(FIRST), *HEARS, *script)

    assert "box_not_now" in said(left)


def test_a_new_message_is_spoken_for_others(tmp_path):
    house = House()
    script = [
        ("box_menu", "3"),
        ("box_more", "5"),
        ("box_send_to", "801#"),
        ("box_send_more", "802#"),
        ("box_send_more", "#"),
        ("beep", 0.5, speaks(4)),
        ("box_greeting_menu", "1"),
        ("box_menu", "#"),
    ]
    left = dial(tmp_path, house, *ENTERS, *script)

    one, two = other(house), other(house, "closed")
    assert one.new.sound == two.new.sound == one.new.message != two.new.message
    assert one.state == two.state == "new"
    assert [f.how for f in left.of(MessageForwarded)] == ["new", "new"]


def test_who_hangs_up_while_he_answers_leaves_what_he_said(tmp_path):
    house = House().has(FIRST, sender="sales")
    script = [
        ("box_message_menu", "3"),
        ("box_more", "1"),
        ("beep", 0.5, talks_and_hangs_up),
    ]
    left = dial(tmp_path, house, *HEARS, *script)

    assert left.by == "caller"
    assert other(house).state == "new"
    assert other(house).seconds == pytest.approx(5.6, abs=0.3)


def talks_and_hangs_up(phone):
    phone.speak(9)
    phone.soon(5.5, hangs_up)


def test_an_answer_that_is_thrown_away_is_in_no_mailbox(tmp_path):
    house = House().has(FIRST, sender="sales")
    script = [
        ("box_message_menu", "3"),
        ("box_more", "1"),
        ("beep", 0.5, speaks(4)),
        ("box_greeting_menu", "3"),
        ("beep", 0.5, speaks(3)),
        ("box_greeting_menu", "1"),
        *LEAVES,
    ]
    dial(tmp_path, house, *HEARS, *script)

    states = sorted(
        k.state for k in house.messages.all.values() if k.new.mailbox == "sales"
    )
    assert states == ["dropped", "new"]


# Calling back -------------------------------------------------------------------------

NUMBER = "13800138000"
TRUNK = f"PJSIP/{NUMBER}@trunk"
CALLS = [("box_message_menu", "3"), ("box_more", "2")]


def guard(**rules):
    given = {"endpoint": "PJSIP/{number}@trunk", "prefixes": ("138",), **rules}
    return DialGuard(
        OutboundRules(**given), seconds=lambda: 1000.0, is_open=lambda *_: True
    )


def test_who_left_it_is_called_back_and_the_talk_goes_on(tmp_path):
    house = House().has(FIRST)
    house.world.outbound = guard()
    house.world.phones = {TRUNK: Person(answers_after=2, talks_for=20)}
    left = dial(tmp_path, house, *HEARS, *CALLS, *LEAVES)

    [called] = left.of(SenderCalled)
    assert (called.number, called.how) == (NUMBER, "talked")
    assert called.seconds == pytest.approx(20, abs=0.5)
    assert said(left)[-1] == "box_goodbye"


def test_the_number_that_the_caller_gave_is_called(tmp_path):
    house = House().has(FIRST, number="13900139000")
    house.world.outbound = guard(prefixes=("139",))
    house.world.phones = {"PJSIP/13900139000@trunk": Person(talks_for=5)}
    left = dial(tmp_path, house, *HEARS, *CALLS, *LEAVES)

    assert [f.how for f in left.of(SenderCalled)] == ["talked"]


@pytest.mark.parametrize("rules", [None, {"prefixes": ("010",)}])
def test_no_number_is_dialled_that_the_settings_do_not_allow(tmp_path, rules):
    house = House().has(FIRST)
    house.world.outbound = guard(**rules) if rules else None
    house.world.phones = {TRUNK: Person()}
    left = dial(tmp_path, house, *HEARS, *CALLS, *LEAVES)

    assert house.world.used.log == []
    assert "box_no_number" in said(left)
    assert len(left.of(DialRefused)) == bool(rules)


def test_who_does_not_answer_is_told(tmp_path):
    house = House().has(FIRST)
    house.world.outbound = guard()
    house.world.phones = {TRUNK: Person(answers_after=None)}
    left = dial(tmp_path, house, *HEARS, *CALLS, *LEAVES)

    assert "box_not_reached" in said(left)
    assert [f.how for f in left.of(SenderCalled)] == ["no answer"]


def test_who_hangs_up_while_it_rings_leaves_no_phone_ringing(tmp_path):
    house = House().has(FIRST)
    house.world.outbound = guard()
    house.world.phones = {TRUNK: Person(answers_after=None)}
    script = [
        *CALLS[:1],
        ("box_more", lambda phone: press_at(phone, (0, "2"), (5, hangs_up))),
    ]
    left = dial(tmp_path, house, *HEARS, *script)

    assert left.by == "caller"
    assert house.world.used.ringing == {}


def test_who_hangs_up_as_the_other_one_answers_leaves_no_leg(tmp_path):
    house = House().has(FIRST)
    house.world.outbound = guard()
    house.world.phones = {TRUNK: Person(answers_after=2, talks_for=600)}

    class Cut(robot(*HEARS, *CALLS)):
        @asynccontextmanager
        async def music(self, name):
            async with super().music(name):
                yield
            self.drop()
            raise HungUp

    left = call(here(tmp_path), dialled="*98", phone=Cut, world=house.world)

    assert left.by == "caller"
    assert house.world.used.legs == {}


@pytest.mark.parametrize("first", ["caller", "other"])
def test_who_was_called_back_is_no_work_any_more_whoever_hangs_up_first(
    tmp_path, first
):
    house = House().has(FIRST)
    house.messages.work[FIRST] = NewWork(queue="desk", promised=2e9)
    house.world.work = MemoryWork(house.messages)
    house.world.outbound = guard()
    talks_for = 600 if first == "caller" else 20
    house.world.phones = {TRUNK: Person(answers_after=2, talks_for=talks_for)}
    seen = []

    def looks(phone):
        seen.append(house.world.work.all[FIRST].state.value)

    def waits(phone):
        phone.press("2")
        phone.soon(1, looks)
        phone.soon(10, looks)
        if first == "caller":
            phone.soon(15, hangs_up)

    left = dial(tmp_path, house, *HEARS, CALLS[0], ("box_more", waits), *LEAVES)

    assert seen == ["waiting", "done"]  # while they talk already
    [called] = left.of(SenderCalled)
    assert (called.how, called.by) == ("talked", "mailbox 800")
    assert called.seconds == pytest.approx(13 if first == "caller" else 20, abs=0.5)


def test_that_it_can_not_be_noted_parts_nobody(tmp_path):
    house = House().has(FIRST)
    house.messages.work[FIRST] = NewWork(queue="desk", promised=2e9)
    work = house.world.work = MemoryWork(house.messages)
    ends, fails = work.end, [True]

    async def end(message, *given, **how):
        if fails.pop() if fails else False:
            raise Trouble("away")
        return await ends(message, *given, **how)

    work.end = end
    house.world.outbound = guard()
    house.world.phones = {TRUNK: Person(answers_after=2, talks_for=20)}
    left = dial(tmp_path, house, *HEARS, *CALLS, *LEAVES)

    assert [f.how for f in left.of(SenderCalled)] == ["talked"]
    assert work.all[FIRST].state.value == "done"
    assert "box_not_now" not in said(left)


# Greetings and PIN --------------------------------------------------------------------

SETTINGS = [("box_menu", "0")]
OUT = [("box_settings", "*"), ("box_menu", "#")]


@pytest.mark.parametrize(
    ("key", "kind", "sound"),
    [
        ("1", "unavailable", "greeting"),
        ("2", "busy", "greeting"),
        ("3", "name", "name"),
    ],
)
def test_a_greeting_is_spoken_and_used(tmp_path, key, kind, sound):
    house = House()
    script = [
        *SETTINGS,
        ("box_settings", key),
        ("beep", 0.5, speaks(3)),
        ("box_greeting_menu", "1"),
        *OUT,
    ]
    left = dial(tmp_path, house, *ENTERS, *script)

    [((box, spoken, language), greeting)] = house.boxes.spoken.items()
    assert (box, spoken, language) == ("box", kind, "en")
    assert greeting.by == "mailbox 800"
    assert house.boxes.sounds[greeting.speech.sound].kind == sound
    assert [(f.greeting, f.on) for f in left.of(GreetingChanged)] == [(kind, True)]
    assert "box_greeting_on" in said(left)


def test_a_temporary_greeting_is_put_on_told_and_taken_off(tmp_path):
    house = House()
    on = [
        *SETTINGS,
        ("box_settings", "4"),
        ("box_temporary", "1"),
        ("beep", 0.5, speaks(3)),
        ("box_greeting_menu", "1"),
        *OUT,
    ]
    dial(tmp_path, house, *ENTERS, *on)
    assert list(house.boxes.spoken) == [("box", "temporary", "en")]

    off = [*SETTINGS, ("box_settings", "4"), ("box_temporary", "2"), *OUT]
    left = dial(tmp_path, house, *ENTERS, *off)
    assert "box_temporary_is_on" in said(left)
    assert "box_greeting_off" in said(left)
    assert house.boxes.spoken == {}
    assert [f.on for f in left.of(GreetingChanged)] == [False]


def test_a_greeting_that_is_not_kept_changes_nothing(tmp_path):
    script = [*SETTINGS, ("box_settings", "1"), ("beep", 0.5, talks_and_hangs_up)]
    house = House()
    left = dial(tmp_path, house, *ENTERS, *script)

    assert left.by == "caller"
    assert house.boxes.spoken == {}


def test_a_pin_is_changed(tmp_path):
    house = House()
    script = [
        *SETTINGS,
        ("box_settings", "5"),
        ("box_new_pin", "7394#"),
        ("box_new_pin_again", "7394#"),
        *OUT,
    ]
    left = dial(tmp_path, house, *ENTERS, *script)

    assert house.boxes.pins["box"].hashed == "7394"
    assert len(left.of(PinChanged)) == 1
    assert "7394" not in repr(left.facts)


@pytest.mark.parametrize(
    ("pins", "told"),
    [
        (["1234#"], "box_pin_easy"),
        (["800#"], "box_pin_easy"),
        (["7394#", "7395#"], "box_pin_differs"),
    ],
)
def test_a_pin_that_can_not_be_meant_stays_as_it_was(tmp_path, pins, told):
    house = House()
    prompts = ["box_new_pin", "box_new_pin_again"]
    entries = list(zip(prompts, pins, strict=False))
    script = [*SETTINGS, ("box_settings", "5"), *entries, ("box_new_pin", "*"), *OUT]
    left = dial(tmp_path, house, *ENTERS, *script)

    assert house.boxes.pins["box"].hashed == PIN
    assert f"{told}" in said(left)


def test_what_was_keyed_in_ahead_for_a_pin_does_nothing_in_the_menu(tmp_path):
    house = House()
    easy = ("box_new_pin", "1234#")
    ahead = ("box_pin_easy", "0")
    script = [*SETTINGS, ("box_settings", "5"), easy, easy, easy, ahead, *OUT]
    left = dial(tmp_path, house, *ENTERS, *script)

    assert said(left).count("box_pin_easy") == 3
    # That 0 led into the settings; the other one was for a PIN.
    assert [f.digits for f in left.of(DigitsCollected)].count("0") == 1


@pytest.mark.parametrize("how", ["fixed", "agent"])
def test_a_pin_that_is_not_his_is_not_changed(tmp_path, how):
    house = House()
    enters = ENTERS
    if how == "fixed":
        house.boxes.pins["box"] = Pin(hashed=PIN, fixed=True)
    else:
        enters = [("box_number", "1001#"), ("box_pin", "2580#")]
    left = dial(tmp_path, house, *enters, *SETTINGS, ("box_settings", "5"), *OUT)

    assert "box_not_now" in said(left)
    assert "box_new_pin" not in said(left)


# Where a call was cut off -------------------------------------------------------------


def test_the_next_call_goes_on_where_this_one_was_cut_off(tmp_path):
    house = House().has(FIRST).has(SECOND, seconds=2.0)
    dial(tmp_path, house, *HEARS, ("message", 5, hangs_up))
    left = dial(tmp_path, house, *ENTERS, *LEAVES)

    assert "box_goes_on" in said(left)
    assert begins(left) == [4.0]  # a second is heard once more
    assert house.audited() == [("mailbox 800", "heard")] * 2
    assert [f.first for f in left.of(MessageHeard)] == [False]
    again = dial(tmp_path, house, *ENTERS, ("box_menu", "#"))
    assert "box_goes_on" not in again.said


def test_after_an_hour_it_begins_as_ever(tmp_path):
    house = House().has(FIRST)
    dial(tmp_path, house, *HEARS, ("message", 5, hangs_up))
    [place] = house.boxes.places.values()
    key = next(iter(house.boxes.places))
    house.boxes.places[key] = type(place)(
        message=place.message, offset=place.offset, at=place.at - timedelta(hours=1.1)
    )
    left = dial(tmp_path, house, *ENTERS, ("box_menu", "#"))

    assert "box_goes_on" not in said(left)


def test_what_was_deleted_meanwhile_is_not_gone_on_with(tmp_path):
    house = House().has(FIRST)
    dial(tmp_path, house, *HEARS, ("message", 5, hangs_up))
    house.messages.change(FIRST, state="deleted")
    left = dial(tmp_path, house, *ENTERS, ("box_menu", "#"))

    assert played(left) == []


# Off the record -----------------------------------------------------------------------


def test_a_call_that_is_recorded_is_not_while_messages_are_heard(tmp_path):
    flow = FLOW.replace("steps:", "steps:\n  tape: {record: all}")
    there = here(tmp_path, flow)
    house = House().has(FIRST)
    left = dial(tmp_path, house, *HEARS, *LEAVES, dialled="100", there=there)

    kinds = [type(f).__name__ for f in left.facts]
    paused = kinds.index("CallRecordingPaused")
    assert paused < kinds.index("MailboxEntered")
    assert kinds.index("MessageHeard") < kinds.index("CallRecordingResumed")
    assert kinds.count("CallRecordingPaused") == 1
