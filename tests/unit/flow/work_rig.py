"""An office whose agents deal with messages, on virtual time."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import msgspec

from ivrflow.acd.model import ANYONE
from ivrflow.aio import beside
from ivrflow.flow.working.item import NewWork
from ivrflow.flow.working.messages import MessagesAsWork
from ivrflow.flow.world import NewMessage
from ivrflow.flow.world.sounds import recorded_as
from ivrflow.sim.memory import MemoryWork
from ivrflow.sim.memory.boxes import MemoryBoxes
from ivrflow.sim.memory.sounds import MemoryAudio
from ivrflow.sim.scripted import Person
from tests.unit.flow.callback_rig import Office
from tests.unit.flow.one_call import EPOCH

CUSTOMER = "13811112222"

MAILBOXES = """
box:
  number: "800"
  heard_by: [supervisor]
  work: {queue: desk, within: 1h, urgent: 10m}
"""


class WorkOffice(Office):
    """As `Office`; its agents stay on the phone until they hang up."""

    def __init__(self, folder, *, agents=1, mailboxes=MAILBOXES, **more):
        super().__init__(folder, agents=agents, mailboxes=mailboxes, **more)
        self.people.update(
            {f"PJSIP/{n}": Person(2, None) for n in range(1, agents + 1)}
        )
        self.messages = self.world.messages
        self.work = MemoryWork(self.messages)
        self.boxes = MemoryBoxes(self.messages, self.world.clock)
        self.audio = MemoryAudio()
        self.world = replace(
            self.world, work=self.work, boxes=self.boxes, audio=self.audio
        )
        self.as_work = MessagesAsWork(
            self.work, lambda: (self.site, self.world), self.live
        )

    @asynccontextmanager
    async def open(self, **world):
        async with super().open(**world), beside(self.as_work.run()):
            yield self

    async def left(self, message="m1", *, seconds=10.0, within=3600.0, **more):
        """Somebody leaves a message, now, that is work for the desk."""
        now = asyncio.get_running_loop().time()
        urgent, need = more.pop("urgent", False), more.pop("need", ANYONE)
        queue = more.pop("queue", "desk")
        more = {"caller": CUSTOMER, "call": f"of {message}", **more}
        at = EPOCH + timedelta(seconds=now)
        sound = sha256(message.encode()).hexdigest()[:32]
        new = NewMessage(message=message, sound=sound, mailbox="box", at=at, **more)
        self.audio.recorded[recorded_as(sound)] = seconds
        await self.messages.begin([new], most={})
        promised = at.timestamp() + within
        work = NewWork(queue=queue, promised=promised, need=need)
        await self.messages.keep(
            sound, seconds=seconds, urgent=urgent, work={message: work}
        )
        self.work.news.set()

    def change(self, number, **more):
        """Before it opens: let the board have this agent otherwise."""
        agent = self.board._agents[number]
        self.board._agents[number] = msgspec.structs.replace(agent, **more)

    def phone(self, number=1):
        """The leg at that agent's phone; None: there is none."""
        return self.switch.leg_at(f"PJSIP/{number}")

    async def answered(self, number=1, look_every=0.1):
        """Wait until that agent has answered; the leg."""
        while (leg := self.phone(number)) is None:
            await asyncio.sleep(look_every)
        return leg

    def heard(self, leg):
        """What has come out of that phone: prompts, and messages in brackets."""
        return [said.prompt or said.words for _, said in leg.heard]

    def what(self, message="m1"):
        """The state of a message's work, in a word."""
        return self.work.all[message].state.value
