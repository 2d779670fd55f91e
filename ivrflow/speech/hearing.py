"""Hearing a recording again: does a listener understand what it should say?

An ear turns sound into text. `whisper-base` runs on this machine, with the extra `stt`
and the model in the user's cache; any program that reads a WAV and prints text will do
too.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ivrflow.prompts.audio import Sound, read_wav, write_wav
from ivrflow.prompts.phrase import Clip
from ivrflow.prompts.shape import resampled
from ivrflow.speech import compare
from ivrflow.speech.cache import kept_folder
from ivrflow.speech.provider import SpeechFailed
from ivrflow.speech.weights import WHISPER, needed

WHISPER_RATE = 16000

HINTS = {"zh": "以下是普通话的句子。"}
"""Makes Whisper write simplified characters; it says nothing of what is heard."""


class Ear(Protocol):
    """Something that understands speech."""

    def hears(self, sound: Sound, language: str) -> str:
        """Return the words in *sound*. Blocks; raises `SpeechFailed`."""


class Whisper:
    """Whisper (base, int8), by faster-whisper."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @classmethod
    def load(cls, threads: int = 1) -> Whisper:
        """Load the model; takes a second or two. Raises `SpeechFailed`."""
        folder = needed(WHISPER, kept_folder())
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise SpeechFailed(
                f"hearing needs {error.name}; install: pip install 'ivrflow[stt]'",
                lasting=True,
            ) from None
        return cls(
            WhisperModel(
                str(folder),
                device="cpu",
                compute_type="int8",
                cpu_threads=threads,
                local_files_only=True,
            )
        )

    def hears(self, sound: Sound, language: str) -> str:
        import numpy as np

        short = language.partition("-")[0]
        heard, _ = self._model.transcribe(
            np.array(
                resampled(sound.samples, sound.rate, WHISPER_RATE), dtype=np.float32
            ),
            language=short,
            beam_size=5,
            condition_on_previous_text=False,
            initial_prompt=HINTS.get(short),
        )
        return " ".join(part.text.strip() for part in heard)


class CommandEar:
    """A program that gets a WAV by standard input and prints what it understands.

    `{language}` in an argument is the language.
    """

    def __init__(self, arguments: Sequence[str], within: float = 60.0) -> None:
        self._arguments = tuple(arguments)
        self._within = within

    def hears(self, sound: Sound, language: str) -> str:
        argv = [part.replace("{language}", language) for part in self._arguments]
        try:
            done = subprocess.run(
                argv,
                input=write_wav(sound),
                capture_output=True,
                timeout=self._within,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SpeechFailed(f"{argv[0]}: {error}", lasting=True) from None
        if done.returncode != 0:
            raise SpeechFailed(f"{argv[0]} failed with status {done.returncode}")
        return done.stdout.decode(errors="replace").strip()


@dataclass(frozen=True, slots=True)
class Heard:
    """What an ear made of a recording."""

    clip: Clip
    words: str
    right: bool
    close: float
    """How much of its sounds came through, 0 to 1."""


def hear(recordings: Iterable[tuple[Clip, Path]], ear: Ear) -> Iterator[Heard]:
    """Yield what *ear* hears in each recording. Blocks; raises `SpeechFailed`."""
    for clip, path in recordings:
        _, sound = read_wav(path.read_bytes())
        quiet = Sound(sound.samples[:0], sound.rate)
        quiet.samples.extend([0] * (sound.rate // 4))
        # A listener hears silence around a word; without it Whisper guesses.
        sound = Sound(quiet.samples + sound.samples + quiet.samples, sound.rate)
        words = ear.hears(sound, clip.language)
        right = compare.same(clip.words, words, clip.language)
        close = 1.0 if right else compare.closeness(clip.words, words, clip.language)
        yield Heard(clip, words, right, close)
