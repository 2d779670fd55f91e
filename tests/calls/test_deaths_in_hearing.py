"""Who hears messages by phone while the service dies at any moment: each act is done
once, and who was hearing one goes on hearing it.

The caller here does what he is asked for, as often as he is asked, until what he wants
has come about: a key that died with the process he presses once more.
"""

import asyncio
from datetime import timedelta
from itertools import count

import pytest

from ivrflow.facts import MessageDeleted, MessageForwarded, SenderCalled
from ivrflow.flow.hearing.sounding import WORDS
from ivrflow.flow.outbound import DialGuard, OutboundRules
from ivrflow.flow.world import NewMessage, Pin
from ivrflow.sim.memory import MemoryLookups
from ivrflow.sim.memory.boxes import MemoryBoxes
from ivrflow.sim.memory.messages import KeptMessage, MemoryMessages
from ivrflow.sim.memory.sounds import BYTES_A_SECOND, HEADER, MemoryAudio
from ivrflow.sim.scripted import Person, ScriptedChannel, ScriptedSwitch
from tests.calls.deaths_rig import Town, every_death, played
from tests.unit.flow.one_call import EPOCH, site

FIRST, SECOND = "1" * 24, "2" * 24
PIN, NEW_PIN = "4711", "7394"
NUMBER = "13800138000"
TRUNK = f"PJSIP/{NUMBER}@trunk"

FLOW = """
steps:
  hear: {listen: any, then: bye, failed: sorry}
  bye: {hangup: bye}
  sorry: {hangup: bye}
"""
BOXES = """\
box: {number: "800", greeting: hello}
sales: {number: "801", greeting: hello, tell: [{email: a@example.com}]}
"""
ENTERS = {"box_number": "800#", "box_pin": f"{PIN}#"}


class Caller(ScriptedChannel):
    """Does what *wants* says when he hears a prompt: prompt -> keys, or a function.

    A function is asked each time, with the phone; "" is nothing. A message that plays
    is called by its sound's length.
    """

    def __init__(self, wants, **how):
        super().__init__(**how)
        self.wants = {**ENTERS, **wants}
        self.seen = 0
        self.on_change = self.react

    def react(self):
        while self.seen < len(self.heard):
            _, one = self.heard[self.seen]
            self.seen += 1
            plays = one.words == WORDS
            name = f"{one.seconds:g} s" if plays else one.prompt.partition(".")[0]
            wanted = self.wants.get(name, "")
            keys = wanted(self) if callable(wanted) else wanted
            if keys:
                loop = asyncio.get_running_loop()
                loop.call_later(3 if plays else 0.1, self.press, keys)

    def times(self, prompt):
        return [u.prompt.partition(".")[0] for _, u in self.heard].count(prompt)


def town(wants, *, sender="", dialled="100", **more):
    def arrange(loop):
        messages, audio = MemoryMessages(), MemoryAudio()
        boxes = MemoryBoxes(messages, lambda: EPOCH + timedelta(seconds=loop.time()))
        boxes.pins["box"] = Pin(hashed=PIN)
        for message, seconds in ((FIRST, 10.0), (SECOND, 4.0)):
            audio.all[message] = bytes(HEADER + int(BYTES_A_SECOND * seconds))
            new = NewMessage(
                message=message,
                sound=message,
                mailbox="box",
                call="earlier",
                caller=NUMBER,
                sender=sender,
                at=EPOCH - timedelta(minutes=30 if message == FIRST else 20),
            )
            messages.all[message] = KeptMessage(new=new, state="new", seconds=seconds)
        return Town(
            channel=Caller(wants(boxes), dialled=dialled),
            switch=ScriptedSwitch({TRUNK: Person(answers_after=2, talks_for=8)}),
            lookups=MemoryLookups({}),
            messages=messages,
            audio=audio,
            boxes=boxes,
            **more,
        )

    return arrange


@pytest.fixture
def house(tmp_path):
    number = '"*98": {voicemail: listen}\n'
    return site(tmp_path, FLOW, mailboxes=BOXES, numbers=number)


def acts(town, what):
    """Entries of the audit log that say this."""
    return [entry for entry in town.boxes.audit if what in entry.after]


def sent(town):
    """The messages that are in the other mailbox, by their states."""
    kept = town.messages.all.values()
    return sorted(one.state for one in kept if one.new.mailbox == "sales")


def some_deaths(site, arrange):
    """As `every_death`, at each third moment: what is recorded has hundreds of them."""
    for dies_at in count(1, 3):
        here = played(site, arrange, dies_at=dies_at)
        yield here
        if not here.died:
            return


# Each act once ------------------------------------------------------------------------


def deletes(boxes):
    def first(phone):
        return "" if boxes.messages_left.all[FIRST].state == "deleted" else "7"

    return {"box_menu": "1", "10 s": first, "box_message_menu": "#"}


def test_one_message_is_deleted_and_no_other_one(house):
    for here in every_death(house, town(deletes)):
        states = [here.messages.all[one].state for one in (FIRST, SECOND)]
        assert states[0] == "deleted", here.died
        assert states[1] in ("old", "new"), here.died
        assert len(acts(here, "deleted")) == 1, here.died
        assert len(here.of(MessageDeleted)) in (1, 2), here.died
        assert here.by == "flow", here.died


def sends(boxes):
    def menu(phone):
        there = boxes.messages_left.all.values()
        return "#" if any(one.new.mailbox == "sales" for one in there) else "8"

    return {
        "box_menu": "1",
        "box_message_menu": menu,
        "box_send_to": "801#",
        "box_send_more": "#",
        "box_comment_menu": "2",
    }


def says(phone):
    phone.speak(4)
    return ""


def comments(boxes):
    return {
        **sends(boxes),
        "box_comment_menu": "1",
        "beep": says,
        "box_greeting_menu": "1",
    }


def test_it_is_sent_on_once_and_told_once_with_the_comment_that_was_spoken(house):
    for here in some_deaths(house, town(comments)):
        assert sent(here) == ["new"], here.died
        assert [notice.to for notice in here.messages.outbox] == ["a@example.com"]
        assert len(acts(here, "sent on")) == 1, here.died
        assert len(here.of(MessageForwarded)) in (1, 2), here.died
        [copy] = [k for k in here.messages.all.values() if k.new.mailbox == "sales"]
        assert copy.intro in here.boxes.sounds, here.died
        assert here.by == "flow", here.died


def answers(boxes):
    def menu(phone):
        there = boxes.messages_left.all.values()
        done = any(k.new.mailbox == "sales" and k.state == "new" for k in there)
        return "#" if done else "3"

    return {
        "box_menu": "1",
        "box_message_menu": menu,
        "box_more": "1",
        "beep": says,
        "box_greeting_menu": "1",
    }


def test_an_answer_is_left_once(house):
    for here in some_deaths(house, town(answers, sender="sales")):
        assert sent(here).count("new") == 1, here.died
        assert "recording" not in sent(here), here.died
        assert [notice.to for notice in here.messages.outbox] == ["a@example.com"]
        assert here.by == "flow", here.died


class HangsUpThen(Caller):
    """Hangs up at the first thing that is noted after he was asked what to keep."""

    async def remember(self, text):
        if self.times("box_greeting_menu"):
            self.drop()
        await super().remember(text)


def test_who_hangs_up_while_an_answer_is_thrown_away_sends_nothing(house):
    def arrange(loop):
        here = town(answers, sender="sales")(loop)
        wants = {**answers(here.boxes), "box_greeting_menu": "3"}
        here.channel = HangsUpThen(wants, dialled="100")
        return here

    here = played(house, arrange)

    assert here.by == "caller"
    assert sent(here) == ["dropped"]


def greets(boxes):
    def menu(phone):
        return "#" if boxes.spoken else "0"

    def settings(phone):
        return "*" if boxes.spoken else "1"

    return {
        "box_menu": menu,
        "box_settings": settings,
        "beep": says,
        "box_greeting_menu": "1",
    }


def test_a_greeting_is_put_on_once(house):
    for here in some_deaths(house, town(greets, dialled="*98")):
        assert len(here.boxes.spoken) == 1, here.died
        changed = [e for e in here.boxes.audit if "greeting" in e.what]
        assert len(changed) == 1, here.died
        assert here.by == "flow", here.died


def changes(boxes):
    def changed():
        return boxes.pins["box"].hashed == NEW_PIN

    return {
        "box_pin": lambda phone: f"{NEW_PIN if changed() else PIN}#",
        "box_menu": lambda phone: "#" if changed() else "0",
        "box_settings": lambda phone: "*" if changed() else "5",
        "box_new_pin": f"{NEW_PIN}#",
        "box_new_pin_again": f"{NEW_PIN}#",
    }


def test_a_pin_is_changed_and_in_no_bookmark(house):
    for here in some_deaths(house, town(changes)):
        assert here.boxes.pins["box"].hashed == NEW_PIN, here.died
        assert len([e for e in here.boxes.audit if "PIN" in e.what]) == 1, here.died
        for kept in (here.channel.remembered, *here.bookmarks.texts.values()):
            assert PIN not in kept, here.died
            assert NEW_PIN not in kept, here.died
        assert here.by == "flow", here.died


def calls(boxes):
    def menu(phone):
        called = phone.times("box_more") and phone.rang
        return "#" if called else "3"

    return {"box_menu": "1", "box_message_menu": menu, "box_more": "2"}


def guard():
    return DialGuard(
        OutboundRules(
            endpoint="PJSIP/{number}@trunk", prefixes=("138",), at_once=9, per_minute=99
        ),
        seconds=lambda: 1000.0,
        is_open=lambda *_: True,
    )


def test_who_left_it_is_rung_once(house):
    def arrange(loop):
        here = town(calls, outbound=guard())(loop)
        type(here.channel).rang = property(lambda phone: bool(here.switch.log))
        return here

    for here in every_death(house, arrange):
        rung = [what for _, what in here.switch.log if what.startswith("rings")]
        assert len(rung) == 1, here.died
        assert [f.how for f in here.of(SenderCalled)][-1] == "talked", here.died
        assert here.switch.legs == {}, here.died
        assert here.by == "flow", here.died


# Going on -----------------------------------------------------------------------------


def hears(boxes):
    return {"box_menu": "1", "box_message_menu": "#"}


def test_nobody_is_asked_for_his_pin_again(house):
    for half in range(1, 60):
        here = played(house, town(hears), killed_at=half / 2)

        asked = here.channel.times("box_pin")
        assert here.by == "flow", here.died
        assert asked == 1 or half / 2 < 4, here.died


def test_a_message_that_plays_plays_on_and_is_heard_once(house):
    undisturbed = played(house, town(hears))
    [began] = [at for at, u in undisturbed.channel.heard if u.words == WORDS]
    for tenth in range(2, 80, 6):
        # It ends while somebody is there again to say so.
        here = played(house, town(hears), killed_at=began + tenth / 10)

        times = [u for _, u in here.channel.heard if u.words == WORDS]
        assert len(times) == 1, here.died
        assert len(acts(here, "heard")) == 1, here.died
        assert here.by == "flow", here.died


def test_one_that_ended_meanwhile_is_over(house):
    undisturbed = played(house, town(hears))
    [began] = [at for at, u in undisturbed.channel.heard if u.words == WORDS]
    here = played(house, town(hears), killed_at=began + 9.5)

    assert len([u for _, u in here.channel.heard if u.words == WORDS]) == 1
    assert here.channel.times("box_message_menu") == 1
    assert here.by == "flow"


def test_who_hangs_up_while_nobody_is_there_leaves_nothing_behind(house):
    for half in range(1, 40, 3):

        def arrange(loop, half=half):
            here = town(answers, sender="sales")(loop)
            loop.call_at(half / 2 + 0.7, here.channel.drop)
            return here

        here = played(house, arrange, killed_at=half / 2)

        assert "recording" not in sent(here), here.died
        assert here.by in ("outage", "caller"), here.died
