"""A service that speaks: the text goes there as JSON, a WAV comes back.

    POST url {"text": "...", "language": "en", "voice": "...", "speed": 1.0}

The operator names the address, in the settings; no flow can. Redirects are not
followed: the text, and the token, are for that address alone.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO

from ivrflow.prompts.audio import BadSound, Sound, read_wav
from ivrflow.speech.provider import Line, SpeechFailed, Voice

LARGEST = 20_000_000
"""Bytes of an answer, at most."""


class Http:
    """Speaks by asking a service."""

    def __init__(self, voice: Voice) -> None:
        if not voice.url.startswith(("http://", "https://")):
            raise SpeechFailed(
                f"{voice.url!r} is no address of a speech service; write https://...",
                lasting=True,
            )
        self._voice = voice
        self._opener = urllib.request.build_opener(_Stay())

    def say(self, line: Line) -> Sound:
        request = urllib.request.Request(
            self._voice.url,
            json.dumps(
                {
                    "text": line.text,
                    "language": self._voice.language,
                    "voice": self._voice.voice,
                    "speed": self._voice.speed * line.speed,
                }
            ).encode(),
            {"Content-Type": "application/json", "Accept": "audio/wav"},
        )
        if self._voice.token is not None:
            bearer = f"Bearer {self._voice.token.reveal()}"
            request.add_unredirected_header("Authorization", bearer)
        try:
            with self._opener.open(request, timeout=self._voice.within) as answer:
                data = answer.read(LARGEST + 1)
        except urllib.error.HTTPError as error:
            raise SpeechFailed(
                f"{self._voice.url} answered {error.code}",
                lasting=error.code in (401, 403, 404),
            ) from None
        except (OSError, HTTPException) as error:
            why = getattr(error, "reason", None) or error
            raise SpeechFailed(f"{self._voice.url}: {why}") from None
        if len(data) > LARGEST:
            raise SpeechFailed(f"{self._voice.url} answered with more than 20 MB")
        try:
            return read_wav(data)[1]
        except BadSound as bad:
            raise SpeechFailed(f"the answer of {self._voice.url}: {bad}") from None


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        return None
