"""The agents' feature codes: what they ask, and what they do to whom."""

from dataclasses import replace
from functools import partial

import pytest

from ivrflow.flow.world import AgentNow, Trouble
from ivrflow.sim.memory import MemoryAgents
from ivrflow.sim.scripted import ScriptedChannel
from tests.unit.flow.one_call import World_, call
from tests.unit.flow.one_call import site as small_site

PLAIN = "steps:\n  hello: {hangup: hello}\n"
NUMBERS = """\
"*12": {agent: ready}
"*13": {agent: pause}
"*14": {agent: sign_out}
"*15": {agent: wrap_up}
"*16": {agent: disposition}
"*22": {agent: ready, pin: no}
"*23": {agent: pause, pin: no}
"*25": {agent: wrap_up, pin: no}
"*31": {agent: sign_in, phones: own}
"*32": {agent: sign_in, phones: any}
"""
AGENTS = """\
agents:
  "1003": {name: Tom, endpoint: PJSIP/1003}
  "1004": {name: Li, endpoint: PJSIP/1004}
  "1005": {name: Wu}
"""
QUEUES = """\
pauses: {lunch: 60m, training: none}
dispositions: [solved, complaint]
"""
PINS = {"1003": "4711", "1004": None, "1005": "5555"}
HERE = AgentNow(signed_in=True)


def dial(folder, code, keys, *, agents=None, phone="PJSIP/1003", queues=QUEUES, **how):
    site = small_site(folder, PLAIN, numbers=NUMBERS, agents=AGENTS, queues=queues)
    typed = {n + 0.1: one for n, one in enumerate(keys)}
    world = World_(agents=agents or MemoryAgents(PINS))
    channel = partial(ScriptedChannel, phone=phone)
    left = call(site, dialled=code, keys=typed, world=world, phone=channel, **how)
    assert (left.ended, left.by) == ("over", "flow")
    return left


def at_work(number="1003", **state):
    """Agents of whom one is signed in at the phone of 1003."""
    agents = MemoryAgents(PINS)
    agents.phones["PJSIP/1003"] = number
    agents.states[number] = replace(HERE, **state)
    return agents


def did(left):
    return left.world.agents.did


@pytest.mark.parametrize(
    ("key", "does", "said"),
    [
        ("1", ("ready", "1003"), "you_are_ready"),
        ("2", ("not ready", "1003", "break"), "you_are_on_break"),
        ("3", ("sign out", "1003"), "signed_out"),
    ],
)
def test_agent_signs_in_and_chooses(tmp_path, key, does, said):
    left = dial(tmp_path, "*11", ["1003#", "4711#", key], queues="")

    assert did(left) == [("sign in", "1003", ""), does]
    assert left.said[-1] == said


@pytest.mark.parametrize("who", ["1003#", "1004#", "9999#"])
def test_wrong_unknown_and_pinless_agents_sound_the_same(tmp_path, who):
    left = dial(tmp_path, "*11", [who, "1111#", "", "", "", who, "1111#"])

    assert did(left) == []
    assert left.said[:4] == [
        "sign_in_number", "sign_in_pin", "sign_in_wrong", "sign_in_number",
    ]  # fmt: skip


def test_pin_of_an_agent_is_in_no_fact_and_no_log(tmp_path, caplog):
    caplog.set_level(0)
    left = dial(tmp_path, "*11", ["1003#", "4711#", "1"])

    assert "4711" not in repr(left.facts) + caplog.text


def test_database_that_is_away_is_said_once_and_is_no_fault_of_ours(tmp_path, caplog):
    class Away(MemoryAgents):
        async def sign_in(self, agent, *, endpoint):
            raise Trouble("the database is away")

    left = dial(tmp_path, "*11", ["1003#", "4711#"], agents=Away(PINS))

    assert left.said.count("apology") == 1
    assert "the database is away" in caplog.text
    assert "fault of ours" not in caplog.text


# Hot desk -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "who", "phone", "rings"),
    [
        ("*11", "1003", "PJSIP/1003", ""),
        ("*11", "1003", "PJSIP/1004", "PJSIP/1004"),
        ("*11", "1005", "PJSIP/1004", "PJSIP/1004"),
        ("*11", "1003", "", ""),
        ("*31", "1003", "PJSIP/1004", ""),
        ("*31", "1003", "PJSIP/lobby", ""),
        ("*32", "1005", "PJSIP/lobby", "PJSIP/lobby"),
    ],
)
def test_the_phone_that_calls_is_the_one_that_rings(tmp_path, code, who, phone, rings):
    pin = PINS[who]
    left = dial(tmp_path, code, [f"{who}#", f"{pin}#"], phone=phone)

    assert did(left) == [("sign in", who, rings)]


@pytest.mark.parametrize(
    ("code", "who", "phone"),
    [
        ("*11", "1003", "PJSIP/lobby"),  # in nobody's file
        ("*11", "1003", "PJSIP/trunk"),
        ("*11", "1005", ""),  # nothing could ring
        ("*31", "1005", "PJSIP/1004"),
    ],
)
def test_a_phone_that_may_not_ring_signs_nobody_in(tmp_path, caplog, code, who, phone):
    left = dial(tmp_path, code, [f"{who}#", f"{PINS[who]}#"], phone=phone)

    assert did(left) == []
    assert left.said[-1] == "sign_in_not_here"
    assert f"agent {who} may not sign in at" in caplog.text


def test_who_left_a_phone_without_signing_out_is_signed_out_by_the_next(tmp_path):
    left = dial(tmp_path, "*11", ["1005#", "5555#", "1"], agents=at_work("1003"))

    assert did(left) == [
        ("sign out", "1003"),
        ("sign in", "1005", "PJSIP/1003"),
        ("ready", "1005"),
    ]


def test_nobody_takes_the_phone_of_one_who_talks(tmp_path):
    agents = at_work("1003", serving=True)
    left = dial(tmp_path, "*11", ["1005#", "5555#"], agents=agents)

    assert (did(left), left.said[-1]) == ([], "sign_in_not_here")


# At one's own phone -------------------------------------------------------------------


def test_at_the_phone_of_one_who_is_signed_in_only_the_pin_is_asked(tmp_path):
    left = dial(tmp_path, "*12", ["4711#"], agents=at_work())

    assert left.said == ["sign_in_pin", "you_are_ready"]
    assert did(left) == [("ready", "1003")]


def test_a_wrong_pin_is_wrong_there_too_and_locks(tmp_path):
    keys = ["0000#", "", "", "1111#", "", "", "2222#"]
    left = dial(tmp_path, "*12", keys, agents=at_work())

    assert did(left) == []
    assert left.said.count("sign_in_wrong") == 3
    [count] = left.world.lock_outs.cards.values()
    assert len(count.tried) == 3


def test_where_the_site_says_so_the_pin_is_not_asked_at_that_phone(tmp_path):
    left = dial(tmp_path, "*22", [], agents=at_work())

    assert (left.said, did(left)) == (["you_are_ready"], [("ready", "1003")])


@pytest.mark.parametrize("phone", ["", "PJSIP/1004"])
def test_elsewhere_number_and_pin_are_asked_whatever_the_caller_id_says(
    tmp_path, phone
):
    left = dial(tmp_path, "*22", [], agents=at_work(), phone=phone, caller="1003")

    assert (left.said[0], did(left)) == ("sign_in_number", [])


def test_signing_in_asks_for_number_and_pin_at_every_phone(tmp_path):
    left = dial(tmp_path, "*11", [], agents=at_work())

    assert left.said[0] == "sign_in_number"


# What the codes do --------------------------------------------------------------------


def test_ready_signs_in_who_is_not(tmp_path):
    left = dial(tmp_path, "*12", ["1003#", "4711#"], phone="PJSIP/1004")

    assert did(left) == [("sign in", "1003", "PJSIP/1004"), ("ready", "1003")]


@pytest.mark.parametrize(("key", "reason"), [("1", "lunch"), ("2", "training")])
def test_pause_asks_for_which_reason(tmp_path, key, reason):
    left = dial(tmp_path, "*23", [key], agents=at_work())

    assert did(left) == [("not ready", "1003", reason)]
    assert left.said == ["pause_menu", "you_are_on_break"]


def test_a_pause_whose_time_is_over_is_told_of_and_taken(tmp_path):
    agents = at_work()
    agents.over.add(("1003", "lunch"))
    left = dial(tmp_path, "*23", ["1"], agents=agents)

    assert left.said == ["pause_menu", "pause_used_up", "you_are_on_break"]
    assert did(left) == [("not ready", "1003", "lunch")]


def test_of_a_single_reason_nobody_is_asked(tmp_path):
    queues = "pauses: {lunch: 60m}\n"
    left = dial(tmp_path, "*23", [], agents=at_work(), queues=queues)

    assert did(left) == [("not ready", "1003", "lunch")]


def test_who_is_not_signed_in_can_take_no_pause(tmp_path):
    left = dial(tmp_path, "*13", ["1003#", "4711#"])

    assert (did(left), left.said[-1]) == ([], "not_signed_in")


def test_sign_out_goes_home(tmp_path):
    left = dial(tmp_path, "*14", ["4711#"], agents=at_work())

    assert (did(left), left.said[-1]) == ([("sign out", "1003")], "signed_out")


@pytest.mark.parametrize(
    ("key", "does", "said"),
    [
        ("1", ("longer wrap-up", "1003", "60"), "wrap_up_longer"),
        ("2", ("end wrap-up", "1003"), "wrap_up_over"),
    ],
)
def test_a_wrap_up_gets_longer_or_ends(tmp_path, key, does, said):
    left = dial(tmp_path, "*25", [key], agents=at_work(wrap_up=True))

    assert (did(left), left.said[-1]) == ([does], said)


def test_without_a_wrap_up_there_is_none_to_end(tmp_path):
    left = dial(tmp_path, "*25", ["2"], agents=at_work())

    assert (did(left), left.said) == ([], ["wrap_up_none"])


# Dispositions -------------------------------------------------------------------------


def talked(**state):
    agents = at_work(**state)
    agents.talked.add("1003")
    return agents


def test_an_agent_says_how_the_call_has_ended(tmp_path):
    left = dial(tmp_path, "*16", ["4711#", "2"], agents=talked())

    assert did(left) == [("dispose", "1003", "complaint")]
    assert left.said[-1] == "disposition_noted"


def test_without_a_call_there_is_nothing_to_say(tmp_path):
    left = dial(tmp_path, "*16", ["4711#", "1"], agents=at_work())

    assert (did(left), left.said[-1]) == ([], "disposition_none")


@pytest.mark.parametrize(
    ("code", "keys", "then"),
    [
        ("*22", ["1"], ("ready", "1003")),
        ("*25", ["2", "1"], ("end wrap-up", "1003")),
    ],
)
def test_who_owes_a_disposition_is_asked_for_it_first(tmp_path, code, keys, then):
    agents = talked(wrap_up=True, owes=True)
    left = dial(tmp_path, code, keys, agents=agents)

    assert did(left) == [("dispose", "1003", "solved"), then]
    assert "disposition_owed" in left.said


def test_who_would_not_say_it_stays_in_wrap_up(tmp_path):
    left = dial(tmp_path, "*22", [], agents=talked(wrap_up=True, owes=True))

    assert did(left) == []
