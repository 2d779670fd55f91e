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
from ivrflow.flow.bookmark.model import SCHEMA, Bookmark
from ivrflow.flow.calling_back import CallingBack
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.wish import Wish, WishState
from ivrflow.sim import clock
from ivrflow.sim.scripted import Person, ScriptedChannel
from ivrflow.telephony.channel import Unreached
from tests.calls.dying import Process
from tests.calls.lives import TICK
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


def called_back(site_, *deaths, people=PEOPLE, dies_at=None):
    """One wish, until its customer has hung up; each of *deaths* ends a process, or the
    act *dies_at* outside the first one."""

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
            ends = [(death, None) for death in deaths]
            if dies_at is not None:
                ends.append((None, dies_at))
            for death, at_act in (*ends, (None, None)):
                await lives.live(death, dies_at=at_act)
                lives.moments = lives.moments or lives.process.moments
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


def test_a_customer_goes_on_in_the_version_that_he_began_with(here, tmp_path):
    newer_one = site(tmp_path)
    asked = []

    async def version(name):
        asked.append(name)
        return here, lives.houses[0].world

    async def main():
        nonlocal lives
        lives = Lives(here, None, dict(PEOPLE), ("1",))
        lives._house(Process())
        customer = ScriptedChannel(id="customer", hangs_up_at=5.0)
        bookmark = Bookmark(
            schema=SCHEMA,
            call="callback",
            channel="customer",
            kind="callback",
            name="callback desk",
            version=here.version,
            number=0,
            at=EPOCH.timestamp(),
            began=EPOCH.timestamp(),
            started=EPOCH.isoformat(),
            marks={"wish": ["asked", "desk"]},
        )
        back = CallingBack(
            lives.callbacks,
            lambda: (newer_one, lives.houses[0].world),
            LiveCalls(),
            version=version,
        )
        async with beside(lives.houses[0].desk.run()):
            await back.resume(customer, bookmark)
        await asyncio.sleep(1)

    lives = None
    clock.run(main())
    assert asked == [here.version]
    [ended] = lives.of(CallEnded)
    assert (ended.by, ended.call) == ("caller", "callback")


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


@pytest.mark.parametrize("written_after", [0.0, TICK])
def test_a_callback_is_told_once_at_whatever_act_the_service_dies(
    here, written_after, monkeypatch
):
    monkeypatch.setattr("tests.calls.lives.TICK", written_after)
    left_alone = called_back(here)
    moments = left_alone.process.moments
    kept = moments.index("after callbacks.end")
    for act in range(1, kept + 12):
        where = (act, moments[act - 1])
        must_be_kept_once(called_back(here, dies_at=act), where)


BUSY = {**PEOPLE, OUTSIDE: Person(refuses=Unreached.BUSY)}


@pytest.mark.parametrize("written_after", [0.0, TICK])
def test_who_is_not_reached_is_tried_once_at_whatever_act_the_service_dies(
    here, written_after, monkeypatch
):
    """Or told of once at least: nobody knows how a try went that died untold."""
    monkeypatch.setattr("tests.calls.lives.TICK", written_after)
    left_alone = called_back(here, people=BUSY)
    paused = left_alone.process.moments.index("after callbacks.pause")
    for act in range(1, paused + 6):
        lives = called_back(here, people=BUSY, dies_at=act)
        where = (act, left_alone.process.moments[act - 1])
        must_be_in_order(lives, where)
        [wish] = lives.callbacks.asked.values()
        assert wish.tries == 1, where
        assert len(lives.of(CallbackTried)) <= 1, where
