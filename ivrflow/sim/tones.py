"""Tones, so that a test can prove who hears whom.

Each party of a call sends a tone of its own, and what another party hears is searched
for it: Goertzel's filter measures one frequency for two multiplications a sample, so
that no numerical library is needed.

Everything is a pure function of PCM: bytes, signed 16 bit little-endian, mono, 8000
samples a second. Levels are dBFS: 0 is the loudest square wave, -3 the loudest sine.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterable, Iterator

RATE = 8000
"""Samples a second, everywhere in telephony."""

SILENT = -90.0
"""The level of digital silence: less than the smallest step of 16 bit."""

DTMF = (697, 770, 852, 941, 1209, 1336, 1477, 1633)
"""The frequencies of keys, in Hz."""

FREE = (550, 1050, 1150, 1270, 1530, 1700, 1850, 1950)
"""Frequencies in Hz that nobody takes for a key or for one another.

They keep 50 Hz away from the frequencies of keys, of ringing, busy and information
tones, of fax machines and modems, and 40 Hz from each other's harmonics.
"""

_WINDOW = RATE // 10
"""Samples that are judged at once: 0.1 s tells frequencies 10 Hz apart."""

_AUDIBLE = -45.0
"""Below this level a window holds no tone, but the noise of a codec."""


def samples(pcm: bytes) -> array[int]:
    """Return the samples of *pcm*; half a sample at its end is left out."""
    numbers = array("h")
    numbers.frombytes(pcm[: len(pcm) // 2 * 2])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def tone(frequency: float, seconds: float, level: float = -12.0) -> bytes:
    """Return a sine of *frequency* Hz at *level* dBFS, *seconds* long.

    It starts at zero, so that a length of whole waves can be repeated without a click.
    """
    peak = 32767 * math.sqrt(2) * 10 ** (level / 20)
    if not 0 < frequency < RATE / 2:
        raise ValueError(f"{frequency} Hz: a telephone carries 1 to 3999 Hz")
    if peak > 32767:
        raise ValueError(f"a sine of {level} dBFS is cut off; -3.02 is the loudest one")
    step = 2 * math.pi * frequency / RATE
    wave = array("h", (round(peak * math.sin(step * n)) for n in _count(seconds)))
    if sys.byteorder == "big":
        wave.byteswap()
    return wave.tobytes()


def silence(seconds: float) -> bytes:
    """Return *seconds* of digital silence."""
    return bytes(2 * len(_count(seconds)))


def duration(pcm: bytes) -> float:
    """Return how many seconds *pcm* lasts."""
    return len(pcm) / 2 / RATE


def rms(pcm: bytes) -> float:
    """Return the root mean square of the samples: 0 for silence, at most 32768."""
    wave = samples(pcm)
    return math.sqrt(_energy(wave) / len(wave)) if wave else 0.0


def level(pcm: bytes) -> float:
    """Return how loud *pcm* is on average, in dBFS; `SILENT` if it is silent."""
    return max(20 * math.log10(max(rms(pcm), 1e-9) / 32768), SILENT)


def share(pcm: bytes, frequency: float) -> float:
    """Return how much of the energy of *pcm* lies at *frequency* Hz, from 0 to 1.

    A pure tone has nearly 1 at its own frequency, two equally loud tones 0.5 each,
    speech little anywhere. Silence has 0. Meant for tenths of a second, no more:
    the longer the sound, the narrower the frequency is taken.
    """
    return _share(samples(pcm), frequency)


def has_tone(pcm: bytes, frequency: float, *, lasting: float = 0.2) -> bool:
    """Tell if a tone of *frequency* Hz stands for *lasting* seconds somewhere in *pcm*.

    A second tone or speech over it does no harm, as long as a quarter of the energy
    is the tone's.
    """
    needed = max(1, round(lasting * RATE / _WINDOW))
    in_a_row = 0
    for window in _windows(pcm):
        heard = _audible(window) and _share(window, frequency) >= 0.25
        in_a_row = in_a_row + 1 if heard else 0
        if in_a_row >= needed:
            return True
    return False


def strongest(pcm: bytes, frequencies: Iterable[float]) -> float | None:
    """Return which of *frequencies* carries the most energy; None if there is no tone.

    *pcm* is judged in windows of 0.1 s. None means that in none of them a quarter of
    the energy lies at one of *frequencies*.
    """
    windows = [window for window in _windows(pcm) if _audible(window)]
    best: dict[float, float] = {
        f: max((_share(window, f) for window in windows), default=0.0)
        for f in frequencies
    }
    found = max(best, key=best.__getitem__, default=None)
    return found if found is not None and best[found] >= 0.25 else None


def _count(seconds: float) -> range:
    return range(round(seconds * RATE))


def _energy(wave: array[int]) -> int:
    return sum(n * n for n in wave)


def _audible(wave: array[int]) -> bool:
    floor = 32768 * 10 ** (_AUDIBLE / 20)
    return _energy(wave) >= len(wave) * floor * floor


def _share(wave: array[int], frequency: float) -> float:
    energy = _energy(wave)
    if not energy:
        return 0.0
    # Goertzel: a resonator of this frequency, hit by each sample in turn.
    turn = 2 * math.cos(2 * math.pi * frequency / RATE)
    last = before = 0.0
    for sample in wave:
        last, before = sample + turn * last - before, last
    power = last * last + before * before - turn * last * before
    return min(1.0, 2 * power / (len(wave) * energy))


def _windows(pcm: bytes) -> Iterator[array[int]]:
    wave = samples(pcm)
    for start in range(0, len(wave) - _WINDOW + 1, _WINDOW):
        yield wave[start : start + _WINDOW]
