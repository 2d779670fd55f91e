"""A channel whose dialplan runs a script of ours: the telephony room's `Channel`.

What AGI can't do as ARI does it:

- A key that is pressed between two commands is lost; `listening` keeps these moments
  short. In a recording only the keys that end it are heard.
- A sound stops at each key. One that should not stop it goes on from where it was.
- A recording can't be ended from here, and ends with one second of the silence that
  ended it.
- The far end is not told why it was hung up on.
- With the process, what plays or records ends too: the dialplan has the call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ivrflow.aio import beside, finish
from ivrflow.asterisk.agi import commands
from ivrflow.asterisk.agi.caller import Caller
from ivrflow.asterisk.agi.commands import BadCommand
from ivrflow.asterisk.agi.line import ANSWER_WITHIN, AgiLine, LineLost
from ivrflow.asterisk.agi.listening import Turns
from ivrflow.asterisk.agi.wire import Reply
from ivrflow.asterisk.ari.channel import REMEMBERED
from ivrflow.asterisk.ari.media import OURS, Later, Media, Pause, Sounds, media, safe
from ivrflow.asterisk.ari.still_playing import as_noted, noted
from ivrflow.telephony.channel import (
    Cause,
    HungUp,
    Recorded,
    RecordedAlready,
    RecordingFailed,
    RecordOrder,
)
from ivrflow.telephony.keys import KEYS, Keys
from ivrflow.telephony.sound import Utterance

log = logging.getLogger(__name__)

RATE = 8000
"""Samples of a second: all our sounds are telephone sounds."""

SAME_MOMENT = 0.3
"""Seconds in which the news of a hang-up follows what it has ended."""

ANSWERING = 30.0
"""Seconds for a channel to be answered."""

LATE = 10.0
"""Seconds that a recording may take longer than it should."""

CUT = 1.0
"""Seconds of silence that Asterisk leaves at the end of a recording that it ended."""

SCRIPTS = "ivrflow-script"
"""The context of the dialplan that takes a call to the Stasis application."""

NUMBER, BACK = "IVRFLOW_NUMBER", "IVRFLOW_BACK"
"""The variables that tell it what was dialled, and where the dialplan was."""


class CannotHandOver(Exception):
    """The call can't be taken to where channels are joined. Says why, and the cure."""


@dataclass
class _Playing:
    """What plays just now, and the keys that stop it."""

    stop_on: str
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def pressed(self, key: str) -> None:
        if key in self.stop_on:
            self.stopped.set()


class AgiChannel:
    """One call. It is used inside `open`."""

    def __init__(
        self,
        line: AgiLine,
        caller: Caller,
        *,
        sounds: Sounds,
        stored: Callable[[str], Awaitable[Recorded | None]],
    ) -> None:
        """*stored* tells what there is of a recording that others have made."""
        self.id = caller.id
        self.caller_id = caller.number
        self.dialled = caller.dialled
        self.phone = caller.phone
        self.remembered = ""
        self.gone = line.gone
        self._line = line
        self._caller = caller
        self._sounds = sounds
        self._stored = stored
        self._turns = Turns()
        self.keys: Keys = self._turns.keys
        self._up = False
        self._music = ""
        self._playing: _Playing | None = None
        self._recorded: dict[str, Recorded] = {}
        self._spool = ""

    def __repr__(self) -> str:
        return f"<script {self.id}>"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Hear keys while the block runs, and know at its beginning how the call
        stands. The dialplan goes on when it ends. Raises `HungUp`."""
        try:
            status = await self._ask(commands.status())
            self._up = status.result == commands.UP
            kept = await self._ask(commands.get_variable(REMEMBERED))
            self.remembered = as_noted(kept.note or "").text
            async with beside(self._listen()):
                yield
        finally:
            self._line.close()

    async def _listen(self) -> None:
        """Hear keys while nothing else is ordered."""
        with suppress(LineLost):
            while not self.gone.done():
                command = commands.wait_for_key(await self._turns.slice())
                self._heard(await self._line.ask(command))

    def _heard(self, reply: Reply) -> None:
        """Take a key, if one ended the command."""
        key = chr(reply.result) if 0 < reply.result < 128 else ""
        if not key or key not in KEYS:
            return  # 1 stands for a new command
        self.keys.press(key)
        if self._playing is not None:
            self._playing.pressed(key)

    # What outlives us -----------------------------------------------------------------

    async def remember(self, text: str) -> None:
        self._check()
        try:
            command = commands.set_variable(REMEMBERED, noted(0, text))
        except BadCommand as bad:
            log.error("call %s: its place is not kept: %s", self.id, bad)
            return
        await self._ask(command)
        self.remembered = text

    # Answering and hanging up ---------------------------------------------------------

    async def answer(self) -> None:
        self._check()
        if self._up:
            return
        reply = await self._ask(commands.answer(), within=ANSWERING)
        if reply.result < 0:
            await self._hung_up_too()
            self._drop(Cause.TEMPORARY_FAILURE)
            raise HungUp(self.gone.result())
        self._up = True

    async def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        if not self.gone.done():
            self._line.end(commands.hang_up())
        self._drop(cause)

    async def tell(self, variables: Mapping[str, str]) -> None:
        """Set variables of the channel, in their order; the dialplan does without one
        that can't be said."""
        self._check()
        for name, value in variables.items():
            try:
                command = commands.set_variable(name, value)
            except BadCommand as bad:
                log.error("call %s: %s is not set: %s", self.id, name, bad)
                continue
            await self._ask(command)

    async def give_back(self, variables: Mapping[str, str]) -> None:
        await self.tell(variables)
        self._drop(Cause.NORMAL_CLEARING)
        self._line.close()

    async def refuse(self, variables: Mapping[str, str]) -> None:
        """Let the dialplan go on at once; the call was never taken."""
        with suppress(HungUp):
            await self.give_back(variables)

    async def hand_over(self) -> None:
        """Let the dialplan take the call to the Stasis application when this ends.

        Raises `CannotHandOver`, `HungUp`.
        """
        there = await self._ask(commands.is_there(SCRIPTS))
        if there.note != "1":
            raise CannotHandOver(
                f"the dialplan has no [{SCRIPTS}], which takes calls to where they are "
                "joined; use the dialplan/ivrflow.conf of this version, and load "
                "func_dialplan.so"
            )
        at = self._caller
        number = "".join(c for c in self.dialled if c in "0123456789*")
        back = commands.place(at.context, at.extension, at.priority)
        await self._ask(commands.set_variable(NUMBER, number))
        await self._ask(commands.set_variable(BACK, back or ""))
        for command in commands.go_on_in(SCRIPTS):
            await self._ask(command)

    # What is heard there --------------------------------------------------------------

    async def play(
        self, said: Sequence[Utterance], *, stop_on: str = "", begin: float = 0.0
    ) -> bool:
        self._check()
        waiting = self.keys.peek()[:1]
        if waiting and waiting in stop_on:
            return False
        parts = media(said, self._sounds)
        playing = self._playing = _Playing(stop_on)
        skip = round(max(0.0, begin) * RATE)
        try:
            async with self._without_music(parts):
                for part in parts:
                    if isinstance(part, Pause):
                        await self._pause(float(part), playing)
                    else:
                        for sound in await self._sounds_of(part, playing):
                            await self._stream(sound, skip, playing)
                            skip = 0
                            if playing.stopped.is_set():
                                break
                    if playing.stopped.is_set():
                        break
        finally:
            self._playing = None
        return not playing.stopped.is_set()

    async def _sounds_of(self, part: Media | Later, playing: _Playing) -> Sequence[str]:
        """What a part plays; nothing, if it is not there in time."""
        if isinstance(part, Media):
            return part
        loop = asyncio.get_running_loop()
        stopped = loop.create_task(playing.stopped.wait())
        news: list[asyncio.Future[Any]] = [stopped, part.path, self.gone]
        try:
            await asyncio.wait(news, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
        self._check()
        path = part.path.result() if part.path.done() else None
        return (f"sound:{path}",) if path else ()

    async def _pause(self, seconds: float, playing: _Playing) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await playing.stopped.wait()
        self._check()

    async def _stream(self, sound: str, begin: int, playing: _Playing) -> None:
        """Play one sound from sample *begin* on, to its end or until it is stopped."""
        path, at = await self._path(sound), begin
        while True:
            try:
                command = commands.play(path, begin=at)
            except BadCommand as bad:
                log.error("call %s: %s; the call goes on without it", self.id, bad)
                return
            reply = await self._ask(command, within=None, stops=True)
            self._heard(reply)
            if reply.result > 0 and not playing.stopped.is_set():
                at = reply.at if reply.at is not None else at
                continue
            if reply.result < 0 or (reply.result == 0 and not reply.at):
                if await self._hung_up_too():
                    self._check()
                log.error(
                    "call %s: Asterisk can't play %s; is the recording there, and may "
                    "Asterisk read it? The call goes on without it",
                    self.id,
                    sound,
                )
            return

    async def _path(self, sound: str) -> str:
        if sound.startswith(OURS):
            return await self._in_spool(sound.removeprefix(OURS))
        return sound.removeprefix("sound:")

    @asynccontextmanager
    async def music(self, name: str) -> AsyncIterator[None]:
        self._check()
        outer, self._music = self._music, name
        try:
            await finish(self._begin_music())
            yield
        finally:
            self._music = outer
            if not self.gone.done():
                await finish(self._begin_music() if outer else self._end_music())

    @asynccontextmanager
    async def _without_music(self, parts: Sequence[object]) -> AsyncIterator[None]:
        if not self._music or not parts:
            yield
            return
        await self._end_music()
        try:
            yield
        finally:
            if self._music and not self.gone.done():
                await finish(self._begin_music())

    async def _begin_music(self) -> None:
        try:
            command = commands.music_on(self._music)
        except BadCommand as bad:
            log.error("call %s: no music: %s", self.id, bad)
            return
        with suppress(HungUp):
            await self._ask(command)

    async def _end_music(self) -> None:
        with suppress(HungUp):
            await self._ask(commands.music_off())

    # Recording ------------------------------------------------------------------------

    async def record(self, order: RecordOrder) -> Recorded:
        self._check()
        if not safe(order.name):
            raise RecordingFailed(f"{order.name[:80]!r} is no name for a recording")
        if order.name in self._recorded:
            raise RecordedAlready(f"there is a recording {order.name} already")
        path = await self._in_spool(order.name)
        await asyncio.to_thread(_make_room, Path(path).parent)
        loop = asyncio.get_running_loop()
        began = loop.time()
        reply = await self._ask(
            commands.record(
                path,
                stop_on=order.stop_on,
                longest=order.longest,
                silence=order.silence,
            ),
            within=order.longest + LATE,
        )
        if reply.code != 200 or reply.note in ("writefile", "randomerror"):
            raise RecordingFailed(
                f"Asterisk can't write {path}.wav: may it, and is there the folder, "
                "and room on the disk?"
            )
        done = _done(order, reply, took=loop.time() - began)
        self._recorded[order.name] = done
        if done.ended_by == "hang-up":
            await self._hung_up_too()
            self._drop(Cause.NORMAL_CLEARING)
            raise HungUp(self.gone.result())
        return done

    async def kept(self, name: str) -> Recorded | None:
        if name in self._recorded:
            return self._recorded[name]
        return await self._stored(name)

    async def _in_spool(self, name: str) -> str:
        """Where Asterisk keeps the recording *name*: where ARI looks for it too."""
        if not self._spool:
            found = await self._ask(commands.get_variable("ASTSPOOLDIR"))
            self._spool = found.note or "/var/spool/asterisk"
        return f"{self._spool}/recording/{name}"

    # Commands -------------------------------------------------------------------------

    def _check(self) -> None:
        if self.gone.done():
            raise HungUp(self.gone.result())

    def _drop(self, cause: Cause) -> None:
        if not self.gone.done():
            self.gone.set_result(cause)

    async def _hung_up_too(self) -> bool:
        """Whether what has ended just now did so because of a hang-up."""
        await asyncio.wait([self.gone], timeout=SAME_MOMENT)
        return self.gone.done()

    async def _ask(
        self,
        command: bytes,
        *,
        within: float | None = ANSWER_WITHIN,
        stops: bool = False,
    ) -> Reply:
        """Send a command about this call; raise `HungUp` if it is ours no more."""
        self._check()
        with self._turns.ordering():
            try:
                reply = await self._line.ask(command, within=within, stops=stops)
            except LineLost:
                self._drop(Cause.NORMAL_UNSPECIFIED)
                raise HungUp(self.gone.result()) from None
        if reply.code == 511:
            await self._hung_up_too()
            self._drop(Cause.NORMAL_CLEARING)
            raise HungUp(self.gone.result())
        if reply.code != 200:
            log.error(
                "call %s: Asterisk does not understand %r: %s",
                self.id,
                command.split(b'"')[0].decode(errors="replace").strip(),
                reply.note,
            )
        return reply


def _make_room(folder: Path) -> None:
    """Make the folder of a recording where we may: Asterisk makes none for AGI."""
    with suppress(OSError):
        if folder.parent.is_dir():
            folder.mkdir(exist_ok=True)


def _done(order: RecordOrder, reply: Reply, *, took: float) -> Recorded:
    """What was recorded, by Asterisk's answer."""
    seconds = (reply.at or 0) / RATE
    if reply.note == "hangup" or reply.result < 0:
        ended_by = "hang-up"
    elif reply.note == "dtmf":
        ended_by = chr(reply.result)
    elif order.silence and took < order.longest - 0.2:
        ended_by = "silence"
        seconds -= CUT
    else:
        ended_by = "longest"
    return Recorded(name=order.name, seconds=max(0.0, seconds), ended_by=ended_by)
