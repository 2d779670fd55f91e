"""What a recording must be like to be joined with others on a telephone line. Pure.

8 or 16 kHz, as Asterisk plays it without converting; silence at the edges cut to a
known length, so that joined pieces flow; one loudness for all; nothing below the band
of a telephone, where the energy would be wasted. Plain Python, about 60 ms of a
processor for each second of sound: never in the event loop.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from functools import lru_cache
from operator import mul

from ivrflow.prompts.audio import FULL, Sound

LOUDNESS = -19.0
"""RMS of the spoken part, in dB below full scale."""

PEAK = 0.95
"""The highest sample allowed, of 1. What is louder is turned down as a whole."""

EDGE = 0.015
"""Seconds of silence at each end; what is trimmed keeps up to 20 ms of its own."""

PAUSES = {
    **dict.fromkeys(",，、;；:：", 0.18),
    **dict.fromkeys(".。?？!！", 0.25),
}
"""Seconds of silence after a recording that ends with this sign, or before one that
begins with it: the pause of a sentence that was cut into pieces."""

NOTHING = -100.0
"""The loudness of silence, in dB."""

_TAPS = 24
"""Half the samples that each new sample is made of, at the lower of the two rates."""


def silence_around(words: str) -> tuple[float, float]:
    """Return the seconds of silence before and after a recording of *words*."""
    ends = words.strip()
    if not ends:
        return EDGE, EDGE
    return max(PAUSES.get(ends[0], 0.0), EDGE), max(PAUSES.get(ends[-1], 0.0), EDGE)


def finished(sound: Sound, rate: int, *, before: float, after: float) -> Sound:
    """Return *sound* as it is stored; *before* and *after* are seconds of silence."""
    floats = high_passed(resampled(sound.samples, sound.rate, rate), rate)
    spoken = trimmed(floats, rate)
    faded(spoken, rate)
    levelled(spoken, rate)
    quiet = [[0.0] * round(seconds * rate) for seconds in (before, after)]
    whole = (*quiet[0], *spoken, *quiet[1])
    return Sound(array("h", (_clipped(s) for s in whole)), rate)


def _clipped(sample: float) -> int:
    return max(-FULL, min(FULL, round(sample * FULL)))


def resampled(samples: Sequence[float], old: int, new: int) -> list[float]:
    """Return *samples* at *new* samples a second, -1 to 1: a windowed sinc."""
    scaled = [s / (FULL + 1) for s in samples]
    if old == new:
        return scaled
    divisor = math.gcd(old, new)
    up, down = new // divisor, old // divisor
    reach = math.ceil(_TAPS * max(1.0, old / new))
    padded = [0.0] * reach + scaled + [0.0] * reach
    width = 2 * reach
    made = []
    for at in range(len(scaled) * up // down):
        middle, phase = divmod(at * down, up)
        taps = _filter(up, down, phase)
        made.append(sum(map(mul, padded[middle + 1 : middle + 1 + width], taps)))
    return made


@lru_cache(maxsize=8192)  # an odd rate, such as 44,101, has 8,000 of them
def _filter(up: int, down: int, phase: int) -> tuple[float, ...]:
    """Return the weights of the samples around a place *phase*/*up* after one."""
    # Slightly below half the lower rate: what is above would come back as a whistle.
    band = 0.94 * min(1.0, up / down)
    reach = math.ceil(_TAPS * max(1.0, down / up))
    weights = []
    for n in range(-reach + 1, reach + 1):
        x = n - phase / up
        window = 0.5 + 0.5 * math.cos(math.pi * x / reach) if abs(x) < reach else 0.0
        turn = math.pi * band * x
        weights.append(window * band * (math.sin(turn) / turn if x else 1.0))
    return tuple(weights)


def high_passed(sound: list[float], rate: int, corner: float = 120.0) -> list[float]:
    """Take out hum and breath below *corner* Hz, gently: 12 dB an octave."""
    turn = 2 * math.pi * corner / rate
    alpha = math.sin(turn) / math.sqrt(2)
    cosine, whole = math.cos(turn), 1 + alpha
    b0 = (1 + cosine) / 2 / whole
    a1, a2 = -2 * cosine / whole, (1 - alpha) / whole
    made = []
    x1 = x2 = y1 = y2 = 0.0
    for x in sound:
        y = b0 * (x - 2 * x1 + x2) - a1 * y1 - a2 * y2
        made.append(y)
        x1, x2, y1, y2 = x, x1, y, y1
    return made


def loudness_by_frame(sound: Sequence[float], rate: int) -> list[float]:
    """Return the RMS of each 10 ms, in dB below full scale."""
    size = rate // 100
    found = []
    for begin in range(0, len(sound) - size + 1, size):
        part = sound[begin : begin + size]
        mean = sum(map(mul, part, part)) / size
        found.append(10 * math.log10(mean) if mean > 1e-10 else NOTHING)
    return found


def trimmed(sound: list[float], rate: int, margin: int = 2) -> list[float]:
    """Cut what is silent at both ends, but for *margin* frames around the speech.

    An f or s has most of its sound above the telephone's band: what is left of it is
    50 dB weaker than a vowel, and yet makes the difference.
    """
    loud = loudness_by_frame(sound, rate)
    least = max(max(loud, default=0.0) - 52, -68)
    spoken = [n for n, level in enumerate(loud) if level > least]
    if not spoken:
        return sound[:]
    size = rate // 100
    first, last = max(spoken[0] - margin, 0), spoken[-1] + 1 + margin
    return sound[first * size : last * size]


def faded(sound: list[float], rate: int, seconds: float = 0.012) -> None:
    """Fade both ends in place, so that a joint does not click."""
    count = min(round(seconds * rate), len(sound) // 2)
    for n in range(count):
        sound[n] *= n / count
        sound[-1 - n] *= n / count


def spoken_loudness(loud: Sequence[float]) -> float:
    """Return how loud the frames are in which somebody speaks, in dB."""
    top = max(loud, default=NOTHING)
    powers = [10 ** (level / 10) for level in loud if level > top - 25]
    return 10 * math.log10(sum(powers) / len(powers)) if powers else NOTHING


def levelled(sound: list[float], rate: int) -> None:
    """Bring the spoken frames to `LOUDNESS`, then all below `PEAK` if need be."""
    mean = spoken_loudness(loudness_by_frame(sound, rate))
    if mean <= NOTHING:
        return
    gain = 10 ** ((LOUDNESS - mean) / 20)
    peak = max(map(abs, sound)) * gain
    gain *= min(1.0, PEAK / peak) if peak else 1.0
    sound[:] = [s * gain for s in sound]
