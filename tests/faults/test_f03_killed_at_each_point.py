"""F3: the service dies before and after each kind of command and commit.

Under a small load of the mixed sample each life of the service is told where it ends:
at the n-th of a kind of command to Asterisk, or at the n-th commit; before it was sent,
or when it is done and nobody here knows. The talks of tests/calls sweep each step at
each of its points on virtual time; here it is the real Asterisk that must agree.
"""

import asyncio
import itertools

from faults_rig.callers import Crowd
from faults_rig.checks import judge
from faults_rig.house import house
from faults_rig.mixed import AGENTS
from faults_rig.quiet import QuietStream
from faults_rig.staff import at_work

KINDS = (
    "commit",
    "POST channels variable",
    "POST channels answer",
    "POST channels play",
    "DELETE playbacks",
    "POST channels moh",
    "DELETE channels moh",
    "POST channels",
    "POST channels dial",
    "POST channels record",
    "POST channels snoop",
    "POST recordings live",
    "DELETE recordings stored",
    "POST bridges",
    "POST bridges addChannel",
    "POST bridges removeChannel",
    "DELETE bridges",
    "DELETE channels",
)
WHEN = ("before", "after")
LIVES = 6.0
"""Seconds in which a life that has not met its point ends all the same."""
RATE = 3.0


async def test_each_point_may_be_the_last_one_and_every_call_goes_on(
    tmp_path, figures, form
):
    chosen = list(itertools.product((1, 2, 3, 5, 8, 13), KINDS, WHEN))
    if form.short:
        chosen = list(zip(itertools.repeat(1), KINDS, itertools.cycle(WHEN)))
    else:
        chosen = chosen[: form(len(chosen), len(chosen), least=len(KINDS))]
    points = [
        {
            "IVRFLOW_DIE": f"{kind}:{when}:{number}",
            # Half of them in the middle of things, half while calls are adopted.
            "IVRFLOW_DIE_AFTER": str(2.5 * (turn % 2)),
            "IVRFLOW_POINTS": str(tmp_path / "points"),
        }
        for turn, (number, kind, when) in enumerate(chosen)
    ]
    to_come = iter([None, *points])
    # Of the long form many wait in vain for the 13th of a rare kind, and then end.
    calls = round(RATE * form(3.5, 5.0) * len(points))
    async with (
        house(tmp_path / "house", callers=calls) as h,
        h.service(next_point=lambda: next(to_come, None)) as service,
    ):
        await service.ready()
        async with at_work(h, service, AGENTS[:12], stream=QuietStream):
            crowd = Crowd(h)
            async with asyncio.TaskGroup() as group:
                ender = group.create_task(_end_each(service, len(points)))
                await crowd.calls(calls, RATE)
                ender.cancel()
            await service.ready()
            left = await h.left(within=10)
            await asyncio.sleep(1)
    verdict = judge(crowd.callers, h)
    met = [one for one in service.launches if one.hurt == "its own point"]
    met = [one for one in met if one.code == -9]
    known = set((tmp_path / "points").read_text().split("\n")) - {""}

    figures("F3", "points at which it was killed", len(met), f"of {len(points)}")
    figures("F3", "calls", calls)
    figures("F3", "calls lost", len(verdict.lost), "0")
    figures("F3", "doubled", len(verdict.doubled), "0")
    figures("F3", "left half done", len(verdict.unfinished), "0")
    figures("F3", "channels and bridges left", len(left), "0")
    print(crowd.outcomes, verdict, sep="\n")

    assert known <= set(KINDS), f"no kind of point: {known - set(KINDS)}"
    assert not verdict.lost, str(verdict)
    assert not verdict.doubled, str(verdict)
    assert not verdict.unfinished, str(verdict)
    assert left == []
    assert len(met) > len(points) / 2


async def _end_each(service, lives):
    """Let the first life begin the points; end those that never meet theirs."""
    service.kill()
    for _ in range(lives):
        number = len(service.launches)
        with_this = LIVES
        while len(service.launches) == number and with_this > 0:
            await asyncio.sleep(0.1)
            with_this -= 0.1
        if len(service.launches) == number:
            service.kill()
            while len(service.launches) == number:
                await asyncio.sleep(0.1)
