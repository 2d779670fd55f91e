"""How many steps a second the engine runs on one core, with nothing to wait for.

    python -m bench.engine [calls]

The caller presses keys as fast as they are asked for, nothing is played, and look-ups
answer from memory: what is left is the engine's own work, in seconds of the processor.
A round is a menu, a question with a check, a look-up, a sentence with three values, and
some arithmetic.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.machine import beside_goal, machine
from ivrflow.flow.call import Call
from ivrflow.flow.load import load_site
from ivrflow.flow.run import run_call
from ivrflow.flow.site import Site
from ivrflow.flow.world import World
from ivrflow.sim.memory import (
    MemoryCallbacks,
    MemoryLockOuts,
    MemoryLookups,
    MemoryMessages,
    MemorySwitches,
    PlainVerifier,
)
from ivrflow.telephony.channel import Cause
from ivrflow.telephony.keys import Keys
from ivrflow.telephony.sound import Utterance

CALLS = 20
ROUNDS = 600
"""Rounds of a call: 8 steps each, below the limit of steps that a call may take."""

GOAL = 20_000.0
"""Steps a second."""

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

SITE = {
    "site.yaml": "languages: [en]\ntimezone: UTC\nhosts: [erp.example.com]\n",
    "numbers.yaml": '"100": {flow: round}\n',
    "hours.yaml": "office: {mon-fri: 09:00-17:00}\n",
    "data.yaml": """\
order:
  get: https://erp.example.com/orders/${id}
  gives: {number: text, amount: money, due: date}
  timeout: 2s
""",
    "prompts/en.yaml": """\
which: {first: Please choose., choices: {ask: For your order, bye: To end the call}}
enter: Please enter the four digits.
order: >
  Order ${order.number | digits}, ${order.amount | money}, is due on
  ${order.due | date}.
""",
    "flows/round.yaml": """\
flow: round
steps:
  begin: {set: {n: "${0}"}}
  pick: {menu: which, keys: {1: ask, 2: bye}, failed: hangup}
  ask: {ask: enter, digits: 4, check: entry != '0000', save: entry, failed: hangup}
  find: {lookup: order, with: {id: entry}, save: order, not_found: bye, error: bye}
  tell: {say: [{if: order.amount > 100, say: order}]}
  count: {set: {n: "${n + 1}", state: "round ${n}"}}
  people: {open: office, yes: note, no: bye}
  note: {log: {order: order.number, n: n, due: order.due > now.date}}
  again: {say: [{if: n < 0, say: order}], then: pick}
  bye: {hangup: yes}
""",
}


class Tape(Keys):
    """Keys that are there at the moment they are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._tape = self._keys()

    def _keys(self) -> Iterator[str]:
        for _ in range(ROUNDS):
            yield from "12468"
        yield "2"

    async def next(self, within: float | None) -> str:
        return next(self._tape)

    def clear(self) -> None:
        pass


class Phone:
    """A channel on which everything is done at once."""

    def __init__(self, number: int) -> None:
        self.id = f"call{number}"
        self.caller_id, self.dialled = "13800138000", "100"
        self.keys: Keys = Tape()
        self.gone: asyncio.Future[Cause] = asyncio.get_running_loop().create_future()

    async def answer(self) -> None:
        pass

    async def play(
        self, said: Sequence[Utterance], *, stop_on: str = "", begin: float = 0.0
    ) -> bool:
        return True

    async def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        pass


def world() -> World:
    row = {"number": "20260315", "amount": 1234.5, "due": NOON.date()}
    return World(
        clock=lambda: NOON,
        seconds=lambda: 0.0,
        lookups=MemoryLookups({"order": row}),
        verifier=PlainVerifier(),
        lock_outs=MemoryLockOuts(),
        messages=MemoryMessages(),
        callbacks=MemoryCallbacks(),
        switches=MemorySwitches(),
    )


async def run(site: Site, calls: int) -> int:
    """Run the calls one after the other; return how many steps they took."""
    steps = 0
    everything = world()
    for number in range(calls):
        call = Call(Phone(number), site, everything)  # type: ignore[arg-type]  # a phone without music
        cause = await run_call(call, site.flows["round"])
        assert cause is Cause.NORMAL_CLEARING
        steps += call.steps
    assert steps == calls * (ROUNDS * 8 + 3), f"{steps} steps: a call went elsewhere"
    return steps


def main(calls: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        for file, text in SITE.items():
            path = Path(name) / file
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        site = load_site(Path(name))
    asyncio.run(run(site, 1))  # what is worked out once is no part of the figure
    before = time.process_time()
    steps = asyncio.run(run(site, calls))
    seconds = time.process_time() - before
    print(machine())
    what = f"the engine alone, {calls} calls with {steps:,} steps"
    print(beside_goal(what, steps / seconds, GOAL, "steps/s", more=True))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS)
