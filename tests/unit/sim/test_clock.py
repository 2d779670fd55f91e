"""The loop in which waiting takes no time."""

import asyncio
import threading
import time

import pytest

from ivrflow.sim import clock


def test_clock_jumps_to_the_next_timer():
    async def wait():
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    began = time.perf_counter()

    assert clock.run(wait()) == 3600
    assert time.perf_counter() - began < 5


def test_nobody_who_could_ever_go_on_is_an_error():
    async def wait():
        await asyncio.get_running_loop().create_future()

    with pytest.raises(clock.Stuck):
        clock.run(wait())


def test_clock_stands_while_a_thread_works():
    async def work():
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(60))
            await asyncio.to_thread(time.sleep, 0.01)
            return loop.time()

    assert clock.run(work()) == 0


def test_clock_stands_while_somebody_outside_is_waited_for():
    async def wait():
        loop = asyncio.get_running_loop()
        said = loop.create_future()
        timer = threading.Timer(
            0.01, loop.call_soon_threadsafe, (said.set_result, "hello")
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(60))
            with loop.standing_still():
                timer.start()
                word = await said
            return word, loop.time()

    assert clock.run(wait()) == ("hello", 0)
