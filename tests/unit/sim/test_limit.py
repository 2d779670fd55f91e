"""A talk that goes in a circle in which no time passes is ended all the same."""

import asyncio
import signal

import pytest

from ivrflow.sim import clock
from ivrflow.sim.rehearsal.limit import TooSlow, real_time_limit


async def in_a_circle():
    while True:
        await asyncio.sleep(0)


def circle_that_is_stuck_in_the_end():
    try:
        while True:
            pass
    finally:
        raise clock.Stuck("every task waits")


def test_what_takes_too_long_is_ended():
    with pytest.raises(TooSlow, match=r"longer than 0\.1 s"), real_time_limit(0.1):
        clock.run(in_a_circle())


def test_what_fails_as_it_cleans_up_has_taken_too_long_all_the_same():
    with pytest.raises(TooSlow, match="longer"), real_time_limit(0.05):
        circle_that_is_stuck_in_the_end()


def test_what_fails_in_time_fails_as_it_is():
    with pytest.raises(clock.Stuck), real_time_limit(60):
        raise clock.Stuck("every task waits")


def test_what_is_quick_is_left_alone_and_nothing_rings_afterwards():
    before = signal.getsignal(signal.SIGALRM)
    with real_time_limit(60):
        clock.run(asyncio.sleep(3600))

    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
