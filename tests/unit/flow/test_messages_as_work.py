"""A message is work: who gets it hears it, calls back with one key, or has dealt with
it; and nobody is rung for what is no work any more."""

import asyncio
import logging

import pytest

from ivrflow.acd.model import Presence, need
from ivrflow.facts import (
    AgentOffered,
    CallEnded,
    CallerQueued,
    CallStarted,
    Connected,
    DialRefused,
    MessageHeard,
    Said,
    TalkEnded,
    WorkBegan,
    WorkEnded,
    WorkTried,
)
from ivrflow.flow.conversation.inbox import NotNow, Request
from ivrflow.flow.working import standing
from ivrflow.flow.working.item import WorkState
from ivrflow.flow.working.messages import MessagesAsWork
from ivrflow.flow.world import Trouble
from ivrflow.sim.memory import MemoryAgents, MemoryWork
from ivrflow.sim.scripted import Person
from ivrflow.telephony.channel import Unreached
from tests.unit.flow.callback_rig import QUEUES, at, play
from tests.unit.flow.work_rig import CUSTOMER, MAILBOXES, WorkOffice


def tried(office):
    return [(f.agent, f.how) for f in office.of(WorkTried)]


def ended(office):
    return [(f.how, f.in_time, f.agent) for f in office.of(WorkEnded)]


def test_an_agent_hears_who_and_when_and_the_message_and_calls_back_with_one_key(
    tmp_path,
):
    async def scene():
        office = WorkOffice(tmp_path)
        office.people[at(CUSTOMER)] = Person(answers_after=4, talks_for=30)
        async with office.open():
            await office.left(seconds=8.0)
            leg = await office.answered()
            await asyncio.sleep(60)
            leg.press("1")
            await asyncio.sleep(60)
        return office, leg

    office, leg = play(scene)
    heard = office.heard(leg)
    assert heard[:4] == ["work_whisper", "box_from", "box_today", "(the message)"]
    assert heard[4] == "work_menu"
    assert "work_calling" in heard
    [rang], [dialled] = office.rang("PJSIP/1"), office.rang(at(CUSTOMER))
    assert dialled > rang
    assert tried(office) == [("1", "talked")]
    assert ended(office) == [("done", True, "1")]
    assert office.what() == "done"
    [queued] = office.of(CallerQueued)
    assert (queued.item, queued.origin, queued.priority) == ("voicemail", "of m1", -10)
    [started] = office.of(CallStarted)
    assert (started.caller, started.call) == (CUSTOMER, queued.call)
    assert len(office.of(CallEnded)) == 1
    assert office.boxes.audit[0].who == "agent 1"
    [noted] = office.of(MessageHeard)
    assert (noted.by, noted.call, noted.first) == ("agent 1", "of m1", True)
    shown = office.of(AgentOffered)[0].shown
    assert (shown["message"], shown["mailbox"], shown["from"]) == (
        "m1",
        "box",
        CUSTOMER,
    )


def test_dealt_with_ends_it_and_costs_the_queues_wrap_up(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path)
        async with office.open():
            await office.left()
            leg = await office.answered()
            await asyncio.sleep(5)
            leg.press("3")
            await asyncio.sleep(5)
            [agent] = office.desk.state().agents
        return office, agent

    office, agent = play(scene)
    assert ended(office) == [("done", True, "1")]
    assert tried(office) == [("1", "dealt with")]
    assert agent.work == "wrap-up"
    assert [f.by for f in office.of(TalkEnded)] == ["caller"]


def test_how_it_has_ended_is_said_by_key_where_the_site_has_words_for_it(tmp_path):
    queues = "dispositions: [sold, no_interest]\n" + QUEUES

    async def scene():
        office = WorkOffice(tmp_path, queues=queues)
        said = MemoryAgents({})
        async with office.open(agents=said):
            await office.left()
            leg = await office.answered()
            await asyncio.sleep(5)
            leg.press("3")
            await asyncio.sleep(1)
            leg.press("2")
            await asyncio.sleep(5)
        return office

    office = play(scene)
    assert office.work.all["m1"].disposition == "no_interest"
    assert office.of(WorkEnded)[0].disposition == "no_interest"


@pytest.mark.parametrize("how", ["key", "hang-up"])
def test_who_leaves_it_to_somebody_else_gives_it_back_in_its_old_place(tmp_path, how):
    async def scene():
        office = WorkOffice(tmp_path, agents=2)
        async with office.open():
            await office.left()
            leg = await office.answered()
            first = next(n for n in (1, 2) if office.phone(n) is leg)
            await asyncio.sleep(4)
            if how == "key":
                leg.press("4")
            else:
                leg.drop()
            await asyncio.sleep(1)
            free = [a.work for a in office.desk.state().agents]
            await asyncio.sleep(60)
            again = office.phone(1) or office.phone(2)
            again.press("3")
            await asyncio.sleep(5)
        return office, first, free

    office, first, free = play(scene)
    assert free == ["idle", "idle"]  # it costs no wrap-up
    how_told = "given back" if how == "key" else "agent gone"
    assert tried(office)[0] == (str(first), how_told)
    assert [how for _, how in tried(office)] == [how_told, "dealt with"]
    one, other = office.of(CallerQueued)
    assert one.call != other.call
    assert one.joined == other.joined
    assert other.at - one.at >= 30
    assert len(office.of(WorkEnded)) == 1


def test_callers_come_first_until_the_promise_comes_near(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path)
        office.people["PJSIP/1"] = Person(2, 40)
        async with office.open():
            office.calls_in("13900000001", id="first")
            await asyncio.sleep(5)
            await office.left("calm", within=7200)
            for n in range(12):
                office.calls_in(f"1390000001{n}", id=f"held{n}")
            await asyncio.sleep(10)
            await office.left("soon", within=200)
            await asyncio.sleep(1500)
        return office

    order = [f.call for f in play(scene).of(Connected)]
    assert order[0] == "first"
    assert "held11" in order
    # 3/4 of 200 s: then it stands among the callers by age, and at 200 s before them.
    near = order.index("soon-w1")
    assert 3 <= near <= 6
    assert order.index("calm-w1") > order.index("held11")


def test_an_urgent_message_is_told_as_such_and_has_its_own_promise(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path)
        async with office.open():
            await office.left(urgent=True, within=600)
            leg = await office.answered()
            await asyncio.sleep(3)
            leg.press("3")
            await asyncio.sleep(3)
        return office, leg

    office, leg = play(scene)
    assert office.heard(leg)[0] == "work_urgent"
    assert office.of(WorkBegan)[0].urgent


def test_the_agent_who_has_the_skill_gets_it(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path, agents=2)
        office.change("2", skills={"billing": 3})
        async with office.open():
            await office.left(need=need({"billing": 2}))
            await office.answered(2)
            office.phone(2).press("3")
            await asyncio.sleep(30)
        return office

    assert [f.agent for f in play(scene).of(AgentOffered)] == ["2"]


def test_pause_skip_and_again_as_wherever_messages_are_heard(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path)
        async with office.open():
            await office.left(seconds=30.0)
            leg = await office.answered()
            while leg.playing is None or leg.playing.words != "(the message)":
                await asyncio.sleep(0.1)
            await asyncio.sleep(10)
            leg.press("0")
            await asyncio.sleep(5)
            silent = leg.playing
            leg.press("0")
            await asyncio.sleep(2)
            leg.press("#")
            await asyncio.sleep(2)
            leg.press("*")
            await asyncio.sleep(2)
            leg.press("2")
            await asyncio.sleep(2)
            leg.press("3")
            await asyncio.sleep(2)
        begins = [round(at) for _, at in sorted(leg.begins.items())]
        return office, silent, begins

    office, silent, begins = play(scene)
    assert silent is None
    # 10 s, paused; 2 s on and 3 skipped; 2 s on and 3 back: then from the beginning.
    assert begins == [10, 15, 14]
    assert ended(office) == [("done", True, "1")]


def test_who_says_nothing_for_long_gives_it_back(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path, agents=2)
        async with office.open():
            await office.left(seconds=5.0)
            await office.answered()
            await asyncio.sleep(1000)
            assert tried(office)[0][1] == "given back"
            for number in (1, 2):
                if office.phone(number):
                    office.phone(number).press("3")
            await asyncio.sleep(10)
        return office

    office = play(scene)
    assert office.what() == "done"


def test_who_is_not_reached_can_be_called_again_or_left_to_somebody_else(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path)
        office.people[at(CUSTOMER)] = Person(refuses=Unreached.BUSY)
        async with office.open():
            await office.left()
            leg = await office.answered()
            await asyncio.sleep(3)
            leg.press("1")
            await asyncio.sleep(5)
            office.people[at(CUSTOMER)] = Person(3, 20)
            leg.press("1")
            await asyncio.sleep(60)
        return office, leg

    office, leg = play(scene)
    assert "work_not_reached" in office.heard(leg)
    assert len(office.rang(at(CUSTOMER))) == 2
    assert tried(office) == [("1", "busy"), ("1", "talked")]
    item = office.work.all["m1"]
    assert (item.dials, item.state) == (2, WorkState.DONE)


def test_an_agent_who_hangs_up_while_it_rings_gives_it_back(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path)
        office.people[at(CUSTOMER)] = Person(answers_after=None)
        async with office.open():
            await office.left()
            leg = await office.answered()
            await asyncio.sleep(3)
            leg.press("1")
            await asyncio.sleep(5)
            assert at(CUSTOMER) in office.switch.ringing
            leg.drop()
            await asyncio.sleep(1)
            assert at(CUSTOMER) not in office.switch.ringing
            assert office.what() == "waiting"
            await office.work.end("m1", WorkState.WITHDRAWN, office.world.seconds())
            await asyncio.sleep(10)
        return office

    assert tried(play(scene)) == [("1", "agent gone")]


@pytest.mark.parametrize("caller", ["", "anonymous", "0019001234567"])
def test_who_can_not_be_called_is_no_key_of_the_menu(tmp_path, caller):
    async def scene():
        office = WorkOffice(tmp_path)
        async with office.open():
            await office.left(caller=caller)
            leg = await office.answered()
            await asyncio.sleep(5)
            leg.press("1")
            await asyncio.sleep(30)
            leg.press("3")
            await asyncio.sleep(5)
        return office, leg

    office, leg = play(scene)
    assert "work_no_number" in office.heard(leg)
    assert office.of(DialRefused) == []
    assert ended(office) == [("done", True, "1")]


def test_a_message_that_is_deleted_leaves_the_line_and_the_phone_stops_ringing(
    tmp_path,
):
    async def scene():
        office = WorkOffice(tmp_path)
        office.people["PJSIP/1"] = Person(answers_after=None)
        async with office.open():
            await office.left()
            await asyncio.sleep(3)
            assert "PJSIP/1" in office.switch.ringing
            await office.boxes.delete("m1", by="mailbox 800")
            await asyncio.sleep(6)
            assert "PJSIP/1" not in office.switch.ringing
            await office.boxes.restore("m1", by="mailbox 800")
            await asyncio.sleep(20)
            assert "PJSIP/1" in office.switch.ringing
        return office

    office = play(scene)
    assert ended(office) == []
    assert len(office.of(WorkBegan)) == 1


def test_who_hears_what_somebody_else_has_dealt_with_is_told_so(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path)
        async with office.open():
            await office.left(seconds=60.0)
            leg = await office.answered()
            await asyncio.sleep(5)
            now = office.world.seconds()
            await office.work.end("m1", WorkState.DONE, now, by="ann (api)")
            await asyncio.sleep(10)
        return office, leg

    office, leg = play(scene)
    assert office.heard(leg)[-1] == "work_over"
    assert leg.gone.done()
    [fact] = office.of(WorkEnded)
    assert (fact.by, fact.agent) == ("ann (api)", "")


def test_a_message_whose_sound_is_gone_can_be_called_back_all_the_same(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path)
        office.people[at(CUSTOMER)] = Person(answers_after=2, talks_for=10)
        async with office.open():
            await office.left()
            office.audio.recorded.clear()
            leg = await office.answered()
            await asyncio.sleep(8)
            leg.press("1")
            await asyncio.sleep(30)
        return office, leg

    office, leg = play(scene)
    assert office.heard(leg)[0] == "box_not_now"
    assert office.boxes.audit == []  # nobody has heard it
    assert tried(office) == [("1", "talked")]


def test_the_api_does_what_the_keys_do(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path)
        async with office.open():
            await office.left(seconds=60.0)
            leg = await office.answered()
            await asyncio.sleep(6)
            one = office.world.at_work.of("m1")
            doing = [one.doing]
            for act in ("pause", "play", "release"):
                await one.inbox.ask(Request(act=act))
                await asyncio.sleep(1)
                doing.append(one.doing)
            with pytest.raises(NotNow, match="over"):
                await one.inbox.ask(Request(act="play"))
            await office.work.end("m1", WorkState.WITHDRAWN, office.world.seconds())
            await asyncio.sleep(10)
        return office, leg, doing

    office, leg, doing = play(scene)
    assert doing[:3] == ["hearing", "paused", "hearing"]
    assert leg.gone.done()
    assert tried(office) == [("1", "given back")]


def test_in_a_closed_queue_nobody_is_rung(tmp_path):
    async def scene():
        hours = "never: {sun: 09:00-10:00}\n"
        queues = QUEUES.replace("ring: 20s", "ring: 20s\n  hours: never")
        office = WorkOffice(tmp_path, queues=queues, hours=hours)
        async with office.open():
            await office.left()
            await asyncio.sleep(600)
            waits = office.what()
        return office, waits

    office, waits = play(scene)
    assert (office.of(CallerQueued), waits) == ([], "waiting")


def test_messages_for_a_queue_that_is_gone_are_told_of_once(tmp_path, caplog):
    async def scene():
        office = WorkOffice(tmp_path)
        await office.left("m1", queue="gone")
        await office.left("m2", queue="gone")
        async with office.open():
            await asyncio.sleep(60)
        return office

    assert play(scene).of(CallerQueued) == []
    [told] = [m for m in caplog.messages if "no queue gone any more" in m]
    assert "2 in it" in told
    assert "`ivrflow queue work -q gone` lists them" in told


def test_who_takes_calls_alone_is_not_rung_and_the_log_is_quiet(tmp_path, caplog):
    caplog.set_level(logging.INFO)

    async def scene():
        office = WorkOffice(tmp_path)
        office.change("1", items=frozenset({"call"}))
        async with office.open():
            await office.left()
            await asyncio.sleep(60)
        return office

    assert play(scene).of(AgentOffered) == []
    assert not [line for line in caplog.messages if "looked at again" in line]


def test_each_message_begins_and_ends_once_in_the_facts(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path, agents=2)
        async with office.open():
            for n in range(3):
                await office.left(f"m{n}", seconds=2.0)
            for _ in range(200):
                for number in (1, 2):
                    if (leg := office.phone(number)) is not None:
                        leg.press("3")
                await asyncio.sleep(1)
        return office

    office = play(scene)
    assert [f.message for f in office.of(WorkBegan)] == ["m0", "m1", "m2"]
    assert sorted(f.message for f in office.of(WorkEnded)) == ["m0", "m1", "m2"]
    assert all(item.told == 2 for item in office.work.all.values())


def test_a_broken_promise_is_told(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path)
        office.change("1", presence=Presence.NOT_READY)
        async with office.open():
            await office.left(within=60)
            await asyncio.sleep(100)
            late = await office.work.overdue(office.world.seconds())
            await office.desk.ready("1", by="1")
            leg = await office.answered()
            await asyncio.sleep(3)
            leg.press("3")
            await asyncio.sleep(10)
        return office, late

    office, late = play(scene)
    assert late["desk"][0] == 1
    assert late["desk"][1] == pytest.approx(40, abs=1)
    assert ended(office) == [("done", False, "1")]


def test_a_word_for_the_agent_is_no_word_to_the_caller(tmp_path):
    """Facts tell of everything that was said; to whom matters to whoever reads them."""

    async def scene():
        office = WorkOffice(tmp_path)
        async with office.open():
            await office.left()
            leg = await office.answered()
            await asyncio.sleep(3)
            leg.press("3")
            await asyncio.sleep(5)
        return office

    said = play(scene).of(Said)
    assert said
    assert all(fact.call == "m1-w1" for fact in said)


def test_a_queue_in_which_nobody_works_takes_no_place_from_another(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(standing, "MOST", 2)

    async def scene():
        office = WorkOffice(tmp_path, queues=QUEUES + "empty: {title: Empty}\n")
        office.change("1", queues=frozenset({"desk"}))
        async with office.open():
            for n in range(3):
                await office.left(f"old{n}", queue="empty", within=60)
            await office.left("m1")
            await asyncio.sleep(60)
        return office

    assert [f.call for f in play(scene).of(AgentOffered)][:1] == ["m1-w1"]


class Slow(MemoryWork):
    """A database after a start: everything takes a while."""

    async def open(self, queue=None):
        await asyncio.sleep(0.5)
        return await super().open(queue)


def test_what_an_earlier_life_began_is_claimed_before_its_facts_are_durable(tmp_path):
    async def busy(within):
        await asyncio.sleep(within)
        return False

    async def scene():
        office = WorkOffice(tmp_path)
        office.work = Slow(office.messages)
        office.as_work = MessagesAsWork(
            office.work,
            lambda: (office.site, office.world),
            office.live,
            adopts=True,
            durable=busy,
        )
        await office.left()
        async with office.open():
            await asyncio.sleep(1)
            await office.as_work.claim()  # after that, legs of nobody are hung up
            return [f.call for f in office.of(CallerQueued)]

    assert play(scene) == ["m1-w1"]


class Away(MemoryWork):
    """One whose database may be away when something is to end."""

    away = True

    async def end(self, *of, **how):
        if self.away:
            raise Trouble("the database is away")
        return await super().end(*of, **how)


def test_the_api_hears_that_it_is_done_when_it_is(tmp_path):
    queues = "dispositions: [sold, no_interest]\n" + QUEUES

    async def scene():
        office = WorkOffice(tmp_path, queues=queues)
        office.work = Away(office.messages)
        office.as_work = MessagesAsWork(
            office.work, lambda: (office.site, office.world), office.live
        )
        async with office.open(agents=MemoryAgents({})):
            await office.left(seconds=60.0)
            await office.answered()
            await asyncio.sleep(3)
            one = office.world.at_work.of("m1")
            done = Request(act="done", given={"disposition": "sold"})
            with pytest.raises(NotNow, match="database is away"):
                await one.inbox.ask(done)
            await asyncio.sleep(60)
            rang = len(office.of(AgentOffered))
            waits, office.work.away = office.what(), False
            await asyncio.sleep(60)
        return office, waits, rang

    office, waits, rang = play(scene)
    assert (waits, rang) == ("waiting", 1)  # nobody hears what is dealt with
    assert tried(office) == [("1", "dealt with")]
    assert ended(office) == [("done", True, "1")]
    assert office.of(WorkEnded)[0].disposition == "sold"


def test_who_is_asked_for_by_the_api_is_asked_for_no_key(tmp_path):
    queues = "dispositions: [sold, no_interest]\n" + QUEUES

    async def scene():
        office = WorkOffice(tmp_path, queues=queues)
        async with office.open(agents=MemoryAgents({})):
            await office.left(seconds=60.0)
            await office.answered()
            await asyncio.sleep(10)
            begins = office.world.seconds()
            await office.world.at_work.of("m1").inbox.ask(Request(act="done"))
            return office.what(), office.world.seconds() - begins

    assert play(scene) == ("done", pytest.approx(0, abs=1))


def test_a_request_that_comes_with_a_key_is_not_lost(tmp_path):
    async def scene():
        office = WorkOffice(tmp_path, agents=2)
        async with office.open():
            await office.left(seconds=60.0)
            leg = await office.answered()
            await asyncio.sleep(3)
            one = office.world.at_work.of("m1")
            await one.inbox.ask(Request(act="pause"))
            await asyncio.sleep(1)
            leg.press("2")
            async with asyncio.timeout(1):
                await one.inbox.ask(Request(act="release"))
            await asyncio.sleep(1)
            what = tried(office)
            await office.work.end("m1", WorkState.WITHDRAWN, office.world.seconds())
            await asyncio.sleep(10)
        return what

    assert [how for _, how in play(scene)] == ["given back"]


def test_keys_of_the_site_are_those_of_the_menu_only_where_it_asks(tmp_path):
    mailboxes = "listen_keys: {forward: 3, next: none}\n" + MAILBOXES

    async def scene():
        office = WorkOffice(tmp_path, mailboxes=mailboxes)
        async with office.open():
            await office.left(seconds=30.0)
            leg = await office.answered()
            while leg.playing is None or leg.playing.words != "(the message)":
                await asyncio.sleep(0.1)
            await asyncio.sleep(5)
            leg.press("3")
            await asyncio.sleep(5)
            skipped = office.what()
            await asyncio.sleep(40)
            leg.press("3")
            await asyncio.sleep(5)
        return office, skipped

    office, skipped = play(scene)
    assert skipped == "waiting"
    assert ended(office) == [("done", True, "1")]
