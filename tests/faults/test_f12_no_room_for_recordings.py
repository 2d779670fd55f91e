"""F12: the disk of recordings is full, or fills up while somebody speaks.

Asterisk ends such a recording as if the caller had fallen silent, so what counts is
what callers hear and what lies in the mailbox. Needs a file system of its own.
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


@contextmanager
def small_disk(folder):
    """*folder* is a file system of its own, with little room."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={LITTLE},mode=777", "tmpfs"]
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
            apologies += await _leaves_a_message(phones, follow.of(caller), caller)
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


async def _leaves_a_message(phones, place, caller):
    """Call, speak and wait; whether an apology was heard in the end."""
    call = await phones.call(DIALLED, caller=caller, keep=0)
    assert await place.changes(lambda: place.step == "language", False, 20)
    await call.press("4")
    assert await place.changes(lambda: place.step == "leave_message", False, 20)
    call.send_tone(TONE)
    heard = await place.changes(lambda: place.said == APOLOGY, False, 60)
    await call.hang_up()
    return heard
