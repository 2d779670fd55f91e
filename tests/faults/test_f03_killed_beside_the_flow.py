"""F3, of steps that join people: the service is killed while a transfer rings, while it
talks and is recorded, and while callers stand in a room."""

import asyncio
from contextlib import AsyncExitStack, suppress

from faults_rig.house import house

from ivrflow.sim.phone import Phones
from ivrflow.telephony.channel import HungUp

SITE = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "numbers.yaml": '"100": {flow: over}\n"200": {flow: room}\n',
    "prompts/en.yaml": "hello: Hello.\nbye: Bye.\n",
    "flows/over.yaml": """\
flow: over
steps:
  on: {record: all}
  over: {transfer: PJSIP/1001, then: thanks, no_answer: nobody, failed: nobody}
  thanks: {hangup: yes}
  nobody: {hangup: yes}
""",
    "flows/room.yaml": """\
flow: room
steps:
  talk: {conference: incident, announce: tones, record: yes}
  thanks: {hangup: yes}
""",
}
LOW, HIGH = 440, 1050


async def test_whoever_was_joined_is_joined_after_a_kill_and_rung_once(
    tmp_path, figures
):
    for name, text in SITE.items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text(text)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        h = await enter(
            house(tmp_path, site=tmp_path / "site", agents=("1001",), callers=0)
        )
        service = await enter(h.service())
        await service.ready()
        phones = await enter(Phones(sip=h.sip))
        li = await phones.agent("1001", password=h.running.credentials.agents["1001"])

        # Killed while it rings, and again while they talk.
        li.answers(after=12)
        caller = await phones.call("100", caller="13800000401")
        await asyncio.sleep(2)
        service.kill()
        other = await li.next_call(within=25)
        await service.ready()
        await _hear_each_other(caller, other)
        service.kill()
        await _hear_each_other(caller, other)
        await service.ready()
        await asyncio.sleep(2)
        await _hear_each_other(caller, other)
        await other.hang_up()
        await asyncio.wait([caller.over], timeout=20)
        after = caller.over.done()

        # Two in a room: one goes by the key, the other one by himself.
        one = await phones.call("200", caller="13800000402")
        two = await phones.call("200", caller="13800000403")
        await asyncio.sleep(2)
        await _hear_each_other(one, two)
        service.kill()
        await _hear_each_other(one, two)
        await service.ready()
        await asyncio.sleep(2)
        await _hear_each_other(one, two)
        with suppress(HungUp):  # before the key's own pause is over
            await one.press("#")
        await asyncio.wait([one.over], timeout=20)
        await two.hang_up()
        left = await h.left(within=10)
        await asyncio.sleep(0.5)
    rung = len(h.truth.facts("TransferBegan"))
    recorded = h.truth.facts("CallRecorded")
    rooms = [len(h.truth.facts(kind)) for kind in ("RoomEntered", "RoomLeft")]
    files = list((h.running.recordings_dir / "calls").glob("*.wav"))
    figures("F3", "transfers, calls that were rung", rung, "1")
    figures("F3", "channels and bridges left after transfers and rooms", len(left), "0")

    assert rung == 1
    assert after
    assert [fact.data["how"] for fact in h.truth.facts("TransferEnded")] == ["talked"]
    assert len(recorded) == 1
    assert rooms == [2, 2]
    assert len(files) == 2  # the call's, and the room's
    assert left == []


async def _hear_each_other(one, other):
    """Both ways, whatever the service does meanwhile."""
    one.send_tone(LOW)
    other.send_tone(HIGH)
    await asyncio.sleep(0.5)
    assert await one.hears_tone(HIGH)
    assert await other.hears_tone(LOW)
    one.stop_sending()
    other.stop_sending()
