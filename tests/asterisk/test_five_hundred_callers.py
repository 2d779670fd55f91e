"""500 callers at 10 a second for 20 agents, all as unreliable as people are.

Agents don't answer, refuse, are busy, or vanish, also in the middle of a talk; callers
hang up at any moment. Whatever they do, each caller ends in exactly one place.
"""

import pytest

from bench.floor.figures import figures
from bench.floor.run import run

CALLERS, RATE = 500, 10.0

pytestmark = [pytest.mark.asterisk, pytest.mark.alone, pytest.mark.timeout(400)]


async def test_each_of_five_hundred_callers_ends_in_exactly_one_place(tmp_path):
    outcome = await run(tmp_path, CALLERS, RATE)
    told = figures(outcome.installed.database)
    queues = {"answered", "abandoned", "timeout", "key", "no agents"}

    assert outcome.ended == 0
    assert outcome.channels == []
    assert outcome.waiting == 0
    assert [a for a in outcome.agents if a["work"] != "idle" or a["call"]] == []
    assert told.astray == []
    assert told.two_agents == []
    assert told.started == told.ended
    assert sum(told.places.values()) == told.started
    assert told.places.keys() <= queues
    assert told.places["answered"] > CALLERS / 4
    # Who gave up before Asterisk let him in is no call of ours.
    gave_up = outcome.seen.callers["gave up while it rang"]
    assert CALLERS - gave_up <= told.started <= CALLERS
    log = (tmp_path / "service.log").read_text()
    assert [line for line in log.splitlines() if "ERROR" in line] == []
