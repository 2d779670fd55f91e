"""Tells what happens on the calls, a line each, and waits for things to happen.

The story is made from the facts, the same that the call records are made from: what
is told is what the service knows.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO, TypeVar

import click

from ivrflow import facts
from ivrflow.facts import Fact, Said
from ivrflow.telling import told

F = TypeVar("F", bound=Fact)

PALETTE = ("cyan", "magenta", "yellow", "green", "blue")

LONGEST = 300.0
"""Seconds that anything in the demo may take."""

SERVICE = (facts.ServiceBegan, facts.ServiceEnded, facts.AgentSeen)


class NeverHappened(Exception):
    """Something that should have happened did not, in time."""


@dataclass
class _Teller:
    """What is known of one call while its story is told."""

    name: str
    colour: str
    place: str = "-"
    step: str = ""


@dataclass
class Story:
    """Hears every fact: tells it, and keeps it for those who wait for it."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    tell: bool = True
    facts: list[Fact] = field(default_factory=list)
    _calls: dict[str, _Teller] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _began: float | None = None

    def note(self, fact: Fact) -> None:
        """Take one fact."""
        self.facts.append(fact)
        self._news.set()
        if self._began is None:
            self._began = fact.at
        teller = self._teller(fact)
        if isinstance(fact, facts.StepEntered):
            teller.place, teller.step = fact.place, fact.step
        # A step shows in front of each of its lines: its own line would say it twice.
        own_line = not isinstance(fact, facts.StepEntered)
        if isinstance(fact, facts.Decided) and not fact.why:
            own_line = False  # it just goes on with the next step
        if isinstance(fact, SERVICE):
            own_line = False  # the story is that of callers and agents
        words = told(fact) if own_line else ""
        if words and self.tell:
            self._print(fact.at - self._began, teller, words)

    def call_of(self, caller: str) -> str:
        """The id of the call that *caller* made last; "" if there is none yet."""
        for fact in reversed(self.facts):
            if isinstance(fact, facts.CallStarted) and fact.caller == caller:
                return fact.call
        return ""

    async def until(
        self,
        kind: type[F],
        fits: Callable[[F], bool] = lambda fact: True,
        *,
        within: float = 60.0,
    ) -> F:
        """Return the first fact of *kind* that fits, one that has come already too.

        Raises `NeverHappened` after *within* seconds.
        """
        seen = 0
        try:
            async with asyncio.timeout(min(within, LONGEST)):
                while True:
                    self._news.clear()  # before looking: nothing new is missed
                    for fact in self.facts[seen:]:
                        if isinstance(fact, kind) and fits(fact):
                            return fact
                    seen = len(self.facts)
                    await self._news.wait()
        except TimeoutError:
            raise NeverHappened(f"no {kind.__name__} within {within:g} s") from None

    async def said(self, caller: str, prompt: str, *, nth: int = 1) -> Said:
        """Wait until *prompt* (any variant of a bare name) is said to *caller*.

        *nth* counts from 1.
        """
        count = 0

        def fits(fact: Said) -> bool:
            nonlocal count
            if fact.call != self.call_of(caller):
                return False
            if fact.prompt != prompt and fact.prompt.partition(".")[0] != prompt:
                return False
            count += 1  # `until` shows each fact once
            return count == nth

        try:
            return await self.until(Said, fits)
        except NeverHappened:
            raise NeverHappened(f"{caller} never heard {prompt!r}") from None

    def of(self, caller: str, kind: type[F]) -> list[F]:
        """All facts of *kind* about *caller*'s call so far."""
        call = self.call_of(caller)
        return [f for f in self.facts if isinstance(f, kind) and f.call == call]

    def _teller(self, fact: Fact) -> _Teller:
        if isinstance(fact, facts.CallStarted):
            colour = PALETTE[len(self._calls) % len(PALETTE)]
            self._calls[fact.call] = _Teller(fact.caller or "withheld", colour)
        return self._calls.get(fact.call) or _Teller("agents", "white")

    def _print(self, at: float, teller: _Teller, text: str) -> None:
        place = teller.place.rpartition("/")[2]
        head = f"{at:6.1f}  {teller.name:<11}  {place:<17}  {teller.step:<15} "
        click.echo(click.style(head, fg=teller.colour) + text, file=self.out)
