"""A sound as an answer: whole or in part, piece by piece, and to nobody for ever.

Sounds are read, and unsealed, a piece at a time, so what somebody fetches costs no more
memory than one piece; one that still lies in the switch's spool comes from there whole,
once. Who reads too slowly is cut off, and only so many are served at once, a few to one
person: a stolen token must not keep the disk from callers, nor others from theirs.

What breaks off behind its head ends the connection at once: nothing else may be written
into a sound, and who waits for the rest would wait for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager

from aiohttp import web

from ivrflow.console.asking import Refused
from ivrflow.console.ranges import (
    Piece,
    Unsatisfiable,
    matches,
    piece_of,
    still_this,
)
from ivrflow.flow.world import Trouble
from ivrflow.flow.world.boxes import Speech
from ivrflow.flow.world.sounds import Audio

log = logging.getLogger(__name__)

PIECE = 262_144
"""Bytes that are read at once: 16 s of sound."""
SLOW = 30.0
"""Seconds in which a reader must take a piece, or he is dropped."""
AT_ONCE = 20
"""Answers with a sound that are on their way at most."""
AT_ONCE_EACH = 5
"""Of these, one person's at most."""

LISTENING = 600.0
"""Seconds in which what one person fetches of one sound is one listening."""
REMEMBERED = 1_000


class Listenings:
    """Who has begun to listen to what, lately.

    A player fetches a sound in many parts. Each beginning is a listening, and so is a
    part of what he has not begun lately: who asks for all but the first byte is not
    overlooked.
    """

    def __init__(self) -> None:
        self._begun: OrderedDict[tuple[str, str], float] = OrderedDict()

    def is_new(self, person: str, what: str, first: int, now: float) -> bool:
        """Whether a listening to *what* begins with this byte, at *now* (seconds).

        It is one as long as nobody says that it has `begun`.
        """
        begun = self._begun.get((person, what))
        return not first or begun is None or now - begun >= LISTENING

    def begun(self, person: str, what: str, now: float) -> None:
        """It stands in the audit log: parts of it are no listenings of their own."""
        self._begun[person, what] = now
        self._begun.move_to_end((person, what))
        while len(self._begun) > REMEMBERED:
            self._begun.popitem(last=False)


class SoundAnswers:
    """Gives sounds to who asks for them over HTTP."""

    def __init__(self, audio: Audio) -> None:
        self._audio = audio
        self._on_the_way: Counter[str] = Counter()

    async def asked(self, request: web.Request, speech: Speech) -> Piece | None:
        """The part of *speech* that is asked for; None: the client has it already.

        Raises `Refused` for a part that is not there, and for a sound that is gone.
        """
        if speech.place not in ("store", "switch"):
            raise Refused(404, "its sound is gone")
        tag = tag_of(speech)
        if matches(request.headers.get("If-None-Match"), tag):
            return None
        size = await self._audio.size(speech.sound)
        whole = Piece(0, size - 1, size)
        # A range is for GET alone, says the RFC.
        if request.method != "GET":
            return whole
        if not still_this(request.headers.get("If-Range"), tag):
            return whole
        try:
            return piece_of(request.headers.get("Range"), size) or whole
        except Unsatisfiable:
            raise NotInIt(size) from None

    async def answer(
        self, request: web.Request, speech: Speech, piece: Piece | None, name: str
    ) -> web.StreamResponse:
        """Send what was `asked`, as the file *name*; hold a `place` for it."""
        headers = _headers(speech, name)
        if piece is None:
            return web.Response(status=304, headers=headers)
        part = piece.length < piece.size
        if part:
            headers["Content-Range"] = piece.header
        answer = web.StreamResponse(status=206 if part else 200, headers=headers)
        answer.content_length = piece.length
        if request.method == "HEAD":
            await answer.prepare(request)
            return answer
        await self._sent(request, answer, speech, piece)
        return answer

    @contextmanager
    def place(self, person: str) -> Iterator[None]:
        """One of the answers that may be on their way at once; raises `Refused`."""
        if self._on_the_way.total() >= AT_ONCE:
            raise Refused(503, f"{AT_ONCE} sounds are being fetched; try again")
        if self._on_the_way[person] >= AT_ONCE_EACH:
            raise Refused(
                503, f"you are fetching {AT_ONCE_EACH} sounds already; try again"
            )
        self._on_the_way[person] += 1
        try:
            yield
        finally:
            self._on_the_way[person] -= 1
            if not self._on_the_way[person]:
                del self._on_the_way[person]

    async def _sent(
        self,
        request: web.Request,
        answer: web.StreamResponse,
        speech: Speech,
        piece: Piece,
    ) -> None:
        async with aclosing(self._pieces(speech, piece)) as pieces:
            # The first one before the head: what can't be read is an error, and no
            # answer that breaks off.
            first = await anext(pieces, b"")
            sent = 0
            try:
                await answer.prepare(request)
                await _send(answer, first)
                sent += len(first)
                async for data in pieces:
                    await _send(answer, data)
                    sent += len(data)
            except Trouble as trouble:
                log.warning("sound %s broke off: %s", speech.sound, trouble)
            except (TimeoutError, ConnectionError):
                pass  # too slow, or gone
            finally:
                # Also where it was cut meanwhile, and there is less than was promised.
                if sent < piece.length and request.transport is not None:
                    request.transport.abort()

    async def _pieces(
        self, speech: Speech, piece: Piece
    ) -> AsyncGenerator[bytes, None]:
        whole = await self._in_spool(speech, piece)
        for first in range(piece.first, piece.last + 1, PIECE):
            last = min(first + PIECE - 1, piece.last)
            if whole is not None:
                yield whole[first : last + 1]
            else:
                yield await self._audio.piece(speech.sound, first, last)

    async def _in_spool(self, speech: Speech, piece: Piece) -> bytes | None:
        """The sound, where each piece of it would fetch all of it; else None."""
        if speech.place == "store":
            return None
        whole = await self._audio.read(speech.sound)
        if len(whole) != piece.size:
            raise Refused(503, "it is just being taken in; try again")
        return whole


class NotInIt(Refused):
    """A range behind the end of a sound of *size* bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(416, f"the sound has {size} bytes, and none of that range")
        self.size = size


def not_in_it(why: NotInIt) -> web.Response:
    """The answer to such a range, which tells the size as the RFC wants it."""
    return web.json_response(
        {"error": str(why)},
        status=416,
        headers={"Content-Range": f"bytes */{why.size}"},
    )


def tag_of(speech: Speech) -> str:
    """A strong `ETag`: what is in the store never changes. "" for what is not yet."""
    return f'"{speech.sound}"' if speech.place == "store" else ""


def _headers(speech: Speech, name: str) -> dict[str, str]:
    headers = {
        "Content-Type": "audio/wav",
        "Content-Disposition": f'attachment; filename="{name}.wav"',
        "Accept-Ranges": "bytes",
        # Somebody's voice: no proxy and no browser keeps it.
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if tag := tag_of(speech):
        headers["ETag"] = tag
    return headers


async def _send(answer: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(SLOW):
        await answer.write(data)
