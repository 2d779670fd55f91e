"""What a step does to the world is done once, at whatever moment the service dies."""

import pytest

from ivrflow.facts import MessageLeft, Stored
from ivrflow.sim.memory import MemoryLookups
from ivrflow.sim.scripted import ScriptedChannel, ScriptedSwitch
from tests.calls.deaths_rig import AWAY, Town, every_death, played
from tests.unit.flow.one_call import site

# Storing ------------------------------------------------------------------------------

KEEP = "{store: survey, with: {call: call.id, score: 5}, error: sorry}"
FLOW = f"""
on_error: sorry
steps:
  keep: {KEEP}
  bye: {{hangup: bye}}
  sorry: {{hangup: bye}}
"""
DATA = "survey: {database: crm, insert: survey, timeout: 2s}\n"


def storing(loop):
    return Town(
        channel=ScriptedChannel(),
        switch=ScriptedSwitch({}),
        lookups=MemoryLookups({"survey": None}),
    )


def test_a_step_that_has_a_key_stores_once_wherever_the_service_dies(tmp_path):
    twice = FLOW.replace("  bye:", f"  twice: {KEEP}\n  bye:")
    there = site(tmp_path, twice, data=DATA.replace("survey,", "survey, once: step,"))

    before = 0
    for town in every_death(there, storing):
        # Two steps that store the same are two rows, and no more.
        rows = [{"call": "caller", "score": 5}] * 2
        assert town.lookups.stored == {"survey": rows}, town.died
        assert town.by == "flow", town.died
        before += "stored before" in [f.way for f in town.of(Stored)]
    assert before


def test_a_row_with_the_calls_id_is_stored_once_without_a_key(tmp_path):
    there = site(tmp_path, FLOW, data=DATA)

    for town in every_death(there, storing):
        rows = [{"call": "caller", "score": 5}]
        assert town.lookups.stored == {"survey": rows}, town.died
        assert not any(f.doubtful for f in town.of(Stored))


def test_a_row_that_nothing_tells_is_stored_again_and_that_is_told(tmp_path):
    there = site(tmp_path, FLOW.replace("call: call.id, ", ""), data=DATA)

    for town in every_death(there, storing):
        stored = len(town.lookups.stored["survey"])
        assert stored == 1 or any(f.doubtful for f in town.of(Stored)), town.died
        assert stored <= 2


def test_what_is_stored_at_the_end_of_a_call_is_stored_once(tmp_path):
    flow = FLOW.replace("on_error: sorry", "on_error: sorry\non_end: last")
    flow += "  last: {store: survey, with: {score: 1}}\n"
    there = site(tmp_path, flow, data=DATA.replace("survey,", "survey, once: step,"))

    for town in every_death(there, storing):
        scores = [row["score"] for row in town.lookups.stored["survey"]]
        assert scores == [5, 1], town.died
        assert town.by == "flow", town.died


# Leaving a message --------------------------------------------------------------------

MESSAGE = """
on_error: sorry
steps:
  leave: {voicemail: box, then: kept, failed: nothing}
  kept: {hangup: bye}
  nothing: {hangup: bye}
  sorry: {hangup: bye}
"""

BOX = """
box:
  title: Box
  greeting: hello
  length: 2s..60s
  silence: 4s
  review: yes
  tell: [{email: a@example.com}, {email: boss@example.com, when: urgent}]
"""


def leaving(presses, speaks=((1, 9),), hangs_up_at=None):
    """The caller speaks and presses keys when he has heard what goes before."""

    def arrange(loop):
        channel = ScriptedChannel(hangs_up_at=hangs_up_at)
        for at, seconds in speaks:
            loop.call_at(at, channel.speak, seconds)
        for at, key in presses:
            loop.call_at(at, channel.press, key)
        return Town(
            channel=channel, switch=ScriptedSwitch({}), lookups=MemoryLookups({})
        )

    return arrange


def states(town):
    return [kept.state for kept in town.messages.all.values()]


@pytest.fixture
def box(tmp_path):
    return site(tmp_path, MESSAGE, mailboxes=BOX)


def test_a_message_is_left_once_wherever_the_service_dies(box):
    for town in every_death(box, leaving([(12, "#"), (20, "1")])):
        assert states(town) == ["new"], town.died
        assert [notice.to for notice in town.messages.outbox] == ["a@example.com"]
        assert len(town.of(MessageLeft)) in (1, 2), town.died
        assert town.by == "flow", town.died


def test_a_recording_goes_on_while_the_service_is_dead(box):
    for half in range(1, 50):
        town = played(box, leaving([(12, "#"), (20, "1")]), killed_at=half / 2)

        [kept] = town.messages.all.values()
        # The greeting and the tone take 3 s; a tone that is given again takes time too.
        assert kept.state == "new", town.died
        assert kept.seconds == pytest.approx(9, abs=3.5), town.died
        assert town.by == "flow"


def test_a_caller_who_hangs_up_while_nobody_is_there_leaves_his_message(box):
    for half in range(1, 50):
        at = half / 2
        arrange = leaving([(12, "#")], hangs_up_at=at + AWAY / 2)
        town = played(box, arrange, killed_at=at)

        told = town.died, town.messages.all
        # The recording begins at 0.6 s, or after the restart.
        if at + AWAY / 2 > 4.5:
            assert states(town) == ["new"], told
        assert set(states(town)) <= {"new", "dropped"}, told
        assert len(town.of(MessageLeft)) == states(town).count("new"), told
        assert town.by == "outage", told


def test_what_was_urgent_stays_urgent(box):
    for half in range(1, 50):
        arrange = leaving([(12, "#"), (20, "4"), (26, "1")])
        town = played(box, arrange, killed_at=half / 2)

        assert [kept.urgent for kept in town.messages.all.values()] == [True], town.died
        assert len(town.messages.outbox) == 2


def test_who_says_it_again_leaves_one_message_alone(box):
    keys = [(12, "#"), (20, "3"), (30, "#"), (38, "1")]
    for town in every_death(box, leaving(keys, speaks=((1, 9), (22, 30)))):
        # A key that died with the process must be pressed once more: nobody does.
        assert states(town) in (["dropped", "new"], ["new"]), town.died
        assert len(town.messages.outbox) == 1, town.died
