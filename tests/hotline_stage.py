"""The sample hotline on a stage, for tests of whole calls on virtual time."""

import asyncio
from datetime import datetime
from pathlib import Path

from ivrflow.facts import Decided, StepEntered
from ivrflow.flow.load import load_site
from ivrflow.sim.rehearsal.answers import ANY_PIN, Answer
from ivrflow.sim.rehearsal.read import read_test
from ivrflow.sim.rehearsal.run import rehearse
from ivrflow.sim.rehearsal.verdict import told

FOLDER = Path(__file__).parents[1] / "flows" / "hotline"
SITE = load_site(FOLDER)
MONDAY = datetime(2026, 3, 2, 10, 0)
LI = {"id": 7, "name": "Li", "district": "north", "level": 1}
RIGHT_PIN = Answer("row", {**LI, "pin_hash": ANY_PIN})
WRONG_PIN = Answer("row", {**LI, "pin_hash": "000000"})


def plays(talk):
    """Run a talk that is written as in a test file; show its story if it fails."""
    found = read_test(f"tests: hotline\n{talk}", "talk.yaml", SITE)
    assert not found.problems
    assert found.rehearsals
    for rehearsal in found.rehearsals:
        verdict = rehearse(SITE, rehearsal)
        assert verdict.passed, "\n".join(told(verdict))


async def press(stage, keys):
    """Press *keys* at the next question, if the call comes to one."""
    if not await stage.until(lambda: stage.channel.listening, 120):
        return
    for key in keys:
        stage.channel.press(key)
        await asyncio.sleep(0.1)


def steps(stage):
    return [fact.step for fact in stage.facts if isinstance(fact, StepEntered)]


def decided(stage, step):
    """Where *step* led."""
    decisions = [fact for fact in stage.facts if isinstance(fact, Decided)]
    return [fact.target for fact in decisions if fact.step == step]
