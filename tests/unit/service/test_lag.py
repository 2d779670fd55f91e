"""How late the loop is, told by looks that are made up."""

import asyncio
import time

from ivrflow.service.lag import LoopLag


def looks(lag, *late, computed=0.0):
    now = 0.0
    for one in late:
        now += 0.1 + one
        lag.look(one, computed, now)


def test_the_last_minute_is_told():
    lag = LoopLag()
    looks(lag, *[0.01] * 99, 0.2)
    assert (lag.p99, lag.longest, lag.late) == (0.2, 0.2, 0)
    looks(lag, *[0.01] * 600)
    assert lag.longest == 0.01


def test_nothing_seen_is_no_lag():
    assert (LoopLag().p99, LoopLag().longest) == (0.0, 0.0)


def test_of_a_lateness_only_what_we_computed_is_ours():
    lag = LoopLag()
    looks(lag, 0.3, computed=0.05)
    looks(lag, 0.1, computed=0.4)
    assert (lag.longest, lag.longest_of_ours) == (0.3, 0.1)


def test_one_long_stop_is_told_and_is_no_heavy_work(caplog):
    lag = LoopLag()
    looks(lag, 0.01, 10.0, 0.01)
    assert not lag.heavy
    assert lag.late == 1
    [line] = caplog.messages
    assert line.startswith("the service stood still for 10.0 s, computing for 0.0 s")
    assert "was stopped" in line


def test_some_short_stops_in_a_row_are_no_heavy_work_yet():
    lag = LoopLag()
    looks(lag, 0.51, 0.51, 0.51)
    assert not lag.heavy
    looks(lag, 0.51)
    assert lag.heavy


def test_who_computes_is_told_so(caplog):
    looks(LoopLag(), 1.0, computed=0.9)
    assert "it was computing" in caplog.text


def test_a_loop_that_is_late_again_and_again_is_heavy_until_it_is_calm(caplog):
    lag = LoopLag()
    looks(lag, 0.7, 0.7)
    assert not lag.heavy
    looks(lag, 0.7)
    assert lag.heavy
    looks(lag, *[0.3, 0.1] * 10)
    assert lag.heavy
    looks(lag, *[0.1] * 10)
    assert not lag.heavy
    assert len(caplog.messages) == 1  # the others are counted


async def test_a_loop_that_is_held_up_is_seen():
    lag = LoopLag()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(lag.run())
        await asyncio.sleep(0.15)
        time.sleep(0.7)  # noqa: ASYNC251  # that is what is tested
        await asyncio.sleep(0.15)
        task.cancel()
    assert lag.longest > 0.5
    assert lag.late >= 1
