"""Kokoro-82M on plain onnxruntime: the voice of the shipped recordings.

Needs the extra `tts` (pip install 'ivrflow[tts]') and the weights in the user's cache
(`weights.py`). The phonemes come from misaki (Chinese) and from espeak-ng through
phonemizer (English).

Joined words sound like one sentence only if none of them was spoken as a sentence of
its own: so a line is spoken with what stands around it, and cut out. The model tells
how long each of its sounds lasts, which is where the cut goes.
"""

from __future__ import annotations

import importlib.resources
import json
from array import array
from collections.abc import Callable
from typing import Any

from ivrflow.prompts.audio import FULL, Sound
from ivrflow.speech.cache import kept_folder
from ivrflow.speech.provider import Line, SpeechFailed, Voice
from ivrflow.speech.weights import KOKORO, needed

RATE = 24000

VOICES = {"en": "af_heart", "zh": "zm_yunjian"}

SIGNS = ",.:;?!"
"""What the model reads as a pause."""

_FRAME = 600
"""Samples in one unit of the durations."""

_LEAD = int(0.050 * RATE)
"""The sound runs before its durations by this much (seen in many sentences)."""

_REACH = int(0.045 * RATE)

_DURATIONS = "/encoder/Clip_output_0"
"""Inside the model: how long each phoneme lasts."""

_LONGEST = 500
"""Phonemes that the model takes at once."""


class Kokoro:
    """One voice of the model, which is held in memory (some 400 MB)."""

    def __init__(
        self, session: Any, tokens: dict[str, int], style: Any, voice: Voice
    ) -> None:
        self._session = session
        self._tokens = tokens
        self._style = style
        self._voice = voice
        self._read: Callable[[str], str] | None = None

    @classmethod
    def of(cls, voice: Voice) -> Kokoro:
        """Load the model; takes some seconds. Raises `SpeechFailed`."""
        short = voice.language.partition("-")[0]
        name = voice.voice or VOICES.get(short, "")
        if short not in VOICES:
            known = " ".join(VOICES)
            raise SpeechFailed(
                f"kokoro can't read {voice.language} here; it reads {known}",
                lasting=True,
            )
        folder = needed(KOKORO, kept_folder())
        file = folder / f"{name}.bin"
        if not name.replace("_", "").isalnum() or not file.is_file():
            known = " ".join(sorted(p.stem for p in folder.glob("*.bin")))
            raise SpeechFailed(f"kokoro has no voice {name!r}; there are {known}")
        try:
            import numpy as np
            import onnx
            import onnxruntime

            config = importlib.resources.files("kokoro_onnx") / "config.json"
            tokens = json.loads(config.read_text("utf-8"))["vocab"]
        except ImportError as error:
            raise SpeechFailed(
                f"kokoro needs {error.name}; install: pip install 'ivrflow[tts]'",
                lasting=True,
            ) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        graph = onnx.load(str(folder / KOKORO.joined))
        graph.graph.output.append(onnx.ValueInfoProto(name=_DURATIONS))
        session = onnxruntime.InferenceSession(
            graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        style = np.fromfile(file, dtype=np.float32).reshape(-1, 256)
        return cls(session, tokens, style, voice)

    def say(self, line: Line) -> Sound:
        phonemes = line.phonemes or self._phonemes(line.text)
        if not phonemes:
            raise SpeechFailed("there is nothing in the text that can be read aloud")
        before, after = self._phonemes(line.before), self._phonemes(line.after)
        first, middle, last = (
            [self._tokens[char] for char in part if char in self._tokens]
            for part in (f"{before} " if before else "", phonemes, after)
        )
        if after and after[0] not in SIGNS:
            last = [self._tokens[" "], *last]
        tokens = [*first, *middle, *last]
        if len(tokens) > _LONGEST:
            raise SpeechFailed("the text is too long for kokoro; part it in two")
        return self._sound(tokens, len(first), len(middle), before, line.speed)

    def _sound(
        self, tokens: list[int], first: int, middle: int, before: str, speed: float
    ) -> Sound:
        import numpy as np

        style = self._style[min(len(tokens) - 1, len(self._style) - 1)]
        sound, durations = self._session.run(
            ["audio", _DURATIONS],
            {
                "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
                "style": style.reshape(1, 256),
                "speed": np.array([self._voice.speed * speed], dtype=np.float32),
            },
        )
        whole = np.asarray(sound, dtype=np.float64).ravel()
        ends = np.cumsum(np.asarray(durations, dtype=np.float64).ravel()) * _FRAME
        # After a comma the cut goes into its silence, before a first s or f is heard.
        pause = before.endswith(tuple(SIGNS))
        begin = _quietest(whole, ends[first - pause]) if first else 0
        cut = first + middle < len(tokens)
        end = _quietest(whole, ends[first + middle]) if cut else len(whole)
        numbers = np.clip(whole[begin:end] * FULL, -FULL, FULL).astype(np.int16)
        return Sound(array("h", numbers.tobytes()), RATE)

    def _phonemes(self, text: str) -> str:
        """Return *text* as the model reads it."""
        if not text.strip():
            return ""
        if self._read is None:
            english = self._voice.language.startswith("en")
            try:
                self._read = _english() if english else _chinese()
            except ImportError as error:
                raise SpeechFailed(
                    f"kokoro needs {error.name}; install: pip install 'ivrflow[tts]'",
                    lasting=True,
                ) from None
        return self._read(text)


def _quietest(sound: Any, at: float) -> int:
    """Return the best place to cut near *at*: where the mouth is closed."""
    import numpy as np

    window = int(0.012 * RATE)
    middle = int(at) - _LEAD
    begin = max(middle - _REACH, 0)
    near = np.convolve(
        sound[begin : middle + _REACH] ** 2, np.ones(window) / window, "same"
    )
    return begin + int(near.argmin())


def _english() -> Callable[[str], str]:
    import espeakng_loader
    import phonemizer
    from phonemizer.backend.espeak.wrapper import EspeakWrapper

    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())

    def phonemes(text: str) -> str:
        found: str = phonemizer.phonemize(
            text, "en-us", preserve_punctuation=True, with_stress=True
        )
        return found.strip()

    return phonemes


def _chinese() -> Callable[[str], str]:
    from misaki import zh

    read = zh.ZHG2P()

    def phonemes(text: str) -> str:
        found = read(text)
        return str(found[0] if isinstance(found, tuple) else found).strip()

    return phonemes
