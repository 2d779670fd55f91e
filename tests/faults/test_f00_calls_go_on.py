"""F0: one call in each place, the service is killed, and each goes on where it was.

The small and exact one before the large ones: a menu, a queue, a talk, a message that
is being recorded. Then the same with the service told to stop.
"""

import asyncio
from contextlib import asynccontextmanager

import pytest
from faults_rig.callers import DIALLED
from faults_rig.follow import Follow
from faults_rig.house import house
from faults_rig.service import now

from ivrflow.sim.phone import Phones

NUMBERS = {
    "menu": "13800000001",
    "talk": "13800000002",
    "queue": "13800000003",
    "message": "13800000004",
}

LONG_ENOUGH = 7.0
"""Seconds for the words before a message, and for what is no message too short."""

WITHIN = 20.0
"""Seconds for anything to happen on a machine that is busy."""


@asynccontextmanager
async def four_calls(h, service):
    """A caller in a menu, one who talks, one in the queue, one who leaves a message."""
    async with Phones(sip=h.sip) as phones, asyncio.TaskGroup() as group:
        follow = Follow(h.truth)
        reader = group.create_task(follow.run())
        agent = await phones.agent(
            "1001", password=h.running.credentials.agents["1001"], keep=0
        )
        agent.answers(after=0.2)
        assert await service.ask("POST", "/api/agents/1001/ready") is not None
        calls = {}
        for name, key in {"talk": "3", "queue": "3", "message": "4"}.items():
            calls[name] = await phones.call(DIALLED, caller=NUMBERS[name], keep=0)
            place = follow.of(calls[name].caller)
            assert await place.changes(lambda p=place: p.step == "language", False, 20)
            await calls[name].press(key)
            if name == "talk":
                assert await place.changes(lambda p=place: p.connected, False, WITHIN)
        calls["message"].send_tone(440)
        calls["menu"] = await phones.call(DIALLED, caller=NUMBERS["menu"], keep=0)
        place = follow.of(calls["menu"].caller)
        assert await place.changes(lambda: place.step == "language", False, WITHIN)
        message = follow.of(calls["message"].caller)
        assert await message.changes(
            lambda: message.said == "please_leave_message", False, WITHIN
        )
        yield calls, follow
        reader.cancel()


@pytest.mark.parametrize("how", ["killed", "told to stop"])
async def test_each_call_goes_on_where_it_was(tmp_path, figures, how):
    async with house(tmp_path) as h, h.service() as service:
        await service.ready()
        async with four_calls(h, service) as (calls, follow):
            places = {name: follow.of(call.caller) for name, call in calls.items()}
            await asyncio.sleep(LONG_ENOUGH)  # the message has begun
            before = {name: place.step for name, place in places.items()}
            at = service.kill() if how == "killed" else service.terminate()
            for place in places.values():
                assert await place.changes(lambda p=place: p.resumed > 0, False, WITHIN)
            resumed = max(f.at for f in h.truth.facts("CallResumed"))
            figures("F0", f"{how}: all calls go on after, s", resumed - at, "<= 2")
            assert {name: place.step for name, place in places.items()} == before
            assert all(call.up for call in calls.values())

            await calls["menu"].press("5")  # the keys work
            assert await places["menu"].changes(
                lambda: bool(places["menu"].ended), False, WITHIN
            )
            await asyncio.sleep(LONG_ENOUGH / 2)
            await calls["message"].press("#")
            assert await places["message"].changes(
                lambda: places["message"].said == "review_message", False, WITHIN
            )
            await calls["message"].press("1")
            await calls["talk"].hang_up()  # then the agent takes the next one
            assert await places["queue"].changes(
                lambda: places["queue"].connected, False, WITHIN
            )
            for name in ("queue", "message"):
                await calls[name].hang_up()
            for place in places.values():
                assert await place.changes(lambda p=place: bool(p.ended), False, WITHIN)
            left = await h.left(within=10)

        story = [f.kind for f in h.truth.facts() if f.call == places["talk"].call]
        assert story.count("Connected") == story.count("TalkEnded") == 1
        assert h.truth.one("select count(*) from messages") == 1
        assert h.truth.rows("select call from call_bookmarks") == []
        assert left == []
        assert service.crashes == []
        [adopted] = [
            f for f in h.truth.facts("AdoptionEnded") if f.at > at and f.data["adopted"]
        ]
        assert adopted.data["resumed"] == len(calls)
        assert adopted.data["ended"] == adopted.data["reaped"] == 0
        assert now() > at
