"""What a recording must be like to be joined with others on a telephone line.

8 kHz, 16 bit, mono, as Asterisk plays it without converting; silence at the edges cut
to a known length, so that joined pieces flow; one loudness for all; nothing below the
band of a telephone, where the energy would be wasted.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import soxr

RATE = 8000
LOUDNESS = -19.0
"""RMS of the spoken part, in dB below full scale."""
PEAK = 0.95
"""The highest sample allowed, of 1. What is louder is turned down as a whole."""
FRAME = 80
"""10 ms: the step in which loudness is looked at."""

Sound = np.ndarray


def finished(sound: Sound, rate: int, *, before: float, after: float) -> Sound:
    """Return *sound* as it is stored; *before* and *after* are seconds of silence."""
    telephone = high_passed(soxr.resample(sound, rate, RATE, quality="VHQ"))
    spoken = trimmed(telephone)
    faded(spoken)
    quiet = [np.zeros(int(seconds * RATE)) for seconds in (before, after)]
    return np.concatenate([quiet[0], levelled(spoken), quiet[1]])


def high_passed(sound: Sound, corner: float = 120.0) -> Sound:
    """Take out hum and breath below *corner* Hz, gently: 12 dB an octave."""
    spectrum = np.fft.rfft(sound, n=2 * len(sound))
    hertz = np.fft.rfftfreq(2 * len(sound), 1 / RATE)
    ratio = (hertz / corner) ** 2
    return np.fft.irfft(spectrum * ratio / (1 + ratio))[: len(sound)]


def loudness_by_frame(sound: Sound) -> Sound:
    """Return the RMS of each 10 ms, in dB below full scale."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    return 10 * np.log10(np.mean(frames**2, axis=1) + 1e-10)


def trimmed(sound: Sound, margin: int = 2) -> Sound:
    """Cut what is silent at both ends, but for *margin* frames around the speech.

    An f or s has most of its sound above the telephone's band: what is left of it is
    50 dB weaker than a vowel, and yet makes the difference.
    """
    loud = loudness_by_frame(sound)
    spoken = np.flatnonzero(loud > max(loud.max() - 52, -68))
    if not len(spoken):
        return sound
    first, last = max(spoken[0] - margin, 0), spoken[-1] + 1 + margin
    return sound[first * FRAME : last * FRAME].copy()


def faded(sound: Sound, seconds: float = 0.012) -> None:
    """Fade both ends in place, so that a joint does not click."""
    ramp = np.linspace(0, 1, int(seconds * RATE))
    sound[: len(ramp)] *= ramp
    sound[-len(ramp) :] *= ramp[::-1]


def levelled(sound: Sound) -> Sound:
    """Bring the spoken frames to `LOUDNESS`, then below `PEAK` if need be."""
    loud = loudness_by_frame(sound)
    spoken = loud[loud > loud.max() - 25]
    mean = 10 * np.log10(np.mean(10 ** (spoken / 10)))
    louder = sound * 10 ** ((LOUDNESS - mean) / 20)
    return louder * min(1.0, PEAK / np.abs(louder).max())


def save(path: Path, sound: Sound) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.round(np.clip(sound, -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def load(path: Path) -> Sound:
    """Return the samples of a file of ours, from -1 to 1."""
    with wave.open(str(path), "rb") as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (
            1,
            2,
            RATE,
        ):
            raise ValueError(f"{path} is not 8 kHz, 16 bit, mono")
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return samples / 32768
