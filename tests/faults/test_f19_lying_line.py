"""F19: events get lost, come twice, late, out of order, and garbled."""

import asyncio
import random

from faults_rig.callers import Crowd
from faults_rig.house import house
from faults_rig.staff import at_work

SHARE = 0.01
"""Of all events, for each kind of lie."""

LOOKS = 75.0
"""Seconds: two of the looks that repair what was lost, and some more."""


def liar(seed=19):
    """What a line does that lies; `told` counts it."""
    chance, told = random.Random(seed), {}

    def alter(text):
        kinds = ("lost", "doubled", "late", "garbled", "cut", "out of order")
        kind = next((k for k in kinds if chance.random() < SHARE), "")
        if kind:
            told[kind] = told.get(kind, 0) + 1
        match kind:
            case "lost":
                return []
            case "doubled":
                return [(0, text), (0, text)]
            case "late":
                return [(2.0, text)]
            case "out of order":
                return [(0.05, text)]
            case "garbled":
                at = chance.randrange(len(text))
                return [(0, text[:at] + "\u0000{[" + text[at + 1 :]), (0, text)]
            case "cut":
                return [(0, text[: chance.randrange(len(text))]), (0, text)]
        return [(0, text)]

    return alter, told


async def test_a_line_that_lies_costs_no_call_and_leaves_nothing(
    tmp_path, figures, form
):
    count, rate = form(60, 1000), form(4.0, 8.0)
    alter, told = liar()
    agents = [str(1001 + n) for n in range(form(4, 20))]
    async with house(tmp_path, callers=count, alter=alter) as h, h.service() as service:
        await service.ready()
        crowd = Crowd(h)
        async with at_work(h, service, agents):
            await crowd.calls(count, rate)
        left = await h.left(within=LOOKS)
        health = await service.ask("GET", "/api/health")
        await asyncio.sleep(1)
        unended = h.truth.one("select count(*) from calls where ended is null")
        words = service.log.read_text(errors="replace")

    stuck = [one for one in crowd.callers if one.outcome == "stuck"]
    figures("F19", "calls", count)
    figures("F19", "events that were lied about", sum(told.values()))
    figures("F19", "exceptions that escaped", words.count("Traceback"), "0")
    figures("F19", "calls without an end", unended, "0")
    figures("F19", "channels and bridges left after two looks", len(left), "0")
    figures("F19", "callers who heard nothing more", len(stuck))
    assert "Traceback" not in words
    assert health["asterisk"]["failed"] == 0
    assert len(service.launches) == 1
    assert unended == 0
    assert left == []
