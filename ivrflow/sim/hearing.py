"""Whether a recording was heard: finds a known sound in what a phone received.

A robot caller must not believe the service's word that a prompt was played. The known
recording is slid along the received sound: first coarsely, by how loud each 20 ms are,
then to the sample where that fits best. What comes out is the correlation, 1 for the
same sound; the telephone's G.711 leaves 0.99, another prompt stays below 0.5.

Pure Python, about a second for half a minute of sound: call it in a thread.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

from ivrflow.sim.tones import RATE, samples

FRAME = RATE // 50
"""Samples of 20 ms, what one packet carries."""

CANDIDATES = 24
"""Coarse places that are looked at closely: how loud half a second of speech is looks
like many a place of music, and the right one was the tenth."""

SURE = 0.98
"""The correlation from which nothing better is looked for."""

CLOSE = RATE // 5
"""Samples compared closely: 0.2 s of the loudest part."""

HEARD = 0.9
"""The correlation from which a recording counts as heard."""


def heard(pcm: bytes, recording: bytes) -> bool:
    """Whether *recording* is in *pcm*; both s16le, mono, 8000 Hz."""
    return likeness(pcm, recording) >= HEARD


def likeness(pcm: bytes, recording: bytes) -> float:
    """Return the best correlation of *recording* with any place of *pcm*, 0 to 1."""
    long, short = samples(pcm), samples(recording)
    if len(short) < 2 * FRAME or len(long) < len(short):
        return 0.0
    loud_long, loud_short = _loudness(long), _loudness(short)
    coarse = sorted(
        (
            (_correlation(loud_long[n : n + len(loud_short)], loud_short), n)
            for n in range(len(loud_long) - len(loud_short) + 1)
        ),
        reverse=True,
    )
    begin = _loudest(short)
    part = short[begin : begin + CLOSE]
    best, looked_at = 0.0, set[int]()
    for _, frame in coarse:
        if len(looked_at) == CANDIDATES or best >= SURE:
            break
        if {frame - 1, frame, frame + 1} & looked_at:
            continue  # as good as looked at
        looked_at.add(frame)
        middle = frame * FRAME + begin
        for at in range(max(0, middle - FRAME), middle + FRAME):
            window = long[at : at + len(part)]
            if len(window) == len(part):
                best = max(best, _correlation(window, part))
    return best


def _loudness(wave: array[int]) -> list[float]:
    """How loud each frame is, as a logarithm: as an ear has it."""
    return [
        math.log1p(sum(abs(s) for s in wave[n : n + FRAME]) / FRAME)
        for n in range(0, len(wave) - FRAME + 1, FRAME)
    ]


def _loudest(wave: array[int]) -> int:
    """Where the loudest `CLOSE` samples begin."""
    starts = range(0, max(1, len(wave) - CLOSE), FRAME)
    return max(starts, key=lambda n: sum(abs(s) for s in wave[n : n + CLOSE]))


def _correlation(a: Sequence[float], b: Sequence[float]) -> float:
    mean_a, mean_b = math.fsum(a) / len(a), math.fsum(b) / len(b)
    ab = aa = bb = 0.0
    for x, y in zip(a, b, strict=True):
        x, y = x - mean_a, y - mean_b
        ab += x * y
        aa += x * x
        bb += y * y
    return ab / math.sqrt(aa * bb) if aa and bb else 0.0
