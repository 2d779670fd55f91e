"""The service dies at every moment of a callback that it makes: nobody is lost.

The customer is rung once, the wish is kept once, and the two who talk talk on.
"""

import asyncio
from contextlib import suppress

import pytest

from ivrflow.aio import beside
from ivrflow.facts import (
    CallbackEnded,
    CallbackTried,
    CallEnded,
    CallResumed,
    TalkEnded,
)
from ivrflow.flow.wish import Wish, WishState
from ivrflow.sim import clock
from ivrflow.sim.scripted import Person
from tests.calls.talk_lives import AWAY, Lives, must_be_in_order
from tests.calls.talk_rig import EPOCH, NUMBER, OUTSIDE, site

QUEUES = """
desk:
  title: Desk
  ring: 20s
  wrap_up: 0s
  callbacks: {tries: 2, pause: 5m, promise: 2h, greeting: you_have}
back: {title: Back office}
"""

PEOPLE = {
    "PJSIP/1": Person(answers_after=0.53, talks_for=None),
    OUTSIDE: Person(answers_after=1.03, talks_for=8.0),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return site(tmp_path_factory.mktemp("site"), queues=QUEUES)


def called_back(site_, *deaths, people=PEOPLE):
    """One wish, until its customer has hung up; each of *deaths* ends a process."""

    async def main():
        loop = asyncio.get_running_loop()
        lives = Lives(site_, None, dict(people), ("1",))
        began = EPOCH.timestamp()
        wish = Wish(
            call="asked",
            queue="desk",
            number=NUMBER,
            since=began - 60,
            asked=began - 30,
            promised=began + 7200,
        )
        await lives.callbacks.keep(wish, most=100, own=True)

        async def run():
            for death in (*deaths, None):
                await lives.live(death)
                await asyncio.sleep(AWAY)

        async with beside() as group:
            running = group.create_task(run())
            with suppress(TimeoutError):
                async with asyncio.timeout(60):
                    while not (lives.of(CallEnded) and loop.time() > 20):
                        await asyncio.sleep(0.1)
            lives.process.die()
            running.cancel()
        lives.left = (await lives.board.waiting(), await lives.board.offers())
        lives.agents = await lives.board.agents()
        return lives

    return clock.run(main())


def rings(lives, address):
    return [what for _, what in lives.switch.log].count(f"rings {address}")


def must_be_kept_once(lives, where):
    must_be_in_order(lives, where)
    [wish] = lives.callbacks.asked.values()
    assert (wish.state, wish.tries) == (WishState.KEPT, 1), where
    assert [fact.how for fact in lives.of(CallbackEnded)] == ["kept"], where
    assert [fact.how for fact in lives.of(CallbackTried)] == ["talked"], where
    assert len(lives.of(TalkEnded)) == 1, where
    assert rings(lives, OUTSIDE) == 1, where


def test_left_alone_the_customer_is_called_and_talks(here):
    lives = called_back(here)

    must_be_kept_once(lives, "undisturbed")
    assert lives.of(CallEnded)[0].by == "caller"


def test_a_death_at_any_moment_of_a_callback_costs_nobody_his_call(here):
    resumed = 0
    for tenth in range(1, 95):
        lives = called_back(here, tenth / 10)
        must_be_kept_once(lives, tenth / 10)
        resumed += len(lives.of(CallResumed))
    assert resumed > 20  # so often he had been reached already


def test_two_deaths_cost_nobody_his_call_either(here):
    for tenth in range(1, 60, 3):
        deaths = (tenth / 10, tenth / 10 + 2.1)
        must_be_kept_once(called_back(here, *deaths), deaths)
