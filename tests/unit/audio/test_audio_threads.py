"""What blocks on a disk: in few threads, and only so many wait for them."""

import asyncio
import contextlib
import threading

import pytest

from ivrflow.audio.threads import Threads
from ivrflow.flow.world.trouble import Trouble


@pytest.fixture
def gate():
    """Works wait for it; open at the end, or no thread would ever end."""
    gate = threading.Event()
    yield gate
    gate.set()


async def test_a_work_gives_what_it_returns_or_raises():
    with contextlib.closing(Threads()) as threads:
        assert await threads.do(lambda: 1 + 1) == 2
        with pytest.raises(ZeroDivisionError):
            await threads.do(lambda: 1 // 0)


async def test_who_comes_on_top_of_those_that_wait_is_told_at_once(gate):
    with contextlib.closing(Threads(workers=1, waiting=1)) as threads:
        async with asyncio.TaskGroup() as group:
            one = group.create_task(threads.do(gate.wait))
            two = group.create_task(threads.do(gate.wait))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            with pytest.raises(Trouble, match="look at how busy that disk is"):
                await threads.do(gate.wait)
            gate.set()
        assert one.result()
        assert two.result()


async def test_nobody_waits_for_ever(gate):
    with contextlib.closing(Threads(workers=1, longest=0.01)) as threads:
        async with asyncio.TaskGroup() as group:
            group.create_task(threads.do(gate.wait))
            await asyncio.sleep(0)
            with pytest.raises(Trouble):
                await threads.do(gate.wait)
            gate.set()


async def test_a_thread_is_free_when_it_has_ended_not_when_nobody_waits_any_more(gate):
    with contextlib.closing(Threads(workers=1, longest=0.01)) as threads:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await threads.do(gate.wait)
        with pytest.raises(Trouble):
            await threads.do(gate.wait)
        gate.set()
        async with asyncio.timeout(5):
            while True:
                with contextlib.suppress(Trouble):
                    assert await threads.do(lambda: "free") == "free"
                    break


async def test_nobody_waits_for_ever_for_a_disk_that_hangs(gate):
    with contextlib.closing(Threads(workers=1, longest=0.01)) as threads:
        with pytest.raises(Trouble, match=r"may be done or not; look at that disk"):
            await threads.do(gate.wait, within=0.01)
        with pytest.raises(Trouble, match="too many wait"):  # its thread is not free
            await threads.do(gate.wait)
        gate.set()
