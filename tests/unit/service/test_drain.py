"""Told to stop, the service leaves its calls where they are easily taken up."""

import asyncio
from types import SimpleNamespace

from ivrflow.facts import ServiceLeft
from ivrflow.flow.world import Trouble
from ivrflow.service.drain import AT_REST, Drain
from ivrflow.sim import clock


class Around:
    """What a drain acts upon, and what it did, with its times."""

    def __init__(self, *calls, stores=True, figures=None):
        self.story, self.facts, self.stores, self.figures = [], [], stores, figures
        self.up = list(calls)

    def drain_of(self):
        return Drain(
            door=SimpleNamespace(hold=lambda: self.tell("door")),
            desk=SimpleNamespace(hold=lambda: self.tell("desk"), written=self.durable),
            live=self,
            records=self,
            figures=self,
            clock=lambda: 100.0,
            note=self.facts.append,
        )

    def tell(self, what):
        self.story.append((what, round(asyncio.get_running_loop().time(), 1)))

    def __len__(self):
        return len(self.up)

    def calls(self):
        return self.up

    def drain(self):
        self.tell("no more steps")

    def in_the_middle(self):
        return sum(call.in_the_middle for call in self.up)

    async def durable(self, within):
        if not self.stores:
            await asyncio.sleep(within)
        return self.stores

    async def put_down(self):
        if self.figures is not None:
            raise self.figures
        self.tell("figures")


class Saying:
    """A call that says one thing after the other, so many seconds each."""

    def __init__(self, id, *seconds):
        self.id, self._seconds = id, seconds

    @property
    def steps(self):
        now, step = asyncio.get_running_loop().time(), 1
        for seconds in self._seconds:
            if now < seconds:
                break
            now -= seconds
            step += 1
        return step

    @property
    def in_the_middle(self):
        return asyncio.get_running_loop().time() < sum(self._seconds)


def left(around, longest=5.0):
    async def leave():
        count = await around.drain_of().leave(longest)
        return count, round(asyncio.get_running_loop().time(), 1)

    return clock.run(leave())


def test_where_nobody_hears_anything_it_is_over_at_once():
    around = Around(Saying("17.1"), Saying("17.2"))

    assert left(around) == (2, 0.0)
    assert [what for what, _ in around.story] == [
        "door",
        "desk",
        "no more steps",
        "figures",
    ]
    assert around.facts == [ServiceLeft(at=100.0, calls=2)]


def test_sentence_that_is_on_may_end_and_none_that_comes_after_it():
    around = Around(Saying("17.1", 2, 30), Saying("17.2", 1))

    assert left(around) == (2, 2 + AT_REST)
    assert ("no more steps", 2.0) in around.story


def test_it_never_takes_longer_than_it_may():
    assert left(Around(Saying("17.1", 60))) == (1, 5.0)
    assert left(Around(Saying("17.1", 60)), longest=0.0) == (1, 0.0)


def test_database_that_is_away_holds_it_up_for_a_moment_only(caplog):
    around = Around(stores=False, figures=Trouble("the disk is gone"))

    assert left(around) == (0, 1.0)
    assert "the disk is gone" in caplog.text
