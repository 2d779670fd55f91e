"""The process that listens, seen from the service: started, asked, ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ivrflow.aio import finish
from ivrflow.speech.ear_worker import LONGEST_WORDS, told

LONGEST_ANSWER = 8 * LONGEST_WORDS
"""Bytes of an answer, whose signs have four each at most. More is nonsense."""

WITHIN = 1800.0
"""Seconds for a program, if nobody says other ones."""

PIECE = 65_536
"""Bytes of a sound that are handed over at a time."""


class EarFailed(Exception):
    """Nothing was heard; the text says why and what to do, nothing of the sound.

    *lasting* is true where no other sound would fare better, as without the program.
    """

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting


class EarLost(EarFailed):
    """The process is gone, or talks nonsense: another one must be started."""


@dataclass(frozen=True)
class EarProcess:
    """A process that listens to one sound after the other."""

    process: asyncio.subprocess.Process

    async def hears(self, wav: bytes, language: str, within: float = WITHIN) -> str:
        """The words in *wav*; *language* as `zh-CN`, "" if it is not known.

        A program gets *within* seconds; who waits here has a limit of his own. Raises
        `EarFailed`. Whoever is cancelled, or gets `EarLost`, must not ask it again: its
        answer may still come.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        about = {"language": language, "size": len(wav), "within": within}
        order = json.dumps(about).encode()
        try:
            self.process.stdin.write(order + b"\n")
            for begin in range(0, len(wav), PIECE):  # the loop copies each at once
                self.process.stdin.write(wav[begin : begin + PIECE])
                await self.process.stdin.drain()
            line = await self.process.stdout.readline()
        except (ConnectionError, ValueError) as error:
            raise EarLost(f"the ear was lost ({type(error).__name__})") from None
        if not line.endswith(b"\n"):
            raise EarLost("the ear died; has the machine the memory for it?")
        return _words(line)


@asynccontextmanager
async def ear_process(command: tuple[str, ...]) -> AsyncIterator[EarProcess]:
    """A process that listens, for as long as the block runs.

    *command*: the program that understands speech; (): Whisper. Raises `EarFailed`.
    """
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ivrflow.speech.ear_worker"),
            stdin=pipe,
            stdout=pipe,
            # Libraries complain of what they hear, and quote it.
            stderr=asyncio.subprocess.DEVNULL,
            # A group of its own: a program that it runs is ended with it.
            start_new_session=True,
            limit=LONGEST_ANSWER,
        )
    except OSError as error:
        raise EarFailed(f"no ear can be started: {error.strerror}") from None
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(told(command)).encode() + b"\n")
        yield EarProcess(process)
    finally:
        await finish(_end(process))


async def _end(process: asyncio.subprocess.Process) -> None:
    # At once: there is nothing that it would have to put in order.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _words(line: bytes) -> str:
    """The words of an answer; raises `EarFailed`."""
    try:
        answer = json.loads(line)
        words, error = answer.get("words"), answer.get("error")
    except (ValueError, AttributeError):
        raise EarLost("the ear talks nonsense") from None
    if isinstance(words, str):
        return words
    raise EarFailed(str(error)[:300], lasting=answer.get("lasting") is True)
