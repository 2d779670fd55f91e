"""What an earlier life of the service has left, for tests of the desk that follows."""

import asyncio
from contextlib import AsyncExitStack

from ivrflow.acd.model import Offer, Waiting
from ivrflow.sim import clock
from ivrflow.sim.scripted import Person, ScriptedChannel
from tests.unit.acd.floor import EPOCH, RULES, Floor, agent

UP = Person(answers_after=3, talks_for=60)


def stood(call, joined=-100.0):
    return Waiting(call=call, queue="sales", joined=EPOCH + joined)


def offered(id, call, number, since=-5.0, **more):
    return Offer(
        id=id, call=call, queue="sales", agent=number, at=EPOCH + since, **more
    )


async def left(floor, *, waiting=(), ringing=(), talking=()):
    """Bring the board to where a service has left it that died at 0."""
    for call, joined in waiting:
        await floor.board.join(stood(call, joined))
    for offer in (*ringing, *talking):
        if offer.call not in [one.call for one in await floor.board.waiting()]:
            await floor.board.join(stood(offer.call))
        assert await floor.board.claim([offer])
    for offer in talking:
        await floor.board.connected(offer.id, at=EPOCH - 2)
        up(floor, offer.id, offer.agent)


def up(floor, id, number):
    """The agent has answered."""
    leg = floor.switch.legs[id] = ScriptedChannel(id=id, dialled=f"PJSIP/{number}")
    leg.gone.add_done_callback(lambda _: floor.switch._left(leg))


def on(story, *numbers, before, people=None, rules=RULES, clean=True, **adoption):
    """Tell *story* on a floor that begins where an earlier life has ended."""

    async def main():
        agents = [agent(number) for number in numbers]
        known = {f"PJSIP/{n}": UP for n in numbers} | (people or {})
        adoption.setdefault("adopts", True)
        floor = Floor(agents, known, rules=rules, **adoption)
        await before(floor)
        async with floor.open():
            await floor.desk.reload()
            result = await story(floor)
        if clean:
            await floor.must_be_clean()
        return result

    return clock.run(main())


def kinds(floor):
    return [f.kind for f in floor.facts if f.kind != "AgentChanged"]


def talk_on(floor, offer):
    """A caller's talk goes on, as the queue step does it: it has the leg already."""

    async def talk():
        leg = await floor.switch.leg(offer.id)
        held = AsyncExitStack()
        async with held:
            place = await held.enter_async_context(
                floor.desk.again(stood(offer.call), offer)
            )
            ways = {"waited": 95.0, "held": 4.0}
            await held.enter_async_context(
                place.talk_on(agent(offer.agent), leg, offer, **ways)
            )
            await asyncio.wait([leg.gone])

    return talk()


class Noted:
    """Facts of an earlier life: those that were written before it died."""

    def __init__(self, *facts, ended=(), unjoined=()):
        self.facts, self.ended, self.line = facts, ended, unjoined

    async def told(self, calls):
        return dict.fromkeys(self.facts, EPOCH - 1)

    async def untold(self):
        return self.ended

    async def unjoined(self, known):
        return [one for one in self.line if one.call not in known]
