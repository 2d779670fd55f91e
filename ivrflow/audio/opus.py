"""Ogg Opus for mail: a quarter of a WAV's size, and every phone plays it.

Encoded by libsndfile, through the `soundfile` of the extra `audio`. Without it mail has
WAV attachments, and whoever asked for Opus reads why.
"""

from __future__ import annotations

import importlib
import io
from typing import Any

from ivrflow.prompts.audio import BadSound, read_wav

RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
"""Samples a second that Opus knows."""

COMPRESSION = 0.9
"""libsndfile's measure, 0 to 1. This is some 30 kbit/s: no difference from the line can
be heard; 0.8 is twice that."""

CURE = "install it with `pip install 'ivrflow[audio]'`, or write attach: wav"


class NoOpus(Exception):
    """Opus can't be made here. Says why, and what to do."""


def check() -> None:
    """Raise `NoOpus` if Opus can't be made here. Takes 100 ms once."""
    _library()


def opus(wav: bytes) -> bytes:
    """Return the sound of a WAV as an Ogg file (RFC 7845), one channel.

    Blocks: a minute of sound takes some 0.4 s, without the interpreter's lock. Raises
    `NoOpus`, and `BadSound` if *wav* is none that can be encoded.
    """
    soundfile = _library()
    _, sound = read_wav(wav)
    if sound.rate not in RATES:
        raise BadSound(f"{sound.rate} samples a second are none that Opus knows")
    out = io.BytesIO()
    try:
        with soundfile.SoundFile(
            out,
            "w",
            samplerate=sound.rate,
            channels=1,
            format="OGG",
            subtype="OPUS",
            compression_level=COMPRESSION,
        ) as file:
            # Second by second: libsndfile has put long writes on its stack.
            for begin in range(0, len(sound.samples), sound.rate):
                second = sound.samples[begin : begin + sound.rate]
                file.buffer_write(second.tobytes(), dtype="int16")
    except soundfile.LibsndfileError as error:
        raise NoOpus(f"libsndfile can't make Opus of it: {error}") from None
    return out.getvalue()


def _library() -> Any:
    try:
        # By name, since it has no types and most have no use for it.
        soundfile = importlib.import_module("soundfile")
    except ImportError:
        raise NoOpus(f"Opus needs the library soundfile; {CURE}") from None
    except OSError as error:
        raise NoOpus(f"soundfile finds no libsndfile ({error}); {CURE}") from None
    if "OPUS" not in soundfile.available_subtypes("OGG"):
        version = soundfile.__libsndfile_version__
        raise NoOpus(
            f"this libsndfile ({version}) can't make Opus; it takes 1.0.29 or later"
        )
    return soundfile
