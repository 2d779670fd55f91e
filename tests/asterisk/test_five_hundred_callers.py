"""500 callers at 10 a second for 20 agents, all as unreliable as people are.

Agents don't answer, refuse, are busy, or vanish, also in the middle of a talk; callers
hang up at any moment. Whatever they do, each caller ends in exactly one place, and all
that counts them counts the same.
"""

import asyncio
import csv
import io
from collections import Counter
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from bench.floor.figures import figures
from bench.floor.run import run
from ivrflow.cli import main
from ivrflow.db.engine import Database
from ivrflow.db.self_check import check_day
from ivrflow.service.log_file import lines_of

CALLERS, RATE = 500, 10.0

pytestmark = [pytest.mark.asterisk, pytest.mark.floor, pytest.mark.timeout(400)]


async def checked(installed, began):
    """What the figures that are kept are, beside the facts, of each day of the run."""
    database = Database(f"sqlite:///{installed.database}")
    now = datetime.now(UTC)
    log = lines_of(installed.queue_log, 0, 2**40)
    try:
        return [
            await check_day(database, day, UTC, now=now.timestamp(), log=log)
            for day in {began.date(), now.date()}
        ]
    finally:
        await database.close()


def reported(installed, what, *options):
    """The rows of a report of the last two days, as its CSV."""
    asked = ["report", what, "--from", "yesterday", "--to", "today", "--csv", *options]
    done = CliRunner().invoke(main, [*asked, "--config", str(installed.settings)])
    assert done.exit_code == 0, done.output
    return list(csv.DictReader(io.StringIO(done.stdout)))


async def test_each_of_five_hundred_callers_ends_in_exactly_one_place(tmp_path):
    began = datetime.now(UTC)
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

    for found in await checked(outcome.installed, began):
        assert found.differences == ()
        assert found.compared > 0
    lines = outcome.installed.queue_log.read_text().splitlines()
    events = Counter(line.split("|")[4] for line in lines)
    assert events["ENTERQUEUE"] == told.started
    assert events["CONNECT"] == told.places["answered"]
    assert events["COMPLETEAGENT"] + events["COMPLETECALLER"] == events["CONNECT"]
    assert events["ABANDON"] == told.places["abandoned"]
    calls = await asyncio.to_thread(reported, outcome.installed, "calls")
    assert len(calls) == told.started
    queues = await asyncio.to_thread(reported, outcome.installed, "queues")
    assert sum(int(row["offered"]) for row in queues) == told.started
    assert sum(int(row["answered"]) for row in queues) == told.places["answered"]
    assert sum(int(row["abandoned"]) for row in queues) == told.places["abandoned"]
