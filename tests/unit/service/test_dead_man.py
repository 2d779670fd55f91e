"""The dead-man's timer of calls, on virtual time."""

import asyncio
import itertools
import logging
from contextlib import asynccontextmanager

from ivrflow.aio import beside
from ivrflow.asterisk.ami.client import TIME_LIMIT, AmiAway, AmiRefused
from ivrflow.asterisk.ari.callers import Callers
from ivrflow.asterisk.ari.errors import AriAway
from ivrflow.service.dead_man import DeadMan, Standing
from ivrflow.sim.clock import run


class Pbx:
    """What Asterisk's channels would know: each variable with the time it was set."""

    def __init__(self):
        self.ready = True
        self.refuses = False
        self.told = []
        self.taken_off = []
        self.fails = []
        """What the next tries to take a limit off raise."""
        self.lost = set()

    async def set_variable(self, channel, variable, value):
        if not self.ready:
            raise AmiAway("it is away")
        if self.refuses:
            raise AmiRefused("it may not")
        await asyncio.sleep(0.001)
        self.told.append((asyncio.get_running_loop().time(), channel, variable, value))
        return True

    async def take_off(self, channel):
        if self.fails:
            raise self.fails.pop()
        self.taken_off.append(channel)

    async def has_for_us(self, channel):
        return channel not in self.lost

    def limits(self, channel):
        return [
            (round(at), value)
            for at, one, variable, value in self.told
            if one == channel and variable == TIME_LIMIT
        ]

    def values(self, variable):
        return [value for _, _, one, value in self.told if one == variable]


class Floor:
    def __init__(self, ami=True):
        self.pbx = Pbx()
        self.callers = Callers()
        self.standing = {}
        self.dead_man = DeadMan(
            self.pbx if ami else None,
            self.callers,
            lambda id: self.standing.get(id, Standing()),
            take_off=self.pbx.take_off,
            is_ours=self.pbx.has_for_us,
        )


@asynccontextmanager
async def watching(**how):
    floor = Floor(**how)
    async with beside(floor.dead_man.run()):
        yield floor


def test_caller_gets_a_limit_at_once_and_a_new_one_every_ten_seconds():
    async def story():
        async with watching() as floor:
            floor.callers.came("c")
            await asyncio.sleep(0.01)
            assert floor.pbx.limits("c") == [(0, "45")]
            await asyncio.sleep(35)
        return floor.pbx.limits("c")

    moved = run(story())
    assert [value for _, value in moved] == ["45"] * 4
    gaps = [b - a for (a, _), (b, _) in itertools.pairwise(moved)]
    assert all(10 <= gap <= 11 for gap in gaps)


def test_two_who_talk_have_no_limit_and_one_who_is_left_alone_has_one_again():
    async def story():
        async with watching() as floor:
            floor.callers.came("c")
            await asyncio.sleep(1)
            with floor.callers.inside("b", "c", "agent"):
                await asyncio.sleep(0.01)
                assert floor.pbx.limits("c")[-1] == (1, "0")
                await asyncio.sleep(30)
                assert {v for at, v in floor.pbx.limits("c") if at > 1} == {"0"}
                assert "agent" not in {channel for _, channel, *_ in floor.pbx.told}
            await asyncio.sleep(0.01)
            assert floor.pbx.limits("c")[-1] == (31, "45")

    run(story())


def test_one_alone_in_a_conference_is_watched_over_until_a_second_one_comes():
    async def story():
        async with watching() as floor:
            for caller in "ab":
                floor.callers.came(caller)
            with floor.callers.inside("room", "a"):
                await asyncio.sleep(0.1)
                assert floor.pbx.limits("a")[-1][1] == "45"
                with floor.callers.inside("room", "b"):
                    await asyncio.sleep(0.1)
                    assert floor.pbx.limits("a")[-1][1] == "0"
                await asyncio.sleep(0.1)
                assert floor.pbx.limits("a")[-1][1] == "45"

    run(story())


def test_asterisk_knows_who_stands_in_line_and_in_which_language_he_is_spoken_to():
    async def story():
        async with watching() as floor:
            floor.callers.came("c")
            await asyncio.sleep(1)
            floor.standing["c"] = Standing(in_line=True, language="zh-CN")
            await asyncio.sleep(1)
            floor.standing["c"] = Standing(in_line=False, language="zh-CN")
            await asyncio.sleep(20)
        assert floor.pbx.values("IVRFLOW_LINE") == ["1", "0"]
        assert floor.pbx.values("IVRFLOW_LANGUAGE") == ["zh-CN"]

    run(story())


def test_who_stands_otherwise_at_once_has_his_limit_moved_only_once():
    async def story():
        async with watching() as floor:
            floor.callers.came("c")
            await asyncio.sleep(1)
            floor.standing["c"] = Standing(in_line=True)
            await asyncio.sleep(20)
        return floor.pbx.limits("c")

    first, second, *_ = run(story())
    assert first == (0, "45")
    assert 10 <= second[0] <= 11


def test_what_a_process_before_us_had_told_is_not_told_again():
    async def story():
        async with watching() as floor:
            floor.standing["c"] = None  # his call is not taken over yet
            floor.callers.came("c", {"IVRFLOW_LINE": "1", "IVRFLOW_LANGUAGE": "en"})
            await asyncio.sleep(1)
            floor.standing["c"] = Standing(in_line=True, language="en")
            await asyncio.sleep(1)
            assert [one for _, _, one, _ in floor.pbx.told] == [TIME_LIMIT]
            floor.standing["c"] = Standing(in_line=False, language="en")
            await asyncio.sleep(1)
        assert floor.pbx.values("IVRFLOW_LINE") == ["0"]

    run(story())


def test_the_dialplan_counts_anew_for_one_who_came_back_into_his_line():
    async def story():
        async with watching() as floor:
            floor.callers.came("c", {"IVRFLOW_LINE": "3", "IVRFLOW_LANGUAGE": ""})
            floor.standing["c"] = Standing(in_line=True)
            await asyncio.sleep(1)
        assert floor.pbx.values("IVRFLOW_LINE") == ["1"]

    run(story())


def test_without_ami_the_limit_of_the_dialplan_is_taken_off():
    async def story():
        async with watching(ami=False) as floor:
            floor.callers.came("c")
            await asyncio.sleep(60)
        assert floor.pbx.taken_off == ["c"]

    run(story())


def test_limits_are_taken_off_while_ami_is_away_and_come_back_with_it(caplog):
    async def story():
        async with watching() as floor:
            floor.callers.came("c")
            await asyncio.sleep(1)
            floor.pbx.ready = False
            await asyncio.sleep(4)
            assert floor.pbx.taken_off == []  # it may be back at once
            await asyncio.sleep(20)
            assert floor.pbx.taken_off == ["c"]
            floor.pbx.ready = True
            await asyncio.sleep(5)
            assert floor.pbx.limits("c")[-1][1] == "45"

    run(story())


def test_a_limit_that_could_not_be_taken_off_is_taken_off_later():
    async def story(ami):
        async with watching(ami=ami) as floor:
            floor.callers.came("c")
            floor.pbx.fails = [AriAway("it is away")]
            floor.pbx.ready = False
            await asyncio.sleep(30)
        return floor.pbx.taken_off

    assert [run(story(ami)) for ami in (True, False)] == [["c"], ["c"]]


def test_it_works_again_only_when_something_was_asked(caplog):
    async def story():
        async with watching() as floor:
            floor.callers.came("c")
            await asyncio.sleep(11)
            assert len(floor.pbx.limits("c")) == 2
            floor.pbx.refuses = True
            floor.standing["c"] = Standing(in_line=True)
            await asyncio.sleep(1)
            floor.standing["c"] = Standing()
            await asyncio.sleep(1)
            assert "works again" not in caplog.text
            floor.pbx.refuses = False
            await asyncio.sleep(20)
            assert "works again" in caplog.text

    with caplog.at_level(logging.INFO):
        run(story())


def test_manager_that_refuses_is_told_once_and_no_call_is_ended_by_it(caplog):
    async def story():
        async with watching() as floor:
            floor.pbx.refuses = True
            for number in range(50):
                floor.callers.came(f"c{number}")
            await asyncio.sleep(15)
            assert sorted(floor.pbx.taken_off) == sorted(
                f"c{number}" for number in range(50)
            ), "each once: it waits until the prompt that plays has ended"
            floor.pbx.refuses = False
            await asyncio.sleep(15)
            assert floor.pbx.limits("c7")[-1][1] == "45"

    with caplog.at_level(logging.INFO):
        run(story())
    told = [r.getMessage() for r in caplog.records if "dead-man" in r.getMessage()]
    assert len(told) == 2, "one when it fails, one when it works again"


def test_a_thousand_who_came_at_once_are_moved_a_hundred_a_second():
    async def story():
        async with watching() as floor:
            for number in range(1000):
                floor.callers.came(f"c{number}")
            await asyncio.sleep(40)
        each_second = [0] * 41
        for at, _, _, _ in floor.pbx.told:
            each_second[int(at)] += 1
        assert each_second[0] == 1000, "all get theirs at once"
        assert max(each_second[12:]) <= 200
        assert {len(floor.pbx.limits(f"c{number}")) for number in range(1000)} <= {3, 4}

    run(story())


def test_who_has_gone_is_forgotten():
    async def story():
        async with watching() as floor:
            floor.callers.came("c")
            await asyncio.sleep(1)
            floor.callers.went("c")
            await asyncio.sleep(30)
            assert len(floor.pbx.limits("c")) == 1
            assert not floor.dead_man._told

    run(story())


def test_two_who_talk_over_a_restart_never_get_a_limit():
    async def story():
        async with watching() as floor:
            left = {"c"}
            floor.callers.left_together = left.__contains__
            floor.callers.came("c")  # found by the new process
            await asyncio.sleep(0.5)
            with floor.callers.inside("b", "c", "agent"):
                left.clear()
                await asyncio.sleep(15)
            await asyncio.sleep(1)
        return [value for _, value in floor.pbx.limits("c")]

    assert run(story()) == ["0", "0", "45"]


def test_who_ran_out_of_time_while_it_was_frozen_is_left_to_the_dialplan():
    async def story():
        async with watching() as floor:
            floor.callers.came("rings the overflow number by now")
            floor.callers.came("was in a talk")
            with floor.callers.inside("b", "was in a talk", "agent"):
                await asyncio.sleep(1)
                freeze(60)
                floor.pbx.lost.add("rings the overflow number by now")
                frozen = len(floor.pbx.told)
                await asyncio.sleep(30)
        return {channel for _, channel, *_ in floor.pbx.told[frozen:]}

    assert run(story()) == {"was in a talk"}


def test_who_is_still_there_after_a_freeze_is_watched_over_again():
    async def story():
        async with watching() as floor:
            floor.callers.came("came back into line")
            await asyncio.sleep(1)
            freeze(60)
            await asyncio.sleep(30)
        return [value for _, value in floor.pbx.limits("came back into line")]

    assert run(story()) == ["45"] * 4


def freeze(seconds):
    """The process stands still; all that was due meanwhile is late."""
    asyncio.get_running_loop()._jumping.now += seconds
