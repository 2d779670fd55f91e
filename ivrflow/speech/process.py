"""The process that speaks, seen from the service: started, asked, ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from ivrflow.aio import finish
from ivrflow.speech.provider import Voice
from ivrflow.speech.worker import told


@dataclass(frozen=True, kw_only=True)
class Order:
    """A text to be spoken into the file *path*, at *rate* samples a second."""

    text: str
    language: str
    rate: int
    path: str
    own: bool
    """The site's own words: what goes wrong may quote them."""


class Ended(Exception):
    """The process is gone."""


@asynccontextmanager
async def worker(
    voices: Mapping[str, Voice],
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that speaks, for as long as the block runs."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ivrflow.speech.worker"),
        stdin=pipe,
        stdout=pipe,
        # Libraries complain of texts that they can't read, and quote them.
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(told(dict(voices)).encode() + b"\n")
        yield process
    finally:
        await finish(_end(process))


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(2):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def ask(process: asyncio.subprocess.Process, order: Order) -> str:
    """Have *order* carried out; return why it was not, "" if it was.

    Raises `Ended`.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        await process.stdin.drain()
        line = await process.stdout.readline()
    except (ConnectionError, ValueError) as error:
        raise Ended(type(error).__name__) from None
    if not line:
        raise Ended("it died")
    return str(json.loads(line)["error"])
