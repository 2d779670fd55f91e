"""The API's part for the greetings of mailboxes: hear them, give others, take them off.

GET    /api/mailboxes/BOX/greetings/KIND?language=en    the sound, a WAV
PUT    /api/mailboxes/BOX/greetings/KIND?language=en    a WAV, 60 s at most
DELETE /api/mailboxes/BOX/greetings/KIND?language=en

KIND is busy, unavailable, temporary or name. `language` left out is the site's first
one. A temporary greeting may have an end: ?until=2026-12-24 18:00, or ?for=4h.

Who may: see `hearers`; to change one, who may change the mailbox. A WAV of 8 kHz is
taken, as Asterisk plays it; the answer to another one says how to make it so.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from ivrflow.console.asking import Refused
from ivrflow.console.changing import end_in
from ivrflow.console.hearers import API, BoxStores, Hearers, at
from ivrflow.console.sound_answers import NotInIt, SoundAnswers, not_in_it
from ivrflow.console.who import least, who
from ivrflow.facts import GreetingChanged
from ivrflow.flow.site.settings import Language
from ivrflow.flow.world.boxes import GREETING, GREETINGS, NAME, NewSound
from ivrflow.prompts.audio import BadSound, read_wav, write_wav

LARGEST = 3_000_000
"""Bytes of a WAV that is taken: a minute of two channels with 24 bit."""
SLOW = 60.0
"""Seconds in which it must be here."""
AT_ONCE = 4
"""Bodies that come in at once. Who sends his slowly holds up nobody's but the fifth."""
LONGEST = 60.0
"""Seconds of a greeting, as by phone."""
SHORTEST = 0.3
RATE = 8_000
"""Samples a second, as Asterisk records and plays."""


class GreetingRoutes:
    """What the API says and does about greetings."""

    def __init__(self, stores: BoxStores) -> None:
        self._stores = stores
        self._hearers = Hearers(stores)
        self._sounds = SoundAnswers(stores.audio)
        self._coming = asyncio.Semaphore(AT_ONCE)
        self._one_at_a_time = asyncio.Lock()

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        one = "/api/mailboxes/{mailbox}/greetings/{kind}"
        return [
            web.get(one, self._hear),
            web.put(one, self._put),
            web.delete(one, self._take_off),
        ]

    @least("agent")
    async def _hear(self, request: web.Request) -> web.StreamResponse:
        name, person = request.match_info["mailbox"], who(request)
        self._hearers.box(person, name)
        kind, language = self._which(request)
        found = (await self._stores.boxes.greetings(name)).get((kind, language))
        if found is None:
            raise Refused(404, f"there is no {kind} greeting in {language}")
        try:
            piece = await self._sounds.asked(request, found.speech)
        except NotInIt as why:
            return not_in_it(why)
        with self._sounds.place(person.name):
            return await self._sounds.answer(request, found.speech, piece, kind)

    @least("agent")
    async def _put(self, request: web.Request) -> web.Response:
        name, person = request.match_info["mailbox"], who(request)
        self._hearers.managed(person, name)
        self._hearers.allowed(person, name, "greetings")
        kind, language = self._which(request)
        now = self._stores.clock()
        until = end_in(request.query, now)
        if until is not None and kind != "temporary":
            raise Refused(400, "a temporary greeting may have an end; others stay")
        async with self._coming:
            data = await _whole(request)
            async with self._one_at_a_time:
                wav, seconds = await asyncio.to_thread(_playable, data)
                sound = await self._stored(kind, wav, seconds)
        await self._stores.boxes.greet(
            name, kind, language, sound, by=person.name, seconds=seconds, until=until
        )
        self._told(name, kind, person.name, on=True)
        return web.json_response(
            {
                "mailbox": name,
                "kind": kind,
                "language": language,
                "seconds": round(seconds, 1),
                "until": at(until),
            }
        )

    async def _stored(self, kind: str, wav: bytes, seconds: float) -> str:
        """Put it into the store; return its id.

        Its row comes first: a file without one would lie there for ever.
        """
        sound = NewSound(
            sound=secrets.token_hex(16),
            kind=NAME if kind == "name" else GREETING,
            recorded="",
            at=self._stores.clock(),
        )
        await self._stores.boxes.begin_sound(sound)
        copied = await self._stores.audio.put(sound.sound, wav)
        await self._stores.boxes.begin_sound(
            replace(sound, copied=copied, seconds=seconds)
        )
        return sound.sound

    @least("agent")
    async def _take_off(self, request: web.Request) -> web.Response:
        name, person = request.match_info["mailbox"], who(request)
        self._hearers.managed(person, name)
        self._hearers.allowed(person, name, "greetings")
        kind, language = self._which(request)
        boxes = self._stores.boxes
        if not await boxes.greet(name, kind, language, None, by=person.name):
            raise Refused(404, f"there is no {kind} greeting in {language}")
        self._told(name, kind, person.name, on=False)
        return web.json_response({"mailbox": name, "kind": kind, "language": language})

    def _which(self, request: web.Request) -> tuple[str, str]:
        """Kind and language of the greeting that is asked for."""
        languages: Sequence[Language] = self._stores.site().settings.languages
        kind = request.match_info["kind"]
        if kind not in GREETINGS:
            raise Refused(404, f"a greeting is one of {', '.join(GREETINGS)}")
        language = request.query.get("language", str(languages[0]))
        if language not in languages:
            known = ", ".join(map(str, languages))
            raise Refused(400, f"'language' is one of the site's: {known}")
        return kind, language

    def _told(self, name: str, kind: str, by: str, *, on: bool) -> None:
        self._stores.note(
            GreetingChanged(
                at=self._stores.clock().timestamp(),
                call="",
                mailbox=name,
                greeting=kind,
                on=on,
                by=by,
                via=API,
            )
        )


async def _whole(request: web.Request) -> bytes:
    """The body, which may be larger here than elsewhere; raises `Refused`."""
    if (request.content_length or 0) > LARGEST:
        raise Refused(413, f"a greeting has {LARGEST // 1_000_000} MB at most")
    data = bytearray()
    try:
        async with asyncio.timeout(SLOW):
            async for part in request.content.iter_chunked(65_536):
                data += part
                if len(data) > LARGEST:
                    raise Refused(
                        413, f"a greeting has {LARGEST // 1_000_000} MB at most"
                    )
    except TimeoutError:
        raise Refused(408, f"the greeting was not here within {SLOW:.0f} s") from None
    except web.RequestPayloadError:
        raise Refused(400, "the body is not what its headers say") from None
    return bytes(data)


def _playable(data: bytes) -> tuple[bytes, float]:
    """A WAV that Asterisk plays, and its seconds. Blocks; raises `Refused`."""
    try:
        _, sound = read_wav(data)
    except BadSound as bad:
        raise Refused(400, f"this is no WAV that can be read: {bad}") from None
    if not SHORTEST <= sound.seconds <= LONGEST:
        raise Refused(
            400,
            f"a greeting lasts {SHORTEST:g} to {LONGEST:g} s, and this one "
            f"{sound.seconds:.1f} s",
        )
    if sound.rate != RATE:
        # Converting a minute takes seconds of a processor, which calls need.
        raise Refused(
            400,
            f"a greeting has {RATE} samples a second, not {sound.rate}: "
            f"`ffmpeg -i IN -ar {RATE} -ac 1 -c:a pcm_s16le OUT.wav`",
        )
    return write_wav(sound), sound.seconds
