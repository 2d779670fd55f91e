"""A sound as an answer: whole or in part, piece by piece, and to nobody for ever.

Sounds are read, and unsealed, a piece at a time, so what somebody fetches costs no more
memory than one piece. Who reads too slowly is cut off, and only so many are served at
once: a stolen token must not keep the disk from callers.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
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
from ivrflow.flow.world.boxes import Speech
from ivrflow.flow.world.sounds import Audio

PIECE = 262_144
"""Bytes that are read at once: 16 s of sound."""
SLOW = 30.0
"""Seconds in which a reader must take a piece, or he is dropped."""
AT_ONCE = 20
"""Answers with a sound that are on their way at most."""

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

    def begins(self, person: str, sound: str, first: int, now: float) -> bool:
        """Whether a listening begins with this byte, at *now* (seconds)."""
        key = (person, sound)
        begun = self._begun.get(key)
        if first and begun is not None and now - begun < LISTENING:
            return False
        self._begun[key] = now
        self._begun.move_to_end(key)
        while len(self._begun) > REMEMBERED:
            self._begun.popitem(last=False)
        return True


class SoundAnswers:
    """Gives sounds to who asks for them over HTTP."""

    def __init__(self, audio: Audio) -> None:
        self._audio = audio
        self._on_the_way = 0

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
        """Send what was `asked`, as the file *name*."""
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
        with self._one_more():
            await self._sent(request, answer, speech.sound, piece)
        return answer

    async def _sent(
        self,
        request: web.Request,
        answer: web.StreamResponse,
        sound: str,
        piece: Piece,
    ) -> None:
        async with aclosing(self._pieces(sound, piece)) as pieces:
            # The first one before the head: what can't be read is an error, and no
            # answer that breaks off.
            first = await anext(pieces, b"")
            await answer.prepare(request)
            try:
                await _send(answer, first)
                async for data in pieces:
                    await _send(answer, data)
            except TimeoutError:
                if request.transport is not None:
                    request.transport.abort()
            except ConnectionError:
                pass  # gone

    async def _pieces(self, sound: str, piece: Piece) -> AsyncGenerator[bytes, None]:
        for first in range(piece.first, piece.last + 1, PIECE):
            last = min(first + PIECE - 1, piece.last)
            yield await self._audio.piece(sound, first, last)

    @contextmanager
    def _one_more(self) -> Iterator[None]:
        if self._on_the_way >= AT_ONCE:
            raise Refused(503, f"{AT_ONCE} sounds are being fetched; try again")
        self._on_the_way += 1
        try:
            yield
        finally:
            self._on_the_way -= 1


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
