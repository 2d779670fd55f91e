"""F3, of one step: the service is killed in each part of leaving a message.

Each caller speaks for the same time. What lies in the mailbox in the end is one message
of his, with all that he said, in the store and no longer in Asterisk's spool.
"""

import asyncio
from contextlib import AsyncExitStack, suppress

from faults_rig.callers import DIALLED
from faults_rig.follow import Follow
from faults_rig.house import house

from ivrflow.sim.phone import Phones

IN_SPOOL = "select count(*) from sounds where place = 'switch' or recorded != ''"
SPEAKS = 5.0
"""Seconds."""
TONE = 440
LESS = 0.8
"""Seconds by which one may be shorter than the one during which nobody died: robots
begin to speak when they hear a pause, not at the tone itself."""
PARTS = (
    "nothing",
    "recording",
    "hung up meanwhile",
    "end key",
    "greeting",
    "review",
    "last key",
    "saved",
)
IN_SHORT = 4


async def test_a_message_is_whole_and_there_once_whenever_the_service_is_killed(
    tmp_path, figures, form
):
    parts = PARTS[:IN_SHORT] if form.short else PARTS
    async with AsyncExitStack() as stack:
        h = await stack.enter_async_context(house(tmp_path))
        service = await stack.enter_async_context(h.service())
        await service.ready()
        phones = await stack.enter_async_context(Phones(sip=h.sip))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        follow = Follow(h.truth)
        reader = group.create_task(follow.run())
        for n, part in enumerate(parts):
            caller = f"1380000030{n}"
            place = follow.of(caller)
            await _leaves_a_message(h, phones, service, place, caller, part)
        await asyncio.sleep(4)
        # What the killed ones had not taken in, the last one does.
        async with asyncio.timeout(30):
            while h.truth.one(IN_SPOOL):
                await asyncio.sleep(0.2)
        reader.cancel()
        left = await h.left(within=10)
    messages = h.truth.rows(
        "select caller, state, seconds, id from messages order by at"
    )
    letters = h.truth.rows("select message from outbox where channel = 'email'")
    sounds = dict(
        h.truth.rows(
            "select id, (bytes - 44) / 16000.0 from sounds where place='store'"
        )
    )
    spool = list((h.running.recordings_dir / "voicemail").glob("*.wav"))
    kept = [row for row in messages if row[1] == "new"]
    lengths = [sounds[row[3]] for row in kept]
    figures("F3", "messages left through a kill", len(kept) - 1, str(len(parts) - 1))
    figures("F3", "a message without a kill, s", lengths[0])
    figures("F3", "the shortest one through a kill, s", min(lengths[1:]))
    figures("F3", "letters about them", len(letters), str(len(parts)))

    assert [row[1] for row in messages] == ["new"] * len(parts), messages
    assert sorted(message for (message,) in letters) == sorted(r[3] for r in kept)
    assert min(lengths) >= lengths[0] - LESS
    assert spool == []
    assert left == []


async def _leaves_a_message(h, phones, service, place, caller, part):
    call = await phones.call(DIALLED, caller=caller, keep=0)
    assert await place.changes(lambda: place.step == "language", False, 20)
    await call.press("4")
    await _is_said(h, place, "please_leave_message")
    await asyncio.sleep(1)
    if part == "greeting":
        service.kill()
        await service.ready()
    await call.until_quiet(0.3, within=20)
    call.send_tone(TONE)
    await asyncio.sleep(SPEAKS / 2)
    if part in ("recording", "hung up meanwhile"):
        service.kill()
    await asyncio.sleep(SPEAKS / 2)
    call.stop_sending()
    if part == "hung up meanwhile":
        service.kill()
        await call.hang_up()
        await service.ready()
        return
    await service.ready()
    await call.press("#")
    if part == "end key":
        service.kill()  # it may be judging it just now
        await service.ready()
    await _is_said(h, place, "review_message")
    if part == "review":
        service.kill()
        await service.ready()
    await asyncio.sleep(1)
    await call.press("1")
    if part == "last key":
        service.kill()  # it may be keeping it just now
        await service.ready()
        with suppress(TimeoutError):
            await _is_said(h, place, "message_saved", within=5)
        if not call.over.done():
            await call.press("1")  # it had died before that, and asks again
    await _is_said(h, place, "message_saved")
    if part == "saved":
        service.kill()
    await asyncio.wait([call.over], timeout=30)
    assert call.over.done()


async def _is_said(h, place, prompt, within=30):
    """Wait until it has been said to this caller; it may be over by now."""
    async with asyncio.timeout(within):
        while prompt not in [
            fact.data["prompt"] for fact in h.truth.facts("Said", call=place.call)
        ]:
            await asyncio.sleep(0.05)
