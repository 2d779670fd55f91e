"""Hearing a recording again: does a listener understand what it should say?

An ear turns sound into text. `whisper-base` runs on this machine, with the extra `stt`
and the model in the user's cache; any program that reads a WAV and prints text will do
too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from ivrflow.prompts.audio import FULL, Sound, read_wav, write_wav
from ivrflow.prompts.phrase import Clip
from ivrflow.prompts.shape import resampled
from ivrflow.speech import compare
from ivrflow.speech.cache import kept_folder
from ivrflow.speech.provider import SpeechFailed
from ivrflow.speech.weights import WHISPER, needed

WHISPER_RATE = 16000

BAND, REACH = 0.94, 48
"""Of 4 kHz, what is kept when the rate is doubled; and samples looked at, each way."""

HINTS = {"zh": "以下是普通话的句子。"}
"""Makes Whisper write simplified characters; it says nothing of what is heard."""

LARGEST_TEXT = 100_000
"""Bytes that are read of what a program prints."""


class Ear(Protocol):
    """Something that understands speech."""

    def hears(self, sound: Sound, language: str) -> str:
        """Return the words in *sound*. Blocks; raises `SpeechFailed`.

        *language*: as `zh-CN`; "" if it is not known.
        """


class Whisper:
    """Whisper (base, int8), by faster-whisper."""

    def __init__(self, model: Any, *, skips_silence: bool = False) -> None:
        """*skips_silence*: what is no speech is left out before it listens.

        For what people say: in silence and noise Whisper hears words that nobody has
        said. Not for recordings of single words, which may be taken for noise.
        """
        self._model = model
        self._skips_silence = skips_silence

    @classmethod
    def load(cls, threads: int = 1, *, skips_silence: bool = False) -> Whisper:
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
            ),
            skips_silence=skips_silence,
        )

    def hears(self, sound: Sound, language: str) -> str:
        short = language.partition("-")[0].lower()
        known = short if short in self._model.supported_languages else None
        heard, _ = self._model.transcribe(
            floats(sound),
            language=known,  # None: it listens for a moment, and finds out
            beam_size=5,
            condition_on_previous_text=False,
            initial_prompt=HINTS.get(short),
            vad_filter=self._skips_silence,
        )
        parts = (part.text.strip() for part in heard)
        # Where it hears nothing, it may repeat what it was told beforehand.
        return " ".join(part for part in parts if part not in HINTS.values())


def floats(sound: Sound) -> Any:
    """The samples of *sound* as Whisper takes them: an array of floats at 16 kHz.

    Some 0.1 s for a minute at 8 kHz; other rates take twenty times as long.
    """
    import numpy as np

    if sound.rate * 2 != WHISPER_RATE:
        scaled = resampled(sound.samples, sound.rate, WHISPER_RATE)
        return np.array(scaled, dtype=np.float32)
    # What the telephone has, of which there may be ten minutes: the same windowed sinc
    # as in `resampled`, of which every other sample stands already.
    spread = np.zeros(2 * len(sound.samples), dtype=np.float32)
    spread[::2] = np.array(sound.samples, dtype=np.float32) / (FULL + 1)
    at = np.arange(-REACH, REACH + 1)
    taps = BAND * np.sinc(BAND * at / 2) * np.hanning(2 * REACH + 3)[1:-1]
    return np.convolve(spread, taps.astype(np.float32), "same")


class CommandEar:
    """A program that gets a WAV by standard input and prints what it understands.

    `{language}` in an argument is the language.
    """

    def __init__(self, arguments: Sequence[str], within: float = 60.0) -> None:
        self._arguments = tuple(arguments)
        self._within = within

    def hears(self, sound: Sound, language: str) -> str:
        argv = [part.replace("{language}", language) for part in self._arguments]
        # A file and no pipe: whatever a program prints, there is an end to what of it
        # is kept.
        with _file() as said:
            try:
                done = subprocess.run(
                    argv,
                    input=write_wav(sound),
                    stdout=said,
                    stderr=subprocess.DEVNULL,
                    timeout=self._within,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise SpeechFailed(
                    f"{argv[0]} took longer than {self._within:g} s"
                ) from None
            except OSError as error:
                raise SpeechFailed(
                    f"{argv[0]} can't be run: {error.strerror}; install it, or name "
                    "another program",
                    lasting=True,
                ) from None
            if done.returncode != 0:
                raise SpeechFailed(f"{argv[0]} failed with status {done.returncode}")
            said.seek(0)
            return said.read(LARGEST_TEXT).decode(errors="replace").strip()


def _file() -> IO[bytes]:
    """A file that is on no disk, where that is possible: callers' words stand in it."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("heard"), "w+b")
    return tempfile.TemporaryFile()


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
