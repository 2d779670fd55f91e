"""What becomes of a promise is told once, also when its table or we are away."""

import asyncio
from dataclasses import replace

from ivrflow.facts import CallbackEnded, CallbackTried, TalkEnded
from ivrflow.flow.wish import WishState
from ivrflow.flow.wish_ends import Untold
from ivrflow.flow.world import Trouble
from ivrflow.sim.memory import MemoryCallbacks
from ivrflow.sim.scripted import Person
from tests.unit.flow.callback_rig import Office, at, play

CUSTOMER = "13811112222"


class AwayOverTheAnswer(MemoryCallbacks):
    """Wishes whose table is away from the answer of the customer on, for a minute."""

    def __init__(self):
        super().__init__()
        self.back_at = None

    async def end(self, wish, state, now, *, by=""):
        loop = asyncio.get_running_loop()
        if self.back_at is None:
            self.back_at = loop.time() + 60
        if loop.time() < self.back_at:
            raise Trouble("the disk is gone")
        return await super().end(wish, state, now, by=by)


def test_who_was_reached_talks_though_that_cannot_be_noted_and_is_not_called_again(
    tmp_path,
):
    async def scene():
        office = Office(tmp_path, callbacks=AwayOverTheAnswer())
        office.people[at(CUSTOMER)] = Person(1, 20)
        async with office.open():
            await office.wish(CUSTOMER)
            await asyncio.sleep(900)
        return office

    office = play(scene)
    assert len(office.rang(at(CUSTOMER))) == 1
    [talk] = office.of(TalkEnded)
    assert talk.seconds > 20
    assert [f.how for f in office.of(CallbackEnded)] == ["kept"]
    assert [(f.how, f.agent) for f in office.of(CallbackTried)] == [("talked", "1")]


class EndedBefore(MemoryCallbacks):
    """Wishes of which some ended when the last service died: no fact tells of it."""

    async def untold(self, before):
        [wish] = self.asked.values()
        kept = replace(wish, state=WishState.KEPT, tried=wish.asked)
        assert before == 0.0
        return [Untold(kept, wish.asked + 1, "", frozenset())]


def test_what_the_last_service_has_ended_and_could_not_tell_is_told(tmp_path):
    async def scene():
        office = Office(tmp_path, callbacks=EndedBefore())
        wish = await office.wish(CUSTOMER)
        await office.callbacks.end(wish, WishState.KEPT, wish.asked)
        async with office.open():
            await asyncio.sleep(30)
        return office, wish

    office, wish = play(scene)
    [tried], [ended] = office.of(CallbackTried), office.of(CallbackEnded)
    assert (tried.how, ended.how, ended.in_time) == ("talked", "kept", True)
    assert tried.at == ended.at == wish.asked + 1
