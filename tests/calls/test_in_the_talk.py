"""What an agent does with a caller while they talk: on virtual time, to the tenth."""

from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from ivrflow.facts import (
    AgentOffered,
    CallerCameBack,
    CallerQueued,
    CallerSent,
    CallerTransferBegan,
    CallerTransferEnded,
    CallRecorded,
    CallRecordingBegan,
    Connected,
    DialRefused,
    Held,
    MonitorBegan,
    MonitorEnded,
    OfferEnded,
    PartyJoined,
    PartyLeft,
    Resumed,
    Said,
    TalkEnded,
)
from ivrflow.figures.fold import Fold
from ivrflow.figures.queue_log import QueueLog
from ivrflow.flow.conversation.acts import ACTS
from ivrflow.flow.conversation.inbox import NotNow, Request
from ivrflow.sim.scripted import Person, ScriptedSwitch
from ivrflow.telephony.channel import Cause, HungUp, Unreached
from tests.calls.talk_rig import (
    AGENTS,
    NUMBER,
    OUTSIDE,
    QUEUES,
    TOP,
    asks,
    site,
    supervises,
    talk,
)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return site(tmp_path_factory.mktemp("site"))


def presses(address, keys):
    return lambda house: house.press(address, keys)


def hangs_up(address):
    return lambda house: house.switch.hang_up(address)


def moved(seen):
    """The transfers: how they began and ended."""
    began = [(f.mode, f.to) for f in seen.of(CallerTransferBegan)]
    return began, [f.how for f in seen.of(CallerTransferEnded)]


def talks_of(seen):
    return [(f.agent, f.by) for f in seen.of(TalkEnded)]


# Accepting ----------------------------------------------------------------------------


def confirming(folder):
    queues = QUEUES.replace("music: calm", "whisper: bye, music: calm")
    agents = AGENTS.replace("team: north}", "team: north, confirm: yes}", 1)
    return site(folder, queues=queues, agents=agents)


def test_an_agent_who_must_accept_hears_the_whisper_once_and_presses_1(tmp_path):
    seen = talk(confirming(tmp_path), {3.5: presses("PJSIP/1", "1")}, hangs_up_at=20)

    assert [(seen.at(f), f.agent) for f in seen.of(Connected)] == [(3.5, "1")]
    assert [f.prompt for f in seen.of(Said)] == ["bye"]
    assert seen.of(Held) == []


def test_an_answering_machine_gets_no_call(tmp_path):
    seen = talk(confirming(tmp_path), hangs_up_at=40)

    assert seen.of(Connected) == []
    assert {f.how for f in seen.of(OfferEnded)} <= {"not accepted", "caller gone"}
    assert seen.of(OfferEnded)


def test_who_does_not_press_1_has_as_long_as_the_queue_says(tmp_path):
    queues = QUEUES.replace(
        "music: calm", "music: calm, accept_within: 4s, after_not_accepted: 7s"
    )
    agents = AGENTS.replace("team: north}", "team: north, confirm: yes}", 1)
    here = site(tmp_path, queues=queues, agents=agents)

    seen = talk(here, hangs_up_at=16)

    [machine, gone] = seen.of(OfferEnded)
    said = seen.at(machine) - 1 - 4
    assert 0 < said < 2  # two beeps
    assert seen.at(seen.of(AgentOffered)[1]) == seen.at(machine) + 7
    assert gone.how == "caller gone"


# Hold ---------------------------------------------------------------------------------


def test_a_caller_on_hold_hears_the_queues_music_and_the_time_is_counted(here):
    music = []

    def look(house):
        music.append((house.caller.music_class, house.switch.bridges, house.doing()))

    seen = talk(
        here, {5: asks("hold"), 6: look, 9: asks("resume"), 10: look}, hangs_up_at=20
    )

    assert music == [("calm", 0, "hold"), ("", 1, "talking")]
    assert [seen.at(f) for f in seen.of(Held, Resumed)] == [5, 9]
    [ended] = seen.of(TalkEnded)
    assert (ended.seconds, ended.held, ended.by) == (19, 4, "caller")
    assert seen.answers == ["done", "done"]


def test_the_agents_keys_hold_and_resume_and_others_do_nothing(here):
    script = {5: presses("PJSIP/1", "12*1"), 8: presses("PJSIP/1", "*1")}

    seen = talk(here, script, hangs_up_at=20)

    assert [seen.at(f) for f in seen.of(Held, Resumed)] == [5, 8]


def test_the_callers_own_keys_do_nothing_in_a_talk(here):
    seen = talk(here, keys={5: "*1", 7: "*2"}, hangs_up_at=20)

    assert seen.of(Held, CallerTransferBegan) == []


def test_keys_are_those_of_queues_yaml(tmp_path):
    queues = QUEUES + 'talk_keys: {hold: "#1", end: "##"}\n'
    there = site(tmp_path, queues=queues)
    script = {
        5: presses("PJSIP/1", "*1"),
        8: presses("PJSIP/1", "#1"),
        9: presses("PJSIP/1", "#1"),
        12: presses("PJSIP/1", "##"),
    }

    seen = talk(there, script)

    assert [seen.at(f) for f in seen.of(Held, Resumed)] == [8, 9]
    assert talks_of(seen) == [("1", "agent")]
    assert (seen.steps, seen.by) == (["wait", "rate"], "flow")


def test_an_agent_who_hangs_up_while_he_holds_leads_the_caller_on(here):
    seen = talk(here, {5: asks("hold"), 9: hangs_up("PJSIP/1")})

    assert seen.steps == ["wait", "rate"]
    [ended] = seen.of(TalkEnded)
    assert (ended.by, ended.held) == ("agent", 4)


def test_a_caller_who_is_not_on_hold_can_not_be_resumed(here):
    seen = talk(here, {5: asks("resume"), 6: asks("complete"), 7: asks("take-back")})

    assert seen.answers == [
        "the caller is not on hold",
        "nobody is asked now: transfer first",
        "nobody is asked now, and no third one is in the talk",
    ]


def test_what_is_asked_of_a_talk_that_ends_meanwhile_is_told_so(here):
    script = {19.9: asks("transfer", "agent", "2"), 30: asks("hold")}

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=20)

    assert seen.answers == ["the talk is over", "no talk"]


# Attended transfer --------------------------------------------------------------------


def test_an_agent_asks_another_one_who_then_has_the_caller(here):
    doing = []
    script = {
        5: asks("transfer", "agent", "2"),
        5.5: lambda house: doing.append(house.doing()),
        8: lambda house: doing.append(house.doing()),
        10: asks("complete"),
    }

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    assert doing == ["ringing", "consulting"]
    assert moved(seen) == ([("attended", "agent 2")], ["done"])
    assert talks_of(seen) == [("1", "transfer"), ("2", "caller")]
    assert seen.answers == ["done", "done"]
    assert seen.house.switch.log[-2][1].startswith("joins caller and id")


def test_the_other_agents_screen_gets_what_the_first_ones_got(here):
    seen = talk(
        here, {5: asks("transfer", "agent", "2")}, ready=("1", "2"), hangs_up_at=20
    )

    assert [f.shown for f in seen.of(Connected)] == [{"customer": "Anna"}] * 2


def test_the_first_agent_hanging_up_completes_it(here):
    script = {5: asks("transfer", "agent", "2"), 10: hangs_up("PJSIP/1")}

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    assert moved(seen)[1] == ["done"]
    assert talks_of(seen) == [("1", "transfer"), ("2", "caller")]


def test_keys_ask_another_agent_and_complete_it(here):
    script = {
        5: presses("PJSIP/1", "*2"),
        6: presses("PJSIP/1", "2#"),
        10: presses("PJSIP/1", "*2"),
    }

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    assert moved(seen) == ([("attended", "agent 2")], ["done"])
    assert talks_of(seen) == [("1", "transfer"), ("2", "caller")]


def test_who_has_the_caller_after_a_transfer_has_the_keys(here):
    script = {
        5: asks("transfer", "agent", "2"),
        10: asks("complete"),
        15: presses("PJSIP/2", "*1"),
        18: presses("PJSIP/2", "*1"),
    }

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    assert [(f.agent, f.seconds) for f in seen.of(Resumed)] == [("1", 5), ("2", 3)]


def test_the_first_agent_takes_the_caller_back(here):
    script = {5: asks("transfer", "agent", "2"), 10: asks("take-back")}

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    assert moved(seen)[1] == ["taken back"]
    assert talks_of(seen) == [("2", "caller"), ("1", "caller")]
    assert seen.of(TalkEnded)[1].held == 5


def test_who_was_asked_and_hangs_up_leaves_the_caller_to_the_first(here):
    script = {5: asks("transfer", "agent", "2"), 10: hangs_up("PJSIP/2")}

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    assert moved(seen)[1] == ["taken back"]
    assert talks_of(seen) == [("2", "agent"), ("1", "caller")]


@pytest.mark.parametrize(
    ("person", "how", "why"),
    [
        (Person(answers_after=None), "no answer", "agent 2 not reached: no answer"),
        (Person(refuses=Unreached.BUSY), "busy", "agent 2 not reached: busy"),
        (
            Person(refuses=Unreached.REJECTED),
            "rejected",
            "agent 2 not reached: rejected",
        ),
    ],
)
def test_the_caller_is_back_when_the_other_one_does_not_answer(here, person, how, why):
    seen = talk(
        here,
        {5: asks("transfer", "agent", "2")},
        ready=("1", "2"),
        people={"PJSIP/2": person},
        hangs_up_at=50,
    )

    assert moved(seen)[1] == [how]
    assert seen.answers == [why]
    assert talks_of(seen) == [("1", "caller")]


@pytest.mark.parametrize(
    ("ready", "to", "why"),
    [
        (("1",), ("agent", "2"), "agent 2 is not free now"),
        (("1",), ("queue", "back"), "nobody of queue back is signed in"),
        (("1",), ("agent", "7"), "7"),
        (("1",), ("flow", "pin"), "a flow answers nobody"),
        (("1",), ("number", "0900123456"), "begins like 0900123456"),
    ],
)
def test_what_can_not_be_asked_is_refused_and_the_talk_goes_on(here, ready, to, why):
    seen = talk(here, {5: asks("transfer", *to)}, ready=ready, hangs_up_at=20)

    assert why in seen.answers[0]
    assert moved(seen)[1] == ["refused"]
    assert talks_of(seen) == [("1", "caller")]


def test_an_agent_who_leaves_while_the_other_one_rings_leaves_the_caller_to_him(here):
    script = {5: asks("transfer", "agent", "2"), 6: hangs_up("PJSIP/1")}

    seen = talk(
        here,
        script,
        ready=("1", "2"),
        people={"PJSIP/2": Person(answers_after=5, talks_for=None)},
        hangs_up_at=60,
    )

    assert moved(seen)[1] == ["done"]
    assert talks_of(seen) == [("1", "transfer"), ("2", "caller")]


def test_somebody_outside_may_be_asked_and_given_the_caller(here):
    script = {5: asks("transfer", "number", NUMBER), 12: asks("complete")}

    seen = talk(here, script, hangs_up_at=40)

    assert moved(seen) == ([("attended", NUMBER)], ["done"])
    assert talks_of(seen) == [("1", "transfer")]
    assert "joins caller and id" in seen.log[-2]


def test_a_talk_with_somebody_outside_lasts_as_long_as_the_settings_say(here):
    script = {5: asks("transfer", "number", NUMBER), 12: asks("complete")}

    seen = talk(here, script, hangs_up_at=None, longest=30)

    assert seen.seconds == 37  # it was answered at 7
    assert seen.steps == ["wait", "rate"]


@pytest.mark.parametrize("act", ["transfer", "conference"])
def test_somebody_outside_who_is_asked_stays_no_longer_either(here, act):
    doing = []
    script = {
        5: asks(act, "number", NUMBER),
        36: lambda house: doing.append(house.doing()),
        38: lambda house: doing.append(house.doing()),
    }

    seen = talk(here, script, hangs_up_at=60, longest=30)

    before = {"transfer": "consulting", "conference": "conference"}[act]
    assert doing == [before, "talking"]
    assert talks_of(seen) == [("1", "caller")]


def test_a_request_for_the_talk_of_one_agent_is_not_done_to_that_of_another(here):
    async def asked_late(house):
        conversation = house.talks.of_call("caller")
        try:
            await conversation.inbox.ask(Request(act="end", by="1", of="1"))
        except NotNow as no:
            house.answers.append(str(no))

    script = {
        5: asks("transfer", "agent", "2"),
        10: asks("complete"),
        12: asked_late,
    }

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    assert seen.answers[-1] == "agent 2 has this caller now: ask again"
    assert talks_of(seen) == [("1", "transfer"), ("2", "caller")]


def test_an_agent_of_a_queue_may_be_asked(here):
    script = {5: asks("transfer", "queue", "back"), 12: asks("complete")}

    seen = talk(here, script, ready=("1", "3"), hangs_up_at=40)

    assert talks_of(seen) == [("1", "transfer"), ("3", "caller")]
    assert [f.queue for f in seen.of(Connected)] == ["desk", "back"]


def test_the_caller_hears_who_serves_him_from_now_on(tmp_path):
    queues = QUEUES.replace("music: calm", "tell_caller: you_have, music: calm")
    there = site(tmp_path, queues=queues)
    script = {8: asks("transfer", "agent", "2"), 12: asks("complete")}

    seen = talk(there, script, ready=("1", "2"), hangs_up_at=40)

    assert [f.prompt for f in seen.of(Said)] == ["you_have", "you_have"]


# A line that stays up -----------------------------------------------------------------


def test_an_agent_whose_line_stays_up_ends_a_talk_by_a_key_and_has_the_next_one(
    tmp_path,
):
    agents = AGENTS.replace("team: north}", "team: north, nailed: yes}", 1)
    queues = QUEUES + 'talk_keys: {end: "*0"}\n'
    top = TOP.replace("  rate: {hangup: yes}", "  rate: {queue: desk, then: end}")
    there = site(
        tmp_path, top=top + "  end: {hangup: yes}\n", agents=agents, queues=queues
    )
    script = {
        10: presses("PJSIP/1", "*1"),
        13: presses("PJSIP/1", "*1"),
        15: asks("transfer", "agent", "2"),
        18: presses("PJSIP/1", "*7"),
        20: presses("PJSIP/1", "*0"),
    }

    seen = talk(there, script, ready=("1", "2"), hangs_up_at=80)

    assert moved(seen)[1] == ["taken back"]
    of_one = [f for f in seen.of(TalkEnded) if f.agent == "1"]
    assert (seen.at(of_one[0]), of_one[0].by) == (20, "agent")
    assert seen.log.count("rings PJSIP/1") == 1


# Known faults of others ---------------------------------------------------------------


def test_a_transfer_resets_no_agents_idle_time(here):
    """Known of app_queue: lastcall is set anew by an attended transfer."""
    script = {5: asks("transfer", "agent", "2"), 10: asks("complete")}

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    ended = {f.agent: f.at for f in seen.of(TalkEnded)}
    assert [seen.at(f) for f in seen.of(TalkEnded)] == [10, 40]
    # Each one's own wrap-up of ten seconds, from the end of his own talk: the first
    # one is idle since second 20, whatever becomes of the caller.
    idle_since = {n: seen.house.desk.agents[n].idle_since for n in ("1", "2")}
    assert idle_since == {n: at + 10 for n, at in ended.items()}


def test_a_transferred_call_is_answered_once_by_its_queue(here):
    """Known of others: completed calls are counted twice after a transfer."""
    script = {5: asks("transfer", "agent", "2"), 10: asks("complete")}

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    queued = [(f.call, f.item, f.origin) for f in seen.of(CallerQueued)]
    assert queued[0] == ("caller", "call", "")
    assert [q[1:] for q in queued[1:]] == [("consult", "caller")]
    callers = {f.call for f in seen.of(CallerQueued) if f.item == "call"}
    assert [f.call for f in seen.of(Connected) if f.call in callers] == ["caller"]
    assert len(seen.of(TalkEnded)) == len(seen.of(Connected)) == 2


def counted(seen):
    """What the figures make of it: (offered, answered, held) of each queue."""
    fold = Fold()
    for fact in seen.facts:
        fold.note(fact)
    sums = {queue: fold.total(queue) for queue in ("desk", "back")}
    assert fold.holes == 0
    return {queue: (s.offered, s.answered) for queue, s in sums.items()}


def test_in_the_figures_a_transferred_call_is_answered_once(here):
    script = {5: asks("transfer", "queue", "back"), 10: asks("complete")}

    seen = talk(here, script, ready=("1", "3"), hangs_up_at=40)

    assert counted(seen) == {"desk": (1, 1), "back": (0, 0)}


def test_in_the_figures_the_whole_talk_belongs_to_the_queue_of_the_call(here):
    script = {
        5: asks("transfer", "agent", "2"),
        10: asks("complete"),
        # Agent 1 is in his wrap-up of ten seconds, so 2 asks him after it.
        25: asks("transfer", "agent", "1"),
        30: asks("complete"),
    }
    seen = talk(here, script, ready=("1", "2"), hangs_up_at=51)
    fold = Fold()
    for fact in seen.facts:
        fold.note(fact)
    total = fold.total("desk")

    assert moved(seen)[1] == ["done", "done"]
    assert (total.offered, total.handled) == (1, 1)
    assert total.talk + total.hold == pytest.approx(50, abs=0.5)
    assert total.hold == pytest.approx(10, abs=0.5)
    assert total.transfers == {"attended done": 2}


def test_in_the_figures_a_blind_transfer_is_an_entry_of_the_other_queue(here):
    seen = talk(
        here, {5: asks("blind", "queue", "back")}, ready=("1", "3"), hangs_up_at=40
    )

    assert counted(seen) == {"desk": (1, 1), "back": (1, 1)}


def test_a_transfer_to_a_queue_is_another_entry_of_the_same_call(here):
    seen = talk(
        here, {5: asks("blind", "queue", "back")}, ready=("1", "3"), hangs_up_at=40
    )

    queued = [(f.call, f.queue, f.item) for f in seen.of(CallerQueued)]
    assert queued == [("caller", "desk", "call"), ("caller", "back", "call")]
    assert len({f.offer for f in seen.of(Connected)}) == 2


# Blind transfer -----------------------------------------------------------------------


def test_a_caller_given_to_a_queue_waits_there_and_the_agent_is_free(here):
    seen = talk(
        here, {5: asks("blind", "queue", "back")}, ready=("1", "3"), hangs_up_at=40
    )

    assert moved(seen) == ([("blind", "queue back")], ["done"])
    assert [seen.at(f) for f in seen.of(TalkEnded)] == [5, 40]
    assert talks_of(seen) == [("1", "transfer"), ("3", "caller")]


@pytest.mark.parametrize("to", [("queue", "desk"), ("agent", "2")])
def test_a_caller_given_back_to_the_same_queue_comes_anew(here, to):
    seen = talk(here, {5: asks("blind", *to)}, ready=("1", "2"), hangs_up_at=40)

    first, again = seen.of(CallerQueued)
    assert (first.queue, again.queue) == ("desk", "desk")
    assert seen.at(first) == 0
    assert again.joined == again.at
    assert [(f.agent, f.waited) for f in seen.of(Connected)] == [("1", 1), ("2", 1)]
    assert counted(seen) == {"desk": (2, 2), "back": (0, 0)}


def test_a_caller_given_to_an_agent_waits_for_him(here):
    script = {5: asks("blind", "agent", "2")}

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    assert talks_of(seen) == [("1", "transfer"), ("2", "caller")]


def test_keys_give_the_caller_away_by_a_short_number(here):
    script = {5: presses("PJSIP/1", "*3"), 6: presses("PJSIP/1", "81#")}

    seen = talk(here, script, ready=("1", "3"), hangs_up_at=40)

    assert moved(seen) == ([("blind", "queue back")], ["done"])
    assert talks_of(seen) == [("1", "transfer"), ("3", "caller")]


def test_keys_give_the_caller_to_a_number_outside(here):
    script = {5: presses("PJSIP/1", "*3"), 6: presses("PJSIP/1", f"{NUMBER}#")}

    seen = talk(here, script, hangs_up_at=40)

    assert moved(seen) == ([("blind", NUMBER)], ["done"])


@pytest.mark.parametrize("keys", ["8*", ""])
def test_an_entry_that_is_given_up_leaves_the_caller_with_the_agent(here, keys):
    script = {5: presses("PJSIP/1", "*3"), 6: presses("PJSIP/1", keys)}

    seen = talk(here, script, hangs_up_at=40)

    assert moved(seen) == ([], [])
    assert next(f.seconds for f in seen.of(Resumed)) < 10
    assert talks_of(seen) == [("1", "caller")]


def test_an_agent_who_hangs_up_while_he_enters_a_target_leads_the_caller_on(here):
    script = {5: presses("PJSIP/1", "*2"), 7: hangs_up("PJSIP/1")}

    seen = talk(here, script)

    assert seen.steps == ["wait", "rate"]


def test_a_fault_of_ours_in_a_talk_is_not_the_callers_hang_up(
    here, monkeypatch, caplog
):
    async def fails(talk, request):
        raise ValueError("no")

    monkeypatch.setitem(ACTS, "end", fails)
    seen = talk(here, {5: asks("end")}, hangs_up_at=40)

    assert talks_of(seen) == [("1", "fault")]
    log = QueueLog()
    lines = [line for fact in seen.facts for line in log.lines(fact)]
    assert sum("|COMPLETEAGENT|" in line for line in lines) == 1
    caplog.clear()


def test_digits_that_lead_nowhere_leave_the_caller_with_the_agent(here):
    script = {5: presses("PJSIP/1", "*3"), 6: presses("PJSIP/1", "4#")}
    heard = []
    script[10] = lambda house: heard.extend(
        said.prompt for _, said in house.switch.leg_at("PJSIP/1").heard
    )

    seen = talk(here, script, hangs_up_at=40)

    assert heard == ["beep", "tone:wrong"]
    assert moved(seen) == ([], [])
    assert talks_of(seen) == [("1", "caller")]


def test_a_caller_given_to_a_flow_goes_on_there_for_good(here):
    seen = talk(here, {5: asks("blind", "flow", "pin")}, keys={20: "1234"})

    assert seen.steps[:2] == ["wait", "ask"]
    assert "rate" not in seen.steps
    assert talks_of(seen) == [("1", "transfer")]
    assert seen.by == "flow"


def test_a_caller_given_to_a_number_is_joined_with_it(here):
    seen = talk(here, {5: asks("blind", "number", NUMBER)}, hangs_up_at=40)

    assert [seen.at(f) for f in seen.of(TalkEnded)] == [5]
    assert moved(seen) == ([("blind", NUMBER)], ["done"])
    assert [seen.at(f) for f in seen.of(CallerTransferEnded)] == [7]
    assert "joins caller and id" in seen.log[-2]


def test_whoever_is_outside_and_hangs_up_leads_the_caller_on(here):
    script = {5: asks("blind", "number", NUMBER), 20: hangs_up(OUTSIDE)}

    seen = talk(here, script)

    assert seen.steps == ["wait", "rate"]


def test_a_number_that_does_not_answer_brings_the_caller_back_to_the_agent(here):
    seen = talk(
        here,
        {5: asks("blind", "number", NUMBER)},
        people={OUTSIDE: Person(refuses=Unreached.BUSY)},
        hangs_up_at=60,
    )

    assert moved(seen)[1] == ["busy"]
    # His wrap-up of ten seconds, then his phone rings for one.
    assert [(f.agent, seen.at(f)) for f in seen.of(Connected)] == [("1", 1), ("1", 16)]
    assert talks_of(seen) == [("1", "transfer"), ("1", "caller")]


@pytest.mark.parametrize(
    ("to", "why"),
    [
        (("queue", "back"), "queue back: no agents"),
        (("agent", "2"), "agent 2: no agents"),
        (("agent", "9"), "agent 9 serves no queue"),
        (("number", "0900123456"), "begins like 0900123456"),
    ],
)
def test_a_caller_whom_nobody_would_take_stays_with_the_agent(here, to, why):
    seen = talk(here, {5: asks("blind", *to)}, hangs_up_at=20)

    assert why in seen.answers[0]
    assert moved(seen)[1] == ["refused"]
    assert talks_of(seen) == [("1", "caller")]


@pytest.mark.parametrize(
    ("closed", "why"),
    [
        ("hours: office", "queue back is closed: office"),
        ("longest_line: 0", "queue back: full"),
    ],
)
def test_a_queue_that_takes_nobody_leaves_the_caller_with_the_agent(
    tmp_path, closed, why
):
    queues = QUEUES.replace("music: slow", f"{closed}, music: slow")
    there = site(tmp_path, queues=queues, hours="office: {tue: '09:00-17:00'}\n")

    seen = talk(
        there, {5: asks("blind", "queue", "back")}, ready=("1", "3"), hangs_up_at=20
    )

    assert why in seen.answers[0]
    assert talks_of(seen) == [("1", "caller")]


def test_without_an_outbound_setting_no_number_is_dialled(here):
    seen = talk(
        here, {5: asks("blind", "number", NUMBER)}, outbound=False, hangs_up_at=20
    )

    assert "no outbound" in seen.answers[0]
    assert [f.number for f in seen.of(DialRefused)] == [NUMBER]


# Conference ---------------------------------------------------------------------------


def test_a_third_one_joins_and_leaves(here):
    bridged = []
    script = {
        5: asks("conference", "agent", "2"),
        10: lambda house: bridged.append((house.doing(), house.switch.log[-1][1])),
        20: hangs_up("PJSIP/2"),
    }

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    [(doing, joined)] = bridged
    assert doing == "conference"
    assert joined.count(" and ") == 2
    assert [(f.kind, f.who) for f in seen.of(PartyJoined, PartyLeft)] == [
        ("PartyJoined", "agent 2"),
        ("PartyLeft", "agent 2"),
    ]
    assert talks_of(seen) == [("2", "agent"), ("1", "caller")]


def test_the_agent_who_leaves_a_conference_leaves_the_two_others(here):
    script = {5: asks("conference", "number", NUMBER), 20: hangs_up("PJSIP/1")}

    seen = talk(here, script, hangs_up_at=40)

    assert seen.by == "caller"
    assert talks_of(seen) == [("1", "agent")]


def test_a_consultation_may_become_a_conference(here):
    script = {
        5: asks("transfer", "agent", "2"),
        10: asks("conference"),
        20: asks("take-back"),
        25: asks("hold"),
    }

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    assert seen.answers == ["done"] * 4
    assert [seen.at(f) for f in seen.of(PartyJoined, PartyLeft)] == [10, 20]


def test_keys_take_a_third_one_in_and_send_him_away(here):
    script = {
        5: presses("PJSIP/1", "*4"),
        6: presses("PJSIP/1", "2#"),
        20: presses("PJSIP/1", "*7"),
    }

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    assert [f.kind for f in seen.of(PartyJoined, PartyLeft)] == [
        "PartyJoined",
        "PartyLeft",
    ]
    assert talks_of(seen) == [("2", "caller"), ("1", "caller")]


def test_three_are_enough(here):
    script = {
        5: asks("conference", "agent", "2"),
        10: asks("conference", "number", NUMBER),
        11: asks("hold"),
        12: asks("send-to-flow", "flow", "pin"),
    }

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=20)

    assert seen.answers[0] == "done"
    assert all("three are in the talk" in a for a in seen.answers[1:])


# To a flow and back -------------------------------------------------------------------


def test_the_caller_comes_back_from_a_flow_with_its_result(here):
    heard, results = [], []

    def look(house):
        leg = house.switch.leg_at("PJSIP/1")
        heard.append((house.doing(), leg.music_class, house.switch.bridges))

    def after(house):
        results.append(house.talks.of_call("caller").state().result)

    script = {5: asks("send-to-flow", "flow", "pin"), 8: look, 14: look, 15: after}
    seen = talk(here, script, keys={10: "1234"}, hangs_up_at=40)

    assert heard == [("flow", "calm", 0), ("talking", "", 1)]
    assert results == [{"right": "yes"}]
    [sent], [back] = seen.of(CallerSent), seen.of(CallerCameBack)
    assert (sent.flow, seen.at(sent)) == ("pin", 5)
    assert (back.outcome, back.result) == ("then", {"right": "yes"})
    assert talks_of(seen) == [("1", "caller")]


def test_no_digit_of_a_pin_is_heard_or_noted_outside_the_flow(here):
    legs = []
    script = {
        5: asks("send-to-flow", "flow", "pin"),
        20: lambda house: legs.append(house.switch.leg_at("PJSIP/1")),
    }

    seen = talk(here, script, keys={10: "1234"}, hangs_up_at=40)

    assert "1234" not in " ".join(map(str, seen.facts))
    assert legs[0].keys.peek() == ""


def test_the_agent_takes_the_caller_out_of_a_flow(here):
    script = {5: asks("send-to-flow", "flow", "pin"), 8: asks("take-back")}

    seen = talk(here, script, hangs_up_at=20)

    assert [f.outcome for f in seen.of(CallerCameBack)] == ["taken back"]
    assert seen.answers == ["done", "done"]
    assert seen.house.switch.log[-2][1].startswith("joins caller")


def test_an_agent_who_leaves_meanwhile_leaves_the_caller_in_the_flow(here):
    script = {5: asks("send-to-flow", "flow", "pin"), 8: hangs_up("PJSIP/1")}

    seen = talk(here, script, keys={10: "1234"})

    assert talks_of(seen) == [("1", "agent")]
    assert seen.steps == ["wait", "ask", "right", "rate"]
    [back] = seen.of(CallerCameBack)
    assert (back.outcome, seen.at(back)) == ("agent gone", 8)


def test_a_caller_who_hangs_up_in_the_flow_frees_the_agent(here):
    seen = talk(here, {5: asks("send-to-flow", "flow", "pin")}, hangs_up_at=8)

    assert talks_of(seen) == [("1", "caller")]
    assert seen.by == "caller"
    [back] = seen.of(CallerCameBack)
    assert (back.outcome, seen.at(back)) == ("caller gone", 8)


def test_keys_send_the_caller_to_a_flow(here):
    script = {5: presses("PJSIP/1", "*5"), 6: presses("PJSIP/1", "82#")}

    seen = talk(here, script, keys={15: "1234"}, hangs_up_at=40)

    assert [f.result for f in seen.of(CallerCameBack)] == [{"right": "yes"}]


def test_a_flow_that_fails_gives_the_caller_back(tmp_path):
    broken = """
flow: pin
gives: {right: text}
steps:
  set: {set: {right: "yes"}}
  odd: {say: "${1 / queue.ahead | number}"}
"""
    there = site(tmp_path, flows__pin=broken)

    seen = talk(there, {5: asks("send-to-flow", "flow", "pin")}, hangs_up_at=20)

    assert [f.outcome for f in seen.of(CallerCameBack)] == [""]
    assert talks_of(seen) == [("1", "caller")]


def test_a_flow_that_hangs_up_ends_the_call(tmp_path):
    final = "flow: pin\nsteps:\n  end: {hangup: bye}\n"
    there = site(tmp_path, flows__pin=final)

    seen = talk(there, {5: asks("send-to-flow", "flow", "pin")})

    assert seen.by == "flow"
    assert talks_of(seen) == [("1", "caller")]
    assert [f.outcome for f in seen.of(CallerCameBack)] == ["caller gone"]


def test_another_flow_that_takes_over_for_good_is_told(tmp_path):
    pin = "flow: pin\nsteps:\n  on: {transfer: {flow: late}}\n"
    late = "flow: late\nsteps:\n  bye: {hangup: yes}\n"
    there = site(tmp_path, flows__pin=pin, flows__late=late)

    seen = talk(there, {5: asks("send-to-flow", "flow", "pin")})

    assert "bye" in seen.steps
    assert [f.outcome for f in seen.of(CallerCameBack)] == ["gone on"]


# Recording ----------------------------------------------------------------------------


def with_record(folder, mode, **more):
    queues = QUEUES.replace("music: calm", f"record: {mode}, music: calm")
    return site(folder, queues=queues, **more)


def test_talks_of_a_queue_are_recorded_from_answer_to_end(tmp_path):
    seen = talk(with_record(tmp_path, "all"), {10: hangs_up("PJSIP/1")})

    [began], [done] = seen.of(CallRecordingBegan), seen.of(CallRecorded)
    assert (seen.at(began), seen.at(done), done.seconds) == (1, 10, 9)


def test_what_an_agent_records_ends_with_the_talk(tmp_path):
    top = TOP.replace("rate: {hangup: yes}", "rate: {wait: 20s, then: nobody}")
    here = with_record(tmp_path, "on demand", top=top)

    seen = talk(here, {5: presses("PJSIP/1", "*6"), 10: hangs_up("PJSIP/1")})

    [done] = seen.of(CallRecorded)
    assert seen.at(done) == 10
    assert seen.steps == ["wait", "rate", "nobody"]


def test_a_talk_that_fails_leaves_no_recording_behind(tmp_path):
    class NoBridges(ScriptedSwitch):
        @asynccontextmanager
        async def bridge(self, *channels):
            raise HungUp(Cause.TEMPORARY_FAILURE)
            yield

    top = TOP.replace("sorry: {hangup: yes}", "sorry: {wait: 20s, then: rate}")
    here = with_record(tmp_path, "all", top=top)

    seen = talk(here, kind=NoBridges)

    [began], [done] = seen.of(CallRecordingBegan), seen.of(CallRecorded)
    assert seen.at(done) - seen.at(began) < 1
    assert "sorry" in seen.steps


def test_a_share_of_the_talks_goes_by_the_calls_id(tmp_path):
    assert talk(with_record(tmp_path / "all", "share 100%")).of(CallRecordingBegan)
    assert not talk(with_record(tmp_path / "no", "share 0%")).of(CallRecordingBegan)


def test_an_agent_records_on_demand_and_pauses(tmp_path):
    script = {
        5: presses("PJSIP/1", "*6"),
        10: presses("PJSIP/1", "*6"),
        20: presses("PJSIP/1", "*6"),
        25: asks("record", do="stop"),
    }

    seen = talk(with_record(tmp_path, "on demand"), script, hangs_up_at=40)

    [done] = seen.of(CallRecorded)
    assert done.seconds == 10
    assert seen.answers == ["done"]


@pytest.mark.parametrize("mode", ["all", "share 100%"])
def test_an_agent_pauses_but_does_not_end_what_the_queue_wants(tmp_path, mode):
    script = {
        5: asks("record", do="stop"),
        10: asks("record", do="pause"),
        20: asks("record", do="resume"),
        25: asks("record", do="stop"),
    }

    seen = talk(with_record(tmp_path, mode), script, hangs_up_at=40)

    [done] = seen.of(CallRecorded)
    assert (seen.at(done), done.seconds) == (40, 29)
    no = "only who began a recording on demand ends it: pause it"
    assert seen.answers == [no, "done", "done", no]


def test_an_agent_does_not_end_what_another_one_began(tmp_path):
    script = {
        5: asks("record", do="start"),
        8: asks("transfer", "agent", "2"),
        12: asks("complete"),
        15: asks("record", do="stop"),
    }

    seen = talk(
        with_record(tmp_path, "on demand"), script, ready=("1", "2"), hangs_up_at=40
    )

    assert seen.answers[-1] == "only who began a recording on demand ends it: pause it"


def test_an_agent_records_nothing_where_queues_yaml_says_none(here):
    seen = talk(here, {5: asks("record", do="start"), 6: asks("record", do="pause")})

    assert "calls of desk are not recorded" in seen.answers[0]
    assert seen.answers[1] == "the call is not recorded now"
    assert seen.of(CallRecordingBegan) == []


def test_nothing_is_recorded_while_the_caller_enters_a_pin_in_a_flow(tmp_path):
    script = {
        5: asks("send-to-flow", "flow", "pin"),
        9: asks("record", do="resume"),
    }

    seen = talk(
        with_record(tmp_path, "all"), script, keys={10: "12", 11: "34"}, hangs_up_at=40
    )

    [recorder] = seen.house.switch.recorders
    assert not any(begin < t < end for begin, end in recorder.ran for t in (9, 10, 11))
    assert any(begin <= 20 < end for begin, end in recorder.ran)
    assert seen.answers == ["done", "the caller is in a flow"]


# Listening in -------------------------------------------------------------------------


def test_a_supervisor_listens_whispers_and_barges_in_by_request(here):
    modes = []
    script = {
        5: asks("monitor", supervisor="9"),
        8: presses("PJSIP/9", "2"),
        9: lambda house: modes.extend(house.switch.monitors[0].modes),
        10: asks("monitor", supervisor="9", mode="barge"),
        15: hangs_up("PJSIP/9"),
    }

    seen = talk(here, script, hangs_up_at=40)

    assert [m.value for m in modes] == ["listen", "whisper"]
    assert [(f.by, f.agent, f.mode) for f in seen.of(MonitorBegan)] == [
        ("9", "1", "listen"),
        ("9", "1", "whisper"),
        ("9", "1", "barge"),
    ]
    assert [f.seconds for f in seen.of(MonitorEnded)] == [2, 2, 5]
    assert seen.answers == ["done", "done"]
    assert talks_of(seen) == [("1", "caller")]


def test_a_supervisor_is_rung_once_however_often_it_is_asked_for(here):
    script = {
        5: asks("monitor", supervisor="9"),
        6: asks("monitor", supervisor="9"),
        15: asks("monitor", supervisor="9", mode="whisper"),
    }

    seen = talk(
        here,
        script,
        people={"PJSIP/9": Person(answers_after=5, talks_for=None)},
        hangs_up_at=40,
    )

    assert seen.answers == [
        "agent 9 is being rung for that already",
        "done",
        "done",
    ]
    assert [f.mode for f in seen.of(MonitorBegan)] == ["listen", "whisper"]


def test_a_supervisor_who_does_not_answer_disturbs_nobody(here):
    seen = talk(
        here,
        {5: asks("monitor", supervisor="9")},
        people={"PJSIP/9": Person(refuses=Unreached.BUSY)},
        hangs_up_at=40,
    )

    assert seen.answers == ["PJSIP/9 not reached: busy"]
    assert talks_of(seen) == [("1", "caller")]


def listening(keys, hangs_up_at=50.0):
    """A supervisor who dials the number for that at second 2."""
    phones = []

    async def calls(house):
        phone, work = supervises(house, keys=keys, hangs_up_at=hangs_up_at)
        phones.append(phone)
        await work

    return phones, calls


MONITOR = {"numbers": '"*75": {monitor: listen}\n'}


def test_a_supervisor_listens_by_phone_and_hears_the_next_talk_too(tmp_path):
    there = site(tmp_path, **MONITOR)
    _, calls = listening({5: "9#", 9: "4711#", 14: "1#", 25: "2"})

    seen = talk(there, {2: calls, 30: hangs_up("PJSIP/1")}, hangs_up_at=60)

    assert [(f.by, f.mode) for f in seen.of(MonitorBegan)] == [
        ("9", "listen"),
        ("9", "whisper"),
    ]
    assert sum(f.seconds for f in seen.of(MonitorEnded)) == pytest.approx(16)
    # What was heard by request is in the audit by the API; this must be too.
    assert seen.house.world.audit.lines == [
        ("agent 9", "talk caller of agent 1: monitor 9 listen, by phone")
    ]


def test_a_supervisor_hears_nobody_but_his_own_team(tmp_path):
    there = site(tmp_path, **MONITOR)
    phones, calls = listening({5: "9#", 9: "4711#", 14: "2#"}, hangs_up_at=30)

    seen = talk(there, {2: calls}, hangs_up_at=40)

    assert seen.of(MonitorBegan) == []
    assert "monitor_not_allowed" in [said.prompt for _, said in phones[0].heard]


def test_who_leads_the_team_no_more_hears_no_further_talk(tmp_path):
    there = site(tmp_path / "before", **MONITOR)
    later = site(tmp_path / "after", agents=AGENTS.replace('["9"]', "[]"), **MONITOR)
    phones, calls = listening({5: "9#", 9: "4711#", 14: "1#"})
    now = [there]

    async def begins(house):
        house.world = replace(house.world, site_now=lambda: now[0])
        await calls(house)

    script = {2: begins, 20: lambda _: now.append(now.pop() and later)}
    seen = talk(there, script | {30: hangs_up("PJSIP/1")}, hangs_up_at=60)

    assert len(seen.of(MonitorBegan)) == 1
    assert "monitor_not_allowed" in [said.prompt for _, said in phones[0].heard]


def test_an_agent_who_leads_nobody_may_not_listen(tmp_path):
    there = site(tmp_path, **MONITOR)
    phones, calls = listening({5: "1#", 9: "4711#"}, hangs_up_at=30)

    seen = talk(there, {2: calls}, hangs_up_at=40)

    assert seen.of(MonitorBegan) == []
    assert "switch_not_allowed" in [said.prompt for _, said in phones[0].heard]


def test_who_is_heard_through_a_consultation_stays_heard(here):
    script = {
        5: asks("monitor", supervisor="9"),
        8: asks("transfer", "agent", "2"),
        12: asks("complete"),
    }

    seen = talk(here, script, ready=("1", "2"), hangs_up_at=40)

    [ended] = seen.of(MonitorEnded)
    # The ear follows its agent, who is free now.
    assert (ended.agent, seen.at(ended)) == ("1", 12)
