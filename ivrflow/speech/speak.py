"""Speaking one text with the voice of its language, kept for the next time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ivrflow.speech.cache import Cache, kept_folder
from ivrflow.speech.provider import (
    Line,
    Provider,
    SpeechFailed,
    Voice,
    key_of,
    render,
)
from ivrflow.speech.providers import provider_of


class Speaker:
    """Voices for languages, and a cache. Its methods block."""

    def __init__(self, voices: Mapping[str, Voice], cache: Cache) -> None:
        self._voices = voices
        self._cache = cache
        self._providers: dict[str, Provider] = {}

    def voice(self, language: str) -> Voice | None:
        """Return the voice for *language*, that of its region or of all of it."""
        return self._voices.get(language) or self._voices.get(
            language.partition("-")[0]
        )

    def provider(self, voice: Voice) -> Provider:
        """Return what speaks with *voice*, made once; raises `SpeechFailed`."""
        if voice.language not in self._providers:
            self._providers[voice.language] = provider_of(voice)
        return self._providers[voice.language]

    def speak(
        self, line: Line, language: str, *, rate: int = 8000, words: str = ""
    ) -> Path:
        """Return the file of *line*, from the cache or made now.

        Raises `SpeechFailed`, OSError.
        """
        voice = self.voice(language)
        if voice is None:
            raise SpeechFailed(
                f"no voice speaks {language}; name one in speech: of the settings",
                lasting=True,
            )
        key = key_of(voice, line, rate)
        if kept := self._cache.get(key, rate):
            return kept
        sound = render(self.provider(voice), line, words or line.text, rate)
        return self._cache.put(key, sound)


def speak(words: str, language: str, voices: Mapping[str, Voice] | None = None) -> Path:
    """Return a WAV (8 kHz, 16 bit, mono) in the user's cache that says *words*.

    Without *voices* (language -> voice) espeak-ng speaks. Blocks, up to some seconds.
    Raises `SpeechFailed`, whose text says what to do.
    """
    speaker = Speaker(
        voices if voices is not None else {language: Voice(language=language)},
        Cache(kept_folder() / "speech"),
    )
    try:
        return speaker.speak(Line(text=words), language)
    except OSError as error:
        raise SpeechFailed(
            f"cannot write below {kept_folder()}: {error.strerror}", lasting=True
        ) from None
