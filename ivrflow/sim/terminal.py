"""A caller at a keyboard: the talk as text, digits typed, agents moved by commands.

At real speed a person types whenever he likes, as into a phone. Two things need another
pace: a pipe, whose lines all come at once, and the clock that jumps, on which time
passes only as far as the flow needs it. There a line is read only when the flow waits
for the caller, when a phone rings, or when two people talk.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress

from ivrflow.facts import CallEnded, CallStarted, Decided, Fact, Said, StepEntered
from ivrflow.flow.versions import Texts
from ivrflow.flow.why.told import Paint, plain
from ivrflow.sim.clock import VirtualTimeLoop
from ivrflow.sim.commands import REACTION, NotUnderstood, do
from ivrflow.sim.keyboard import ReadLine
from ivrflow.sim.rehearsal.stage import Stage
from ivrflow.sim.rehearsal.story import Story
from ivrflow.telephony.keys import KEYS

BETWEEN_KEYS = 0.25
"""Seconds between two keys of one line, where time is ours."""

SOMETHING = 120.0
"""Seconds that an empty line waits for something to happen, at most."""


OVER = "the call is over: :save FILE makes it a test, :why tells it, Enter ends this"


class Terminal:
    """One talk between a keyboard and a stage."""

    def __init__(
        self,
        stage: Stage,
        read_line: ReadLine,
        show: Callable[[str], None],
        *,
        patient: bool,
        echo: bool = False,
        paint: Paint = plain,
        texts: Texts | None = None,
    ) -> None:
        """*patient* reads a line only when the flow waits; *echo* shows each line.

        *paint* colours what is shown; *texts* are the site's files, for `:why`.
        """
        self.stage = stage
        self.show = show
        self.paint = paint
        self.texts = texts
        self._read_line = read_line
        self._patient = patient
        self._echo = echo
        self._story = Story(stage.site.settings.zone)
        self.done = False
        """Whether nobody wants more of it."""
        self._told = 0
        """How many look-ups without an answer have been told."""
        stage.on_fact = self._tell

    async def run(self) -> None:
        """The whole talk: until the call is over and nobody wants more of it."""
        async with self.stage.open(), asyncio.TaskGroup() as group:
            ending = group.create_task(self._tell_the_end())
            await self._read()
            ending.cancel()

    async def _tell_the_end(self) -> None:
        await self.stage.until(lambda: self.stage.over, None)
        if not self._echo and not self.done:
            self.show(OVER)

    async def _read(self) -> None:
        stage = self.stage
        while not self.done:
            if self._patient and not stage.over:
                await self._until_settled()
            line = await self._line()
            if line is None:
                stage.channel.drop()
                await stage.until(lambda: stage.over, None)
                return
            if stage.over and not line.strip() and not self._echo:
                return
            await self._typed(line)

    async def _typed(self, line: str) -> None:
        if self._echo:
            self.show(f"> {line}")
        try:
            await self._do(line.strip())
        except NotUnderstood as wrong:
            self.show(self.paint(f"  {wrong}", "wrong"))

    async def _until_settled(self) -> None:
        """Wait until the flow waits, and what it has set off has begun."""
        settled = False
        while not settled and not self.stage.over:
            await self.stage.until(self._settled, None)
            await self.wait(REACTION)
            settled = self._settled()

    def _settled(self) -> bool:
        """True when nothing happens any more unless somebody does something."""
        stage = self.stage
        return bool(stage.waiting or stage.phones.ringing or stage.phones.bridges)

    async def _line(self) -> str | None:
        """The next line without its end; None when there is none any more."""
        loop = asyncio.get_running_loop()
        read: asyncio.Future[str] = loop.create_future()

        def put(line: str) -> None:
            if not read.done():
                read.set_result(line)

        def wait() -> None:
            line = self._read_line()
            with suppress(RuntimeError):  # the call has ended, and its loop with it
                loop.call_soon_threadsafe(put, line)

        # A thread of its own: one of the loop's pool would keep the program from
        # ending as long as nobody presses a key.
        threading.Thread(target=wait, daemon=True, name="keyboard").start()
        still = (
            loop.standing_still()
            if isinstance(loop, VirtualTimeLoop)
            else nullcontext()
        )
        with still:
            line = await read
        return line.rstrip("\r\n") if line else None

    async def _do(self, line: str) -> None:
        stage = self.stage
        if stage.over and not line.startswith(":"):
            if line:
                raise NotUnderstood(f"the call is over: nobody presses {line!r}")
        elif not line:
            facts = len(stage.facts)
            await stage.until(lambda: len(stage.facts) > facts, SOMETHING)
        elif line.startswith(":"):
            await do(self, line[1:].strip())
        elif keys := _keys(line):
            for number, key in enumerate(keys):
                if number and self._patient:
                    await self.wait(BETWEEN_KEYS)
                stage.channel.press(key)
        else:
            raise NotUnderstood(
                f"{line!r} are no keys of a telephone; :help says what is"
            )

    async def wait(self, seconds: float) -> None:
        """Let time pass, as long as the call lasts."""
        await self.stage.until(lambda: False, seconds)

    # What is shown ------------------------------------------------------------------

    def _tell(self, fact: Fact) -> None:
        for source, place in self.stage.unanswered[self._told :]:
            self.show(
                self.paint(
                    f"  (nothing answers {source.name} at {place}: type :data "
                    f"{source.name} ..., or give --data FILE; it counts as an error "
                    "now)",
                    "wrong",
                )
            )
        self._told = len(self.stage.unanswered)
        if line := self._story.line(fact):
            self.show(self.paint(line, _KINDS.get(type(fact), "")))


_KINDS: dict[type[Fact], str] = {
    CallStarted: "call",
    CallEnded: "call",
    StepEntered: "step",
    Said: "line",
    Decided: "way",
}
"""What a line is about, for its colour."""


def _keys(line: str) -> str:
    """The keys that *line* means; "" if it means none."""
    words = line.replace(",", " ").split()
    keys = "".join({"star": "*", "hash": "#"}.get(word, word) for word in words)
    return keys if all(key in KEYS for key in keys) else ""
