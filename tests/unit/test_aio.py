import asyncio

import pytest

from ivrflow.aio import beside, by_itself, finish, several, supervise
from ivrflow.sim import clock


def test_finish_runs_to_its_end_although_it_is_cancelled_twice():
    done = []

    async def clean_up():
        await asyncio.sleep(1)
        done.append("clean")

    async def main():
        async with asyncio.TaskGroup() as group:
            task = group.create_task(finish(clean_up()))
            loop = asyncio.get_running_loop()
            loop.call_at(0.2, task.cancel)
            loop.call_at(0.4, task.cancel)
        return task.cancelled()

    assert clock.run(main()) is True
    assert done == ["clean"]


def test_finish_gives_the_result_and_raises_the_error():
    async def fails():
        raise ValueError("x")

    async def main():
        with pytest.raises(ValueError, match="x"):
            await finish(fails())
        return await finish(asyncio.sleep(1, result=7))

    assert clock.run(main()) == 7


def test_what_runs_beside_a_block_ends_with_it():
    async def main():
        async with beside(asyncio.sleep(100)):
            await asyncio.sleep(1)
        return asyncio.get_running_loop().time()

    assert clock.run(main()) == 1


def test_a_single_failure_beside_a_block_comes_out_as_itself():
    async def fails():
        raise LookupError("gone")

    async def main():
        async with beside(fails()):
            await asyncio.sleep(100)

    with pytest.raises(LookupError, match="gone"):
        clock.run(main())


def test_a_failure_of_the_block_itself_is_not_wrapped():
    async def main():
        async with beside(asyncio.sleep(100)):
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        clock.run(main())


def test_a_supervised_part_starts_again_with_growing_pauses(caplog):
    starts = []

    async def part():
        starts.append(asyncio.get_running_loop().time())
        if len(starts) == 2:
            return
        await asyncio.sleep(0.5)

    async def main():
        async with asyncio.timeout(3.5):
            await supervise("part", part)

    with pytest.raises(TimeoutError):
        clock.run(main())
    assert starts == [pytest.approx(t) for t in (0, 0.7, 1.1, 2.4)]
    assert "part ended; it starts again in 0.2 s" in caplog.text


def test_several_works_are_done_so_many_at_a_time():
    ended = []

    async def work(number):
        await asyncio.sleep(1)
        ended.append((number, asyncio.get_running_loop().time()))

    clock.run(several((work(number) for number in range(5)), at_once=2))
    assert ended == [(0, 1), (1, 1), (2, 2), (3, 2), (4, 3)]


def test_a_task_that_fails_by_itself_ends_no_other_one(caplog):
    done = []

    async def fails():
        raise LookupError("mine")

    async def lasts():
        await asyncio.sleep(1)
        done.append("all")

    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(by_itself("the one", fails))
            group.create_task(by_itself("the other", lasts))

    clock.run(main())
    assert done == ["all"]
    assert "the one: a fault of ours" in caplog.text
    caplog.clear()
