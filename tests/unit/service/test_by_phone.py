"""What phones do for agents goes to the desk; who is on a break is watched."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from ivrflow.acd.breaks import Taken
from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.model import Agent, Presence, QueueRules, Waiting
from ivrflow.aio import beside
from ivrflow.flow.site.queues import DailyLimit
from ivrflow.flow.source import NOWHERE, Scalar
from ivrflow.flow.world import AgentNow, Trouble
from ivrflow.service.breaks import BreakWatch
from ivrflow.service.by_phone import AgentsByPhone
from ivrflow.service.phones import PhoneWatch
from ivrflow.sim import clock
from ivrflow.sim.scripted import Person, ScriptedSwitch
from ivrflow.telephony.channel import Unreached

NINE = 1_767_229_200.0
"""2026-01-01, 9 o'clock in Shanghai."""


def now():
    return NINE + asyncio.get_running_loop().time()


class Pins:
    async def pin_hash(self, agent):
        return "hash" if agent == "1001" else None


class Past:
    """What the facts say of the day so far."""

    def __init__(self, taken=(), told=()):
        self.asked = []
        self._taken, self._told = taken, told

    async def taken(self, since, until):
        self.asked.append((since - NINE, until - NINE))
        if isinstance(self._taken, Exception):
            raise self._taken
        return self._taken

    async def told(self, since, until):
        return self._told


def site(**pauses):
    limits = {
        name: DailyLimit.read(Scalar(text, NOWHERE)) for name, text in pauses.items()
    }
    settings = SimpleNamespace(zone=ZoneInfo("Asia/Shanghai"))
    return SimpleNamespace(pauses=limits, settings=settings)


@asynccontextmanager
async def house(*agents, past=None, **pauses):
    """A desk, the watch over breaks and phones, and what phones may ask."""
    facts, board = [], MemoryBoard(agents)

    def note(fact):
        facts.append(fact)
        watch.hear(fact)
        phones.hear(fact)

    desk = Desk(
        board,
        {"q": QueueRules(name="q", wrap_up=10, dispose=True)},
        clock=now,
        note=note,
        new_id=iter("abcd").__next__,
    )
    live = site(**pauses)
    watch = BreakWatch(
        lambda: live, past or Past(), agents=board.agents, clock=now, note=note
    )
    phones = PhoneWatch(lambda: desk.agents, desk.phone)

    async def never():
        raise AssertionError("nobody is in another call")

    async with beside(desk.run(), watch.run(), phones.run(never)):
        await desk.until_loaded()
        by_phone = AgentsByPhone(Pins(), desk, watch.breaks, now)

        async def served(caller, switch):
            async with desk.line(caller) as place, place.agent(switch) as talk:
                phones.changed("PJSIP/1001", "INUSE")  # that is our own leg
                return talk.waited

        yield SimpleNamespace(
            agents=by_phone, desk=desk, facts=facts, phones=phones, served=served
        )


def ann(**more):
    return Agent(number="1001", endpoint="PJSIP/1001", queues=frozenset({"q"}), **more)


def live_through(story):
    return clock.run(story())


def test_a_day_of_an_agent_by_phone():
    async def story():
        async with house(ann()) as at:
            agents, seen = at.agents, []
            seen.append((agents.at("PJSIP/1001"), agents.now("1001")))
            await agents.sign_in("1001", endpoint="PJSIP/7")
            seen.append((agents.at("PJSIP/7"), agents.now("1001").signed_in))
            await agents.set_ready("1001", True, reason="")
            caller = Waiting(call="c", queue="q", joined=now())
            switch = ScriptedSwitch({"PJSIP/7": Person(answers_after=0)})
            async with at.desk.line(caller) as place, place.agent(switch):
                seen.append(agents.now("1001"))
            seen.append(agents.now("1001"))
            seen.append(await agents.longer_wrap_up("1001", 60))
            with pytest.raises(Trouble, match="must first say"):
                await agents.set_ready("1001", True, reason="")
            with pytest.raises(Trouble):
                await agents.end_wrap_up("1001")
            seen.append(await agents.dispose("1001", "solved"))
            seen.append(await agents.longer_wrap_up("1001", 60))
            seen.append(round(at.desk.agents["1001"].free_at - now()))
            seen.append(await agents.end_wrap_up("1001"))
            seen.append(await agents.end_wrap_up("1001"))
            await agents.set_ready("1001", False, reason="lunch")
            await agents.sign_out("1001")
            seen.append(agents.at("PJSIP/7"))
            return seen, at.facts

    seen, facts = live_through(story)

    assert seen == [
        ("", AgentNow()),
        ("1001", True),
        AgentNow(signed_in=True, serving=True),
        AgentNow(signed_in=True, wrap_up=True, owes=True),
        True,
        True,
        True,
        70,
        True,
        False,
        "",
    ]
    assert {f.by for f in facts if f.kind == "AgentChanged"} == {"1001", "service"}


def test_who_is_not_there_is_trouble_and_has_nothing():
    async def story():
        async with house(ann()) as at:
            assert await at.agents.pin_hash("1001") == "hash"
            assert await at.agents.pin_hash("7") is None
            assert at.agents.now("7") == AgentNow()
            assert not await at.agents.dispose("1001", "solved")
            with pytest.raises(Trouble, match="no agent '7'"):
                await at.agents.sign_out("7")

    live_through(story)


def told(facts):
    return [
        (f.at - NINE, f.kind, f.agent)
        for f in facts
        if f.kind in ("AlarmRaised", "AlarmCleared")
    ]


def test_a_break_over_its_time_is_an_alarm_and_the_phone_can_say_so():
    async def story():
        async with house(ann(), lunch="60m") as at:
            await at.agents.set_ready("1001", False, reason="lunch")
            await asyncio.sleep(3599)
            before = at.agents.used_up("1001", "lunch")
            await asyncio.sleep(2)
            after = at.agents.used_up("1001", "lunch")
            await asyncio.sleep(99)
            await at.agents.set_ready("1001", True, reason="")
            return before, after, at.facts

    before, after, facts = live_through(story)

    assert (before, after) == (False, True)
    assert told(facts) == [
        (3600, "AlarmRaised", "1001"),
        (3700, "AlarmCleared", "1001"),
    ]


def test_what_was_taken_before_a_restart_counts_and_no_alarm_comes_twice():
    away = ann(presence=Presence.NOT_READY, reason="lunch", presence_since=NINE - 1000)
    bob = Agent(number="1002", endpoint="PJSIP/1002")
    past = Past(
        [Taken("1002", "lunch", NINE - 4000, NINE - 500)], [("1001", NINE - 100)]
    )

    async def story():
        async with house(away, bob, past=past, lunch="60m") as at:
            await asyncio.sleep(1)
            await at.agents.set_ready("1002", False, reason="lunch")
            await asyncio.sleep(3000)
            await at.agents.set_ready("1001", True, reason="")
            return at.facts

    facts = live_through(story)

    assert past.asked == [(-9 * 3600, 0)]
    assert told(facts) == [
        (101, "AlarmRaised", "1002"),
        (3001, "AlarmCleared", "1001"),
    ]


@pytest.mark.parametrize("error", [Trouble("away"), BoardAway("away")])
def test_a_past_that_cannot_be_read_is_told_and_forgotten(error, caplog):
    async def story():
        async with house(ann(), past=Past(error), lunch="1m") as at:
            await at.agents.set_ready("1001", False, reason="lunch")
            await asyncio.sleep(61)
            return at.facts

    assert told(live_through(story)) == [(60, "AlarmRaised", "1001")]
    assert "pauses of earlier today do not count" in caplog.text


def test_a_phone_that_is_in_use_while_its_agent_is_idle_keeps_calls_away():
    async def story():
        async with house(ann()) as at:
            await at.agents.set_ready("1001", True, reason="")
            at.phones.changed("PJSIP/1001", "INUSE")
            caller = Waiting(call="c", queue="q", joined=now())
            switch = ScriptedSwitch({"PJSIP/1001": Person(answers_after=0)})
            loop = asyncio.get_running_loop()
            loop.call_later(30, at.phones.changed, "PJSIP/1001", "NOT_INUSE")
            waited = await at.served(caller, switch)
            at.phones.changed("PJSIP/1001", "NOT_INUSE")
            await asyncio.sleep(5)
            return waited, at.facts

    waited, facts = live_through(story)

    assert waited == 30
    assert [f.busy for f in facts if f.kind == "PhoneChanged"] == [True, False]


def test_news_of_our_own_leg_that_come_late_are_no_other_call():
    async def story():
        async with house(ann()) as at:
            await at.agents.set_ready("1001", True, reason="")
            caller = Waiting(call="c", queue="q", joined=now())
            switch = ScriptedSwitch({"PJSIP/1001": Person(refuses=Unreached.REJECTED)})
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(at.served(caller, switch), 0.5)
            at.phones.changed("PJSIP/1001", "RINGING")
            await asyncio.sleep(0.1)
            at.phones.changed("PJSIP/1001", "NOT_INUSE")
            await asyncio.sleep(5)
            return at.facts

    assert [f.kind for f in live_through(story) if f.kind == "PhoneChanged"] == []
