"""How large a run is: the short form, or the long one, or a part of it."""

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

N = TypeVar("N", int, float)

EVERY = 15.0
"""Seconds between two words about a test that takes its time."""


@dataclass(frozen=True)
class Form:
    """`form(60, 1000)`: 60 in the short form, 1000 in the long one, times SCALE."""

    short: bool
    scale: float = 1.0
    """Of the long form: 0.02 is enough to see all of it work."""
    rate: float | None = None
    """Calls a second of F1; None: as the form has it, or as the machine holds."""

    def __call__(self, short: N, long: N, *, least: N | None = None) -> N:
        """A number of calls, or seconds, as the form has it.

        *least*: what the long form needs, however small it is made; left out: what the
        short one has.
        """
        if self.short:
            return short
        scaled = type(long)(long * self.scale)
        return max(short if least is None else least, scaled)

    def each(self, short, long, *, least):
        """The same of several, such as seconds to be away."""
        return short if self.short else [self(least, one, least=least) for one in long]

    def __str__(self):
        if self.short:
            return "short form"
        return "long form" + (f" times {self.scale:g}" if self.scale != 1 else "")


@asynccontextmanager
async def telling(what, words, *, every=EVERY):
    """Print now and then how far the block has come: *words* is asked for it."""
    began = time.monotonic()

    async def tell():
        while True:
            await asyncio.sleep(every)
            print(f"  {what}, {time.monotonic() - began:.0f} s: {words()}", flush=True)

    async with asyncio.TaskGroup() as group:
        teller = group.create_task(tell())
        try:
            yield
        finally:
            teller.cancel()


def until(seconds):
    """Words for `telling`: how much of *seconds* is over."""
    began = time.monotonic()
    return lambda: f"{time.monotonic() - began:.0f} of {seconds:.0f} s"
