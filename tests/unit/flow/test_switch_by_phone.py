"""`*80`: a switch is thrown and put back by phone, by those who may."""

from datetime import timedelta

import pytest

from ivrflow.flow.world import Trouble
from ivrflow.sim.memory import MemoryAgents, MemorySwitches
from tests.unit.flow.one_call import EPOCH, World_, call, site

PINS = {"1003": "4711", "2001": "2222", "9001": "9999", "1004": "4444"}
AGENTS = """\
agents:
  "1003": {name: Li}
  "1004": {name: Wu}
  "2001": {name: Chen, role: supervisor}
  "9001": {name: Zhou, role: admin}
"""


def dial(folder, keys, *, switch="who: supervisor, expires: 24h", on=(), **how):
    switches = how.pop("switches", None) or MemorySwitches(*on)
    world = World_(agents=MemoryAgents(PINS), switches=switches)
    there = site(
        folder,
        "steps:\n  hello: {hangup: hello}\n",
        agents=AGENTS,
        switches=f"shut: {{title: The shop, {switch}}}\n",
        numbers='"*80": {switch: shut}\n',
    )
    typed = {n + 0.1: one for n, one in enumerate(keys)}
    return call(there, dialled="*80", keys=typed, world=world, **how)


def did(left):
    return left.world.switches.did


def test_supervisor_throws_it_for_as_long_as_it_may_stand(tmp_path):
    left = dial(tmp_path, ["2001#", "2222#", "1"])

    [(what, name, by, until)] = did(left)
    assert (what, name, by) == ("throw", "shut", "agent 2001")
    assert timedelta(0) < until - EPOCH - timedelta(hours=24) < timedelta(seconds=10)
    # The key was pressed before the menu could be said.
    assert left.said[2:] == ["switch_is_off", "switched_on"]
    assert left.by == "flow"


def test_thrown_switch_is_said_and_put_back(tmp_path):
    left = dial(tmp_path, ["2001#", "2222#", "2"], on=["shut"])

    assert did(left) == [("put back", "shut", "agent 2001", None)]
    assert left.said[2] == "switch_is_on"
    assert left.said[-1] == "switched_off"


def test_switch_without_expires_is_thrown_without_an_end(tmp_path):
    left = dial(tmp_path, ["2001#", "2222#", "1"], switch="who: supervisor")

    assert did(left)[0][-1] is None


@pytest.mark.parametrize(
    ("who", "number", "may"),
    [
        ("supervisor", "2001", True),
        ("supervisor", "9001", True),
        ("supervisor", "1003", False),
        ("admin", "2001", False),
        ("agent", "1003", True),
        ('"1003"', "1003", True),
        ('"1003"', "1004", False),
        ('"1003"', "2001", False),
    ],
)
def test_who_decides_who_may(tmp_path, who, number, may):
    keys = [f"{number}#", f"{PINS[number]}#", "1"]
    left = dial(tmp_path, keys, switch=f"who: {who}")

    assert bool(did(left)) == may
    assert ("switch_not_allowed" in left.said) != may


def test_agent_who_may_not_is_logged_and_learns_nothing_of_the_switch(tmp_path, caplog):
    left = dial(tmp_path, ["1003#", "4711#", "1"])

    assert left.said[-1] == "switch_not_allowed"
    assert "agent 1003 may not set switch shut" in caplog.text


def test_wrong_pin_throws_nothing(tmp_path):
    left = dial(tmp_path, ["2001#", "1111#", "1"])

    assert did(left) == []


def test_who_is_in_the_database_but_not_in_the_file_any_more_may_not(tmp_path):
    PINS_OF_ALL = {**PINS, "3000": "3333"}
    world = World_(agents=MemoryAgents(PINS_OF_ALL))
    there = site(
        tmp_path,
        "steps:\n  hello: {hangup: hello}\n",
        agents=AGENTS,
        switches="shut: {who: agent}\n",
        numbers='"*80": {switch: shut}\n',
    )
    left = call(
        there, dialled="*80", keys={0.1: "3000#", 1.1: "3333#", 2.1: "1"}, world=world
    )

    assert left.said[-1] == "switch_not_allowed"


def test_silence_changes_nothing(tmp_path):
    left = dial(tmp_path, ["2001#", "2222#"])

    assert did(left) == []
    assert left.ended == "over"


def test_database_that_is_away_is_said_once(tmp_path, caplog):
    class Away(MemorySwitches):
        async def throw(self, name, *, by, now, until):
            raise Trouble("the database is away")

    left = dial(tmp_path, ["2001#", "2222#", "1"], switches=Away())

    assert left.said[-1] == "apology"
    assert "the database is away" in caplog.text
    assert "fault of ours" not in caplog.text
