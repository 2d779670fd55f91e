"""Sounds of Asterisk's voicemail, made into WAV of 8 kHz, 16 bit, one channel.

`wav` and `sln` are read here. `WAV` (which Asterisk calls wav49) and `gsm` are coded as
GSM 06.10: the library soundfile reads them, where it is installed. A WAV that was cut
short by a crash is made whole first.
"""

from __future__ import annotations

import importlib
import io
import struct
import sys
from array import array
from typing import Any

from ivrflow.prompts.audio import FULL, BadSound, Sound, read_wav, write_wav
from ivrflow.prompts.shape import resampled
from ivrflow.voicemail.salvage import mended

RATE = 8000
SUFFIXES = ("wav", "sln", "WAV", "gsm")
"""As Asterisk calls them, the best first."""

LARGEST = 64_000_000
"""Bytes of a file: 66 minutes of a WAV."""

LARGEST_TO_CONVERT = 8_000_000
"""Bytes of a WAV with another rate or more channels, which Asterisk's voicemail has not
made: it takes seconds."""

LONGEST = 3600
"""Seconds of a coded one: small files may hold much."""

LIBRARY = "soundfile"
NEEDED = "coded as GSM: pip install 'ivrflow[audio]', and import again"

_GSM = 49
_GSM_FRAME = 33
"""Bytes of 20 ms."""

_AS_IT_IS = struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
"""A header's format of a WAV that needs no change."""


def wav_of(data: bytes, suffix: str) -> bytes:
    """Return *data*, a file with that *suffix*, as a WAV.

    Blocks: mostly milliseconds, for an hour of GSM a second. Raises `BadSound`, which
    says why, and what to install if that is the reason.
    """
    if suffix == "gsm":
        return write_wav(
            _decoded(data[: len(data) // _GSM_FRAME * _GSM_FRAME], raw=True)
        )
    if suffix == "sln":
        samples = array("h", data[: len(data) // 2 * 2])
        if sys.byteorder == "big":
            samples.byteswap()
        return write_wav(_filled(Sound(samples, RATE)))
    if suffix not in SUFFIXES:
        raise BadSound(f"{suffix!r} is no format that is read")
    whole = mended(data)
    form = _format(whole)
    if form[:2] == _GSM.to_bytes(2, "little"):
        return write_wav(_decoded(whole, raw=False))
    if form == _AS_IT_IS and whole[36:40] == b"data":
        if len(whole) < 46:
            raise BadSound("it has no samples")
        return whole
    if len(whole) > LARGEST_TO_CONVERT:
        raise BadSound(
            f"not 8 kHz, 16 bit, mono, and over {LARGEST_TO_CONVERT:,} bytes"
        )
    return write_wav(_filled(_at_rate(read_wav(whole)[1])))


def _format(wav: bytes) -> bytes:
    """The head of the format that a WAV says it has, where Asterisk writes it."""
    if len(wav) < 44 or (wav[:4], wav[8:16]) != (b"RIFF", b"WAVEfmt "):
        return b""
    return wav[20:36]


def _at_rate(sound: Sound) -> Sound:
    if sound.rate == RATE:
        return sound
    if not 4000 <= sound.rate <= 192_000:
        raise BadSound(f"{sound.rate} samples a second")
    # A caller's voice: what a telephone does not carry needs no better filter.
    scaled = resampled(sound.samples, sound.rate, RATE)
    return Sound(
        array("h", (round(max(-1.0, min(1.0, s)) * FULL) for s in scaled)), RATE
    )


def _filled(sound: Sound) -> Sound:
    if not sound.samples:
        raise BadSound("it has no samples")
    return sound


def _decoded(data: bytes, *, raw: bool) -> Sound:
    """Decode GSM 06.10, raw or in a WAV."""
    try:
        library: Any = importlib.import_module(LIBRARY)
    except (ImportError, OSError):  # OSError: it is there, and its C library is not
        raise BadSound(NEEDED) from None
    about: dict[str, Any] = {}
    if raw:
        about = {
            "format": "RAW",
            "subtype": "GSM610",
            "samplerate": RATE,
            "channels": 1,
        }
    try:
        with library.SoundFile(io.BytesIO(data), **about) as opened:
            # Asterisk makes no others; at 192 kHz a small file is a mountain.
            if (opened.channels, opened.samplerate) != (1, RATE):
                raise BadSound(
                    f"{opened.channels} channels, {opened.samplerate} samples a second,"
                    f" not 1 and {RATE}"
                )
            if opened.frames > LONGEST * RATE:
                raise BadSound(f"longer than {LONGEST} s")
            # Told how many, as the library can't find its way in what is coded so.
            heard = opened.buffer_read(opened.frames, dtype="int16")
            samples = array("h", bytes(heard))
    except (library.SoundFileError, RuntimeError, TypeError, ValueError) as error:
        raise BadSound(f"it can't be decoded: {str(error)[:80]}") from None
    return _filled(Sound(samples, RATE))
