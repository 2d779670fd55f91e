"""What a step decides and the place to which that leads come to the disk together.

The writer may begin at any turn of the loop. If a decision stood in its queue without
its bookmark at one of them, a process that dies then would decide again.
"""

import asyncio
from datetime import timedelta
from itertools import count

import pytest

from ivrflow.facts import Decided
from ivrflow.flow.answer import answer
from ivrflow.flow.bookmark import Seal
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.world import World
from ivrflow.secret import Secret
from ivrflow.sim import clock
from ivrflow.sim.bookmarks import MemoryBookmarks
from ivrflow.sim.memory import (
    MemoryCallbacks,
    MemoryLockOuts,
    MemoryLookups,
    MemoryMessages,
    MemorySwitches,
    PlainVerifier,
)
from ivrflow.sim.scripted import ScriptedChannel
from tests.unit.flow.one_call import EPOCH, site

BYE = "  bye: {hangup: bye}\n"
SUB = """\
flow: other
steps:
  said: {say: hello}
  counted: {set: {x: 1}, then: return}
"""

WAYS = {
    "to its end": "steps:\n  one: {say: hello}\n  two: {set: {x: 1}}\n" + BYE,
    "off the last step": "steps:\n  one: {say: hello}\n",
    "straight to the end": "steps:\n  one: {say: hello, then: hangup}\n",
    "through another flow": "steps:\n  one: {call: other, then: bye}\n" + BYE,
}


class Disk(MemoryBookmarks):
    """Notes in which order things come to the writer, and what it would find."""

    def __init__(self):
        super().__init__()
        self.queue = []
        self.alone = []

    def note(self, fact):
        self.queue.append(fact.kind)
        if isinstance(fact, Decided):
            asyncio.get_running_loop().call_soon(self.look, fact, len(self.queue))

    def look(self, fact, behind):
        if "bookmark" not in self.queue[behind:]:
            self.alone.append((fact.step, fact.target))

    async def keep(self, call, number, text, mark=0):
        self.queue.append("bookmark")
        await super().keep(call, number, text, mark)


@pytest.mark.parametrize("way", WAYS)
def test_no_decision_waits_for_the_disk_without_the_place_it_leads_to(tmp_path, way):
    disk = Disk()
    where = {"flows__other": SUB} if "another" in way else {}
    flows = site(tmp_path, WAYS[way], **where)

    async def main():
        loop = asyncio.get_running_loop()
        ids = count(1)
        world = World(
            clock=lambda: EPOCH + timedelta(seconds=loop.time()),
            seconds=lambda: EPOCH.timestamp() + loop.time(),
            lookups=MemoryLookups({}),
            verifier=PlainVerifier(),
            lock_outs=MemoryLockOuts(),
            messages=MemoryMessages(),
            callbacks=MemoryCallbacks(),
            switches=MemorySwitches(),
            bookmarks=disk,
            seal=Seal.of(Secret("5e" * 32)),
            note=disk.note,
            new_id=lambda: f"id{next(ids)}",
        )
        channel = ScriptedChannel(caller_id="13800138000", dialled="100")
        await answer(channel, flows, world, LiveCalls())

    clock.run(main())

    assert "Decided" in disk.queue
    assert disk.alone == []
