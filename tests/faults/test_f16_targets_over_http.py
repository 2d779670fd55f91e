"""F16: a target over HTTP refuses, hangs, sends megabytes, redirects, drips.

No Asterisk is needed: what counts is how long a caller waits, where the flow leads him
then, and that nobody else notices. All targets are asked at once, in real time.
"""

import asyncio
import socket
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from ivrflow.facts import Decided
from ivrflow.flow.answer import answer
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.world import World
from ivrflow.sim.memory import (
    MemoryCallbacks,
    MemoryLockOuts,
    MemoryMessages,
    MemorySwitches,
    PlainVerifier,
)
from ivrflow.sim.scripted import ScriptedChannel
from ivrflow.web.addresses import Hosts
from ivrflow.web.lookups import HttpLookups
from tests.unit.flow.one_call import site
from tests.unit.web.test_hostile_servers import (
    closes_at_once,
    drips_its_head,
    ends_too_early,
    floods_its_head,
    hangs,
    nests_deeply,
    promises_ten_megabytes,
    redirects_to_itself,
    serving,
    speaks_no_http,
)

pytestmark = pytest.mark.alone

LONGEST = 5.0
"""Seconds that a caller waits, where the site says nothing of it."""
BUSY = 1.0
"""What a loaded machine adds."""

FLOW = """
steps:
  ask: {%s, error: away}
  bye: {hangup: bye}
  away: {hangup: hello}
"""
STEPS = (
    "lookup: asks, save: found, not_found: bye",
    "store: tells, with: {id: 7}",
)


async def drips_its_body(reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.1)


TARGETS = (
    hangs,
    drips_its_head,
    drips_its_body,
    floods_its_head,
    speaks_no_http,
    closes_at_once,
    promises_ten_megabytes,
    redirects_to_itself,
    nests_deeply,
    ends_too_early,
)


def there(folder, port, step):
    url = f"http://127.0.0.1:{port}/x"
    return site(
        folder,
        FLOW % step,
        site="hosts: [127.0.0.1]\n",
        data=f"asks: {{get: '{url}', gives: {{id: number}}}}\n"
        f"tells: {{post: '{url}'}}\n",
    )


async def one_call(there, name):
    """Where the call was led, and after how many seconds."""
    loop = asyncio.get_running_loop()
    led = []

    def note(fact):
        if isinstance(fact, Decided) and fact.step == "ask":
            led.append((fact.target, loop.time() - began))

    hosts = Hosts([str(host) for host in there.settings.hosts])
    async with HttpLookups(hosts, {}) as lookups:
        began = loop.time()
        world = World(
            clock=lambda: datetime.now(UTC),
            seconds=loop.time,
            lookups=lookups,
            verifier=PlainVerifier(),
            lock_outs=MemoryLockOuts(),
            messages=MemoryMessages(),
            callbacks=MemoryCallbacks(),
            switches=MemorySwitches(),
            note=note,
        )
        await answer(ScriptedChannel(id=name), there, world, LiveCalls())
    return led[0]


async def test_a_target_that_means_harm_costs_a_caller_five_seconds_at_most(
    tmp_path, figures
):
    loop = asyncio.get_running_loop()
    late, running = [0.0], True

    async def lag():
        while running:
            before = loop.time()
            await asyncio.sleep(0.01)
            late.append(loop.time() - before - 0.01)

    async with AsyncExitStack() as stack:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            ports = {"refuses": unused.getsockname()[1]}
            for talk in TARGETS:
                ports[talk.__name__] = await stack.enter_async_context(serving(talk))
            group = await stack.enter_async_context(asyncio.TaskGroup())
            watch = group.create_task(lag())
            calls = {
                (name, step.split(":")[0]): one_call(
                    there(tmp_path / f"{name}{n}", port, step), name
                )
                for name, port in ports.items()
                for n, step in enumerate(STEPS)
                # What is stored has no answer: nobody looks into this one.
                if not (name == "nests_deeply" and step.startswith("store"))
            }
            ended = await asyncio.gather(*calls.values())
            running = False
            await watch
    led = Counter(target for target, _ in ended)
    figures("F16", "targets that mean harm, asked and told", len(ended))
    figures("F16", "led to the way for errors", led["away"], str(len(ended)))
    figures("F16", "longest wait, s", max(took for _, took in ended), "<= 5")
    figures("F16", "loop late by, ms", 1000 * max(late), "200, on a quiet machine")

    wrong = [
        call for call, (target, _) in zip(calls, ended, strict=True) if target != "away"
    ]
    assert wrong == []
    assert max(took for _, took in ended) < LONGEST + BUSY
