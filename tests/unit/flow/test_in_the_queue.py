"""The `queue` step when something unusual happens between caller, agent and keys."""

from contextlib import asynccontextmanager

import pytest

from ivrflow.facts import (
    CallerQueued,
    Connected,
    LeftQueue,
    Logged,
    Said,
    StepFailed,
    TalkEnded,
)
from ivrflow.flow.load import BadSite
from ivrflow.sim.scripted import Person, ScriptedSwitch
from ivrflow.telephony.channel import Cause, HungUp, Unreached
from tests.unit.flow.one_call import World_, call, site

QUEUES = "desk: {title: Desk, ring: 20s, wrap_up: 1s}\n"
AGENTS = 'agents:\n  "1": {name: Li, queues: [desk]}\n'


def plays(folder, flow, *, queues=QUEUES, people=None, switch=ScriptedSwitch, **how):
    more = how.pop("more", {})
    there = site(folder, flow, queues=queues, agents=AGENTS, **more)
    world = World_(people=people or {}, switch=switch)
    return call(there, world=world, **how)


WAIT = """
on_error: sorry
steps:
  wait: {queue: desk, max_wait: 60s, then: rate, timeout: late}
  rate: {hangup: yes}
  late: {hangup: yes}
  sorry: {hangup: bye}
"""


def test_agent_who_hangs_up_leads_on(tmp_path):
    left = plays(tmp_path, WAIT, people={"PJSIP/1": Person(talks_for=5)})

    assert left.steps == ["wait", "rate"]
    assert [f.by for f in left.of(TalkEnded)] == ["agent"]


def test_agent_gone_before_the_two_could_talk_is_no_talk(tmp_path):
    queues = QUEUES.replace("ring", "tell_caller: long, ring")

    left = plays(
        tmp_path,
        WAIT,
        queues=queues,
        more={"prompts__en": f"long: {'A long text. ' * 10}\n"},
        people={"PJSIP/1": Person(answers_after=1, talks_for=0.5)},
        hangs_up_at=30,
    )

    assert left.steps == ["wait"]
    assert len(left.of(TalkEnded)) > 1
    assert left.by == "caller"


def test_agent_and_caller_who_cannot_be_joined_take_the_way_for_errors(tmp_path):
    class NoBridges(ScriptedSwitch):
        @asynccontextmanager
        async def bridge(self, *channels):
            raise HungUp(Cause.TEMPORARY_FAILURE)
            yield

    left = plays(
        tmp_path, WAIT, people={"PJSIP/1": Person(talks_for=None)}, switch=NoBridges
    )

    assert left.steps == ["wait", "sorry"]
    assert left.by == "flow"
    assert "could not be joined" in left.of(StepFailed)[0].error


def test_always_key_of_the_calling_flow_works_in_the_queue_of_a_sub_flow(tmp_path):
    left = plays(
        tmp_path,
        """
always: {0: none}
steps:
  sub: {call: sub}
  none: {hangup: yes}
""",
        more={
            "flows__sub": "flow: sub\nsteps:\n  wait: {queue: desk, timeout: return}\n"
        },
        people={"PJSIP/1": Person(answers_after=None)},
        keys={5: "0"},
    )

    assert left.steps == ["sub", "wait", "none"]
    assert [f.how for f in left.of(LeftQueue)] == ["key"]


def test_announcement_that_cannot_be_said_is_an_error_with_its_reason(tmp_path):
    left = plays(
        tmp_path,
        WAIT,
        queues=QUEUES.replace("ring", "announce: [{say: odd, after: 5s}], ring"),
        more={"prompts__en": 'odd: "${1 / queue.ahead | number}"\n'},
        people={"PJSIP/1": Person(refuses=Unreached.BUSY)},
    )

    assert left.steps == ["wait", "sorry"]
    assert "division by zero" in left.of(StepFailed)[0].error


def test_who_comes_back_to_a_queue_may_wait_for_its_max_wait_again(tmp_path):
    left = plays(
        tmp_path,
        """
steps:
  wait: {queue: desk, max_wait: 10s, then: over, timeout: again}
  again: {queue: desk, max_wait: 10s, then: over, timeout: over}
  over: {hangup: yes}
""",
        people={"PJSIP/1": Person(answers_after=15)},
    )

    assert [f.how for f in left.of(LeftQueue)] == ["timeout", "timeout"]
    assert left.seconds == pytest.approx(20, abs=0.5)


def test_a_key_that_leads_back_to_the_line_does_not_begin_max_wait_anew(tmp_path):
    left = plays(
        tmp_path,
        """
always: {0: wait}
steps:
  wait: {queue: desk, max_wait: 30s, then: over, timeout: over}
  over: {hangup: yes}
""",
        people={"PJSIP/1": Person(answers_after=None)},
        keys={7: "0", 17: "0"},
    )

    assert [f.how for f in left.of(LeftQueue)] == ["key", "key", "timeout"]
    assert len({f.joined for f in left.of(CallerQueued)}) == 1
    assert left.seconds == pytest.approx(30, abs=0.5)


def test_priority_that_was_typed_counts_as_a_number(tmp_path):
    left = plays(
        tmp_path,
        """
steps:
  level: {set: {level: "3"}}
  wait: {queue: desk, priority: level}
""",
        people={"PJSIP/1": Person(talks_for=1)},
    )

    assert [f.priority for f in left.of(CallerQueued)] == [3.0]


TWO_AGENTS = """
agents:
  "1": {name: Li, queues: [desk]}
  "2": {name: Wu, queues: [desk]}
"""


def asks_for(folder, agent, **how):
    flow = f"""
steps:
  who: {{set: {{owner: "2"}}}}
  wait: {{queue: desk, agent: {agent}, then: rate, no_agents: nobody}}
  rate: {{hangup: yes}}
  nobody: {{hangup: yes}}
"""
    there = site(folder, flow, queues=QUEUES, agents=TWO_AGENTS)
    people = {f"PJSIP/{n}": Person(talks_for=3) for n in (1, 2)}
    return call(there, world=World_(people=people), **how)


@pytest.mark.parametrize("agent", ['"2"', '"${owner}"', '{is: "2", wait: 9s}'])
def test_a_call_for_one_agent_rings_this_one(tmp_path, agent):
    left = asks_for(tmp_path, agent)

    assert [f.agent for f in left.of(Connected)] == ["2"]
    assert left.steps == ["who", "wait", "rate"]


def test_an_agent_whom_the_data_does_not_name_leaves_the_call_to_anyone(tmp_path):
    left = asks_for(tmp_path, '"${queue.name}"')  # none: no queue yet

    assert [f.agent for f in left.of(Connected)] == ["1"]


def test_an_agent_whom_nobody_knows_is_as_one_who_is_not_there(tmp_path):
    left = asks_for(tmp_path, '"${owner}9"')

    assert left.steps == ["who", "wait", "nobody"]


def test_an_agent_who_is_not_in_agents_yaml_is_found_by_the_check(tmp_path):
    with pytest.raises(BadSite, match="Q014 there is no agent '3'"):
        asks_for(tmp_path, '"3"')


def test_a_step_may_whisper_words_of_its_own(tmp_path):
    left = plays(
        tmp_path,
        'steps:\n  wait: {queue: desk, whisper: "A call from the fast line."}\n',
        queues=QUEUES.replace("ring", "whisper: hello, ring"),
        people={"PJSIP/1": Person(talks_for=5)},
    )

    assert [f.words for f in left.of(Said)] == ["A call from the fast line."]


def test_hang_up_at_every_tenth_of_a_second_leaves_nothing(tmp_path):
    queues = QUEUES.replace("ring", "whisper: hello, tell_caller: bye, ring")
    there = site(tmp_path, WAIT, queues=queues, agents=AGENTS)
    for tenth in range(60):
        for how in ({"hangs_up_at": tenth / 10}, {"cancelled_at": [tenth / 10]}):
            world = World_(people={"PJSIP/1": Person(answers_after=1, talks_for=3)})
            left = call(there, world=world, **how)
            assert left.ended in ("over", "cancelled")
            assert left.by in ("caller", "shutdown", "flow")


def test_time_of_the_talk_is_no_time_of_waiting(tmp_path):
    left = plays(
        tmp_path,
        """
steps:
  wait: {queue: desk}
  note: {log: {waited: call.waited}}
""",
        people={"PJSIP/1": Person(answers_after=4, talks_for=100)},
    )

    [logged] = left.of(Logged)
    assert logged.data["waited"] == pytest.approx(4, abs=0.1)


# Its hours ----------------------------------------------------------------------------

OFFICE = "office: {mon: '09:00-10:30', closed_by: shut}\n"
CLOSED = (
    WAIT.replace("timeout: late", "timeout: late, closed: shut")
    + """
  shut: {hangup: yes}
"""
)


def office(folder, hours, *, flow=CLOSED, **how):
    """A call at ten on a Monday, to a queue with these hours."""
    more = {"hours": hours, "switches": "shut: {title: Shut, expires: 8h}\n"}
    queues = "desk: {title: Desk, ring: 20s, hours: office}\n"
    return plays(folder, flow, queues=queues, more=more, **how)


def test_a_queue_outside_its_hours_is_closed_and_nobody_waits(tmp_path):
    people = {"PJSIP/1": Person(talks_for=5)}
    left = office(tmp_path, OFFICE.replace("mon:", "tue:"), people=people)

    assert left.ways[0] == ("wait", "closed", "shut")
    assert left.of(CallerQueued) == []


def test_a_queue_in_its_hours_is_open(tmp_path):
    left = office(tmp_path, OFFICE, people={"PJSIP/1": Person(talks_for=5)})

    assert left.steps == ["wait", "rate"]


def test_who_waits_when_the_hours_end_stays_in_the_line(tmp_path):
    flow = CLOSED.replace("max_wait: 60s", "max_wait: 3m")
    hours = OFFICE.replace("10:30", "10:01")
    people = {"PJSIP/1": Person(answers_after=None)}
    left = office(tmp_path, hours, flow=flow, people=people)

    assert left.ways[0] == ("wait", "timeout", "late")
    assert left.seconds >= 180


def test_a_closed_queue_without_a_way_is_an_error(tmp_path):
    left = office(tmp_path, OFFICE.replace("mon:", "tue:"), flow=WAIT)

    assert left.steps == ["wait", "sorry"]


def test_hours_of_a_queue_that_are_not_there_or_unsure_are_told(tmp_path):
    with pytest.raises(BadSite, match=r"T010 hours\.yaml has no timetable 'office'"):
        office(tmp_path, "shop: {mon: '09:00-10:30'}\n")
    with pytest.raises(BadSite, match=r"queues\.yaml:1:.* without `\$\{...\}`"):
        plays(tmp_path, WAIT, queues='desk: {title: D, hours: "${x}"}\n')
