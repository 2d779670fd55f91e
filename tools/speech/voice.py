"""Kokoro on plain onnxruntime: text and a voice in, sound out.

Needs the weights and the voices as files (see sounds/README.md) and, for the phonemes,
misaki (Chinese) and espeak-ng through phonemizer (English). These are used when sounds
are made and are no part of what is shipped.
"""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime

RATE = 24000
VOICES = {"en": "af_heart", "zh": "zm_yunjian"}


class Kokoro:
    def __init__(self, model: Path, voices: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            _with_durations(model), options, providers=["CPUExecutionProvider"]
        )
        config = importlib.resources.files("kokoro_onnx") / "config.json"
        self._tokens: dict[str, int] = json.loads(config.read_text())["vocab"]
        self._voices = voices
        self._phonemes: dict[str, Any] = {}

    def phonemes(self, text: str, language: str) -> str:
        """Return *text* as the model reads it. *language* is en or zh."""
        if not text.strip():
            return ""
        if language not in self._phonemes:
            self._phonemes[language] = _english() if language == "en" else _chinese()
        phonemes: str = self._phonemes[language](text)
        return phonemes

    def say(
        self, phonemes: str, voice: str, speed: float, *, before: str, after: str
    ) -> np.ndarray:
        """Return the sound of *phonemes* at 24 kHz, cut out of a whole sentence.

        *before* and *after* are the phonemes around it: spoken alone, a single word
        gets the melody and the slowness of a sentence of its own.
        """
        first, middle, last = (
            [self._tokens[char] for char in part if char in self._tokens]
            for part in (f"{before} " if before else "", phonemes, after)
        )
        if after and after[0] not in SIGNS:
            last = [self._tokens[" "], *last]
        tokens = [*first, *middle, *last]
        styles = np.fromfile(self._voices / f"{voice}.bin", dtype=np.float32)
        styles = styles.reshape(-1, 256)
        sound, durations = self._session.run(
            ["audio", DURATIONS],
            {
                "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
                "style": styles[min(len(tokens) - 1, len(styles) - 1)].reshape(1, 256),
                "speed": np.array([speed], dtype=np.float32),
            },
        )
        whole = np.asarray(sound, dtype=np.float64).ravel()
        ends = np.cumsum(np.asarray(durations, dtype=np.float64).ravel()) * FRAME
        # After a comma the cut goes into its silence, before a first s or f is heard.
        pause = before.endswith(tuple(SIGNS))
        begin = _quietest(whole, ends[len(first) - pause]) if first else 0
        end = _quietest(whole, ends[len(first) + len(middle)]) if last else len(whole)
        return whole[begin:end]


SIGNS = ",.:;?!"
"""What the model reads as a pause."""
FRAME = 600
"""Samples in one unit of the durations."""
LEAD = int(0.050 * RATE)
"""The sound runs before its durations by this much (seen in many sentences)."""
REACH = int(0.045 * RATE)


def _quietest(sound: np.ndarray, at: float) -> int:
    """Return the best place to cut near *at*: where the mouth is closed."""
    window = int(0.012 * RATE)
    middle = int(at) - LEAD
    begin = max(middle - REACH, 0)
    near = np.convolve(
        sound[begin : middle + REACH] ** 2, np.ones(window) / window, "same"
    )
    return begin + int(near.argmin())


DURATIONS = "/encoder/Clip_output_0"
"""Inside the model: how long each phoneme lasts. It tells where a word can be cut."""


def _with_durations(model: Path) -> bytes:
    """Return the model with the phonemes' durations as a second output."""
    graph = onnx.load(str(model))
    graph.graph.output.append(onnx.ValueInfoProto(name=DURATIONS))
    found: bytes = graph.SerializeToString()
    return found


def _english() -> Any:
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


def _chinese() -> Any:
    from misaki import zh

    read = zh.ZHG2P()

    def phonemes(text: str) -> str:
        found = read(text)
        return str(found[0] if isinstance(found, tuple) else found).strip()

    return phonemes
