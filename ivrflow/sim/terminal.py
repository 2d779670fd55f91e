"""A caller at a keyboard: the talk as text, digits typed, agents moved by commands.

At real speed a person types whenever he likes, as into a phone. Two things need another
pace: a pipe, whose lines all come at once, and the clock that jumps, on which time
passes only as far as the flow needs it. There a line is read only when the flow waits
for the caller, when a phone rings, or when two people talk.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

from ivrflow.acd.board import BoardAway
from ivrflow.facts import Fact
from ivrflow.flow.kinds import Duration
from ivrflow.flow.source import Scalar
from ivrflow.sim.clock import VirtualTimeLoop
from ivrflow.sim.rehearsal.stage import Stage
from ivrflow.sim.rehearsal.story import Story
from ivrflow.telephony.keys import KEYS

HELP = """\
  digits, * and #      press these keys
  (an empty line)      wait until something happens
  :wait 6s             do nothing for so long
  :speak 12s           speak, where a message is recorded
  :agent 1003 answers  the phone of agent 1003 rings, and is answered
                       (also: rejects, hangs up, ready, busy, out)
  :hangup              hang up
  :help                this"""

REACTION = 0.1
"""Seconds that the flow has to see what was done."""

BETWEEN_KEYS = 0.25
"""Seconds between two keys of one line, where time is ours."""

SOMETHING = 120.0
"""Seconds that an empty line waits for something to happen, at most."""

ReadLine = Callable[[], str]
"""Blocks until a line is there and returns it; "" at the end."""


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
    ) -> None:
        """*patient* reads a line only when the flow waits; *echo* shows each line."""
        self._stage = stage
        self._read_line = read_line
        self._show = show
        self._patient = patient
        self._echo = echo
        self._story = Story(stage.site.settings.zone)
        self._told = 0
        """How many look-ups without an answer have been told."""
        stage.on_fact = self._tell

    async def run(self) -> None:
        """The whole talk: until the call is over, or the lines are."""
        stage = self._stage
        async with stage.open(), asyncio.TaskGroup() as group:
            reader = group.create_task(self._read())
            await stage.until(lambda: stage.over, None)
            reader.cancel()

    async def _read(self) -> None:
        stage = self._stage
        while not stage.over:
            if self._patient:
                await self._until_settled()
            if stage.over:
                return
            line = await self._line()
            if line is None:
                stage.channel.drop()
                return
            if self._echo:
                self._show(f"> {line}")
            await self._do(line.strip())

    async def _until_settled(self) -> None:
        """Wait until the flow waits, and what it has set off has begun."""
        settled = False
        while not settled and not self._stage.over:
            await self._stage.until(self._settled, None)
            await self._pass(REACTION)
            settled = self._settled()

    def _settled(self) -> bool:
        """True when nothing happens any more unless somebody does something."""
        stage = self._stage
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
        jumps = isinstance(loop, VirtualTimeLoop)
        # mypy does not follow `isinstance` through a name.
        with loop.standing_still() if jumps else nullcontext():  # type: ignore[attr-defined]
            line = await read
        return line.rstrip("\r\n") if line else None

    # What was typed -----------------------------------------------------------------

    async def _do(self, line: str) -> None:
        stage = self._stage
        if not line:
            facts = len(stage.facts)
            await stage.until(lambda: len(stage.facts) > facts, SOMETHING)
        elif line.startswith(":"):
            await self._command(line[1:].strip())
        elif keys := _keys(line):
            for number, key in enumerate(keys):
                if number and self._patient:
                    await self._pass(BETWEEN_KEYS)
                stage.channel.press(key)
        else:
            self._show(f"  {line!r} are no keys of a telephone; :help says what is")

    async def _command(self, command: str) -> None:
        word, _, rest = command.partition(" ")
        rest = rest.strip()
        if word == "hangup":
            self._stage.channel.drop()
            await self._pass(REACTION)
        elif word == "wait" and (seconds := _seconds(rest)) is not None:
            await self._pass(seconds)
        elif word == "speak" and (seconds := _seconds(rest)) is not None:
            self._stage.channel.speak(seconds)
            await self._pass(seconds)
        elif word == "agent" and (found := re.fullmatch(r"(\d+) (\w+( \w+)?)", rest)):
            await self._agent(found[1], found[2])
        elif word == "help":
            self._show(HELP)
        else:
            self._show(f"  {':' + command!r} is not understood; :help says what is")

    async def _agent(self, number: str, does: str) -> None:
        stage, desk, phones = self._stage, self._stage.desk, self._stage.phones
        if number not in stage.site.agents:
            known = ", ".join(map(str, stage.site.agents))
            self._show(f"  there is no agent {number}; there are {known}")
            return
        phone = stage.phone_of(number)
        if does in ("answers", "rejects") and phone not in phones.ringing:
            self._show(f"  the phone of agent {number} does not ring")
        elif does == "hangs up" and phones.leg_at(phone) is None:
            self._show(f"  agent {number} talks to nobody")
        elif does == "answers":
            phones.answer(phone)
        elif does == "rejects":
            phones.refuse(phone)
        elif does == "hangs up":
            phones.hang_up(phone)
        elif does in ("ready", "busy", "out"):
            try:
                if does == "ready":
                    await desk.ready(number)
                elif does == "busy":
                    await desk.not_ready(number, "busy")
                else:
                    await desk.sign_out(number)
            except BoardAway as away:
                self._show(f"  {away}")
        else:
            self._show(f"  an agent can't {does!r}; :help says what is understood")
        await self._pass(REACTION)

    async def _pass(self, seconds: float) -> None:
        """Let time pass, as long as the call lasts."""
        await self._stage.until(lambda: False, seconds)

    # What is shown ------------------------------------------------------------------

    def _tell(self, fact: Fact) -> None:
        for source, place in self._stage.unanswered[self._told :]:
            self._show(
                f"  (nothing answers {source.name} at {place}: give --data FILE, or a "
                "row in the `data:` of a test; it counts as an error now)"
            )
        self._told = len(self._stage.unanswered)
        if line := self._story.line(fact):
            self._show(line)


def _keys(line: str) -> str:
    """The keys that *line* means; "" if it means none."""
    words = line.replace(",", " ").split()
    keys = "".join({"star": "*", "hash": "#"}.get(word, word) for word in words)
    return keys if all(key in KEYS for key in keys) else ""


def _seconds(text: str) -> float | None:
    """The seconds of `6s`; None if it is no duration."""
    try:
        return float(Duration.read(Scalar(text)))
    except ValueError:
        return None


def lines_of(file: Any) -> ReadLine:
    """Read lines from *file*, mostly standard input.

    Past Python's own buffer where there is a descriptor: a thread that is blocked while
    it holds that buffer's lock makes the interpreter fail at its end.
    """
    try:
        descriptor = file.fileno()
    except (OSError, AttributeError, ValueError):
        return lambda: str(file.readline())
    rest = bytearray()

    def read_line() -> str:
        while b"\n" not in rest:
            more = os.read(descriptor, 4096)
            if not more:
                break
            rest.extend(more)
        line, end, after = bytes(rest).partition(b"\n")
        rest[:] = after
        return (line + end).decode("utf-8", "replace")

    return read_line
