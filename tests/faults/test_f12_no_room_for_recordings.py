"""F12: the disk of recordings, or that of the store, is full or fills up.

Asterisk ends a recording without room as if the caller had fallen silent, so what
counts is what callers hear and what lies in the mailbox. Where the store is full,
nobody is asked to speak; what was recorded when it filled up waits in Asterisk, and is
taken in when there is room. Needs file systems of their own.
"""

import asyncio
import subprocess
from contextlib import AsyncExitStack, contextmanager, suppress

import pytest
from faults_rig.callers import DIALLED
from faults_rig.follow import Follow
from faults_rig.house import house

from ivrflow.sim.phone import Phones

LITTLE = 64 * 1024
"""Bytes: four seconds of sound."""
TONE = 440
APOLOGY = "system_trouble"
"""What the sample says on its way for errors."""
FULL = "mailbox_full"
SPEAKS = 8.0
"""Seconds, from the greeting on."""
IN_SPOOL = "select count(*) from sounds where recorded <> ''"


@contextmanager
def small_disk(folder, room=LITTLE):
    """*folder* is a file system of its own, with little room."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={room},mode=777", "tmpfs"]
    try:
        done = subprocess.run([*mount, str(folder)], capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"no file system of its own: {error}")
    if done.returncode:
        pytest.skip(f"no file system of its own: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder):
    with suppress(OSError), (folder / "all").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))


async def test_a_message_without_room_is_apologised_for_and_not_delivered(
    tmp_path, figures
):
    async with AsyncExitStack() as stack:
        h = await stack.enter_async_context(house(tmp_path))
        stack.enter_context(small_disk(h.running.recordings_dir))
        service = await stack.enter_async_context(h.service())
        await service.ready()
        phones = await stack.enter_async_context(Phones(sip=h.sip))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        follow = Follow(h.truth)
        reader = group.create_task(follow.run())
        apologies = 0
        for caller, fills in (("13800000121", True), ("13800000122", False)):
            # The first one's message fills the disk, the second one finds it full.
            if not fills:
                fill(h.running.recordings_dir)
            place = follow.of(caller)
            apologies += await _leaves_a_message(phones, place, caller)
        reader.cancel()
        left = await h.left(within=10)
    states = [state for (state,) in h.truth.rows("select state from messages")]
    letters = h.truth.one("select count(*) from outbox")
    figures("F12", "messages without room, of 2", len(states))
    figures("F12", "apologies heard", apologies, "2")
    figures("F12", "half messages delivered", states.count("new") + letters, "0")

    assert apologies == 2
    assert states == ["dropped"] * 2
    assert letters == 0
    assert left == []


async def test_where_the_store_is_full_nobody_speaks_and_nothing_is_lost(
    tmp_path, figures
):
    async with AsyncExitStack() as stack:
        h = await stack.enter_async_context(house(tmp_path))
        stack.enter_context(small_disk(h.store, room=4 * LITTLE))
        h.store.chmod(0o700)
        service = await stack.enter_async_context(h.service())
        await service.ready()
        phones = await stack.enter_async_context(Phones(sip=h.sip))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        follow = Follow(h.truth)
        reader = group.create_task(follow.run())

        # It fills up while somebody speaks: he has been asked, so he is heard.
        speaks = follow.of("13800000123")
        call = await phones.call(DIALLED, caller="13800000123", keep=0)
        await _is_asked_to_speak(call, speaks)
        fill(h.store)
        call.send_tone(TONE)
        await asyncio.sleep(SPEAKS)
        await call.hang_up()
        async with asyncio.timeout(30):
            while h.truth.one("select count(*) from messages where state='new'") < 1:
                await asyncio.sleep(0.1)
        waits = h.truth.one(IN_SPOOL)

        # A look of the next process finds it full.
        service.kill()
        await service.ready()
        async with asyncio.timeout(30):
            while (await service.ask("GET", "/api/health"))["sounds"]["room_used"] < 1:
                await asyncio.sleep(0.1)
        late = follow.of("13800000124")
        call = await phones.call(DIALLED, caller="13800000124", keep=0)
        await _is_asked_to_speak(call, late)
        assert await late.changes(lambda: bool(late.ended), False, 60)
        said = {fact.data["prompt"] for fact in h.truth.facts("Said", call=late.call)}
        refused = FULL in said

        (h.store / "all").unlink()
        async with asyncio.timeout(60):
            while h.truth.one(IN_SPOOL):
                await asyncio.sleep(0.2)
        reader.cancel()
        left = await h.left(within=10)
    states = [state for (state,) in h.truth.rows("select state from messages")]
    places = [place for (place,) in h.truth.rows("select place from sounds")]
    figures("F12", "messages recorded as the store filled up", waits, "1")
    figures("F12", "of them in the store when it has room", places.count("store"), "1")
    figures("F12", "told that the mailbox is full", int(refused), "1")

    assert waits == 1
    assert refused
    assert (states, places) == (["new"], ["store"])
    assert left == []


async def _leaves_a_message(phones, place, caller):
    """Call, speak and wait; whether an apology was heard in the end."""
    call = await phones.call(DIALLED, caller=caller, keep=0)
    await _is_asked_to_speak(call, place)
    call.send_tone(TONE)
    heard = await place.changes(lambda: place.said == APOLOGY, False, 60)
    await call.hang_up()
    return heard


async def _is_asked_to_speak(call, place):
    """Choose what leads to the mailbox."""
    assert await place.changes(lambda: place.step == "language", False, 20)
    await call.press("4")
    assert await place.changes(lambda: place.step == "leave_message", False, 20)
