"""A talk that goes in a circle in which no time passes is ended all the same."""

import asyncio
import signal

import pytest

from ivrflow.sim import clock
from ivrflow.sim.rehearsal.limit import TooSlow, real_time_limit


async def in_a_circle():
    while True:
        await asyncio.sleep(0)


def test_what_takes_too_long_is_ended():
    with pytest.raises(TooSlow, match=r"longer than 0\.1 s"), real_time_limit(0.1):
        clock.run(in_a_circle())


def test_what_is_quick_is_left_alone_and_nothing_rings_afterwards():
    before = signal.getsignal(signal.SIGALRM)
    with real_time_limit(60):
        clock.run(asyncio.sleep(3600))

    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
