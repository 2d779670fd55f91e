"""How loud a recording is at each moment, and when there is something to hear.

Everything that judges a recording begins here, so this is what has to be quick: some
40 ms of a processor for three minutes, in plain Python. The sound is thinned to some
2,700 samples a second first. What is higher than half of that folds down instead of
being lost, so loudness stays what it is.

What can be heard is measured against the noise around it, not against one number: a
quiet speaker on a quiet line is heard, and the noise of a loud line is not.

    louder than LOUD                 sound, whatever it is: a steady tone, too
    NEAR above the noise around it   sound
    quieter than FAINT               silence, as nobody can hear it

Noise is what the quietest fifth of a half second is below. Who speaks takes a breath,
or closes his lips, so it shows itself within two seconds; and as a gain may rise while
nobody speaks, of two seconds before and after the louder one counts.

Each frame is measured against its own middle: an offset of the line is no sound.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log10
from operator import mul

THINNED = 8000 / 3
"""Samples a second that are looked at. A tone of a multiple of half of it would be
measured by where its samples happen to fall; 1,333 Hz is nobody's tone."""

FRAME = 54
"""Thinned samples of one measurement: 20 ms, a whole period of a mains hum."""

LOUDEST = 32768.0**2
NOTHING = -96.0
"""Decibels of digital silence. All levels are dB below the loudest square wave."""

LOUD = -38.0
NEAR = 7.0
FAINT = -58.0

EMPTY = -80.0
"""A line that is quieter carries nothing at all (silence suppressed, packets lost): it
says nothing about the noise of a line that does."""

BLOCK = 25
"""Frames of which the quietest fifth tells the noise: half a second."""

BLOCKS = 4
"""Blocks in which the noise shows itself, whoever speaks."""


@dataclass(frozen=True)
class Run:
    """Frames in a row that can be heard: from *first* to the one before *after*."""

    first: int
    after: int

    @property
    def frames(self) -> int:
        return self.after - self.first


@dataclass(frozen=True, kw_only=True)
class Loudness:
    """A recording as it is heard: a level for each frame, and which are sound."""

    thinned: Sequence[int]
    """Samples, FRAME of them for each frame."""
    rate: float
    """Thinned samples a second."""
    levels: Sequence[float]
    """Decibels of each frame, NOTHING to 0."""
    runs: Sequence[Run]
    """All that can be heard, however short."""

    @property
    def frame(self) -> float:
        """Seconds of one frame."""
        return FRAME / self.rate

    def frames(self, seconds: float) -> int:
        """How many whole frames these are, one at least."""
        return max(1, round(seconds / self.frame))


def loudness(samples: array[int], rate: int) -> Loudness:
    """Measure *samples* (16 bits, one channel) of *rate* a second, 8,000 or more.

    Raises `ValueError` for a lower rate: no telephone has one.
    """
    if rate < 8000:
        raise ValueError(f"{rate} samples a second are no telephone's sound; 8000 are")
    stride = round(rate / THINNED)
    thinned = samples[::stride].tolist()
    levels = [
        _level(thinned[at : at + FRAME])
        for at in range(0, len(thinned) - FRAME + 1, FRAME)
    ]
    return Loudness(
        thinned=thinned,
        rate=rate / stride,
        levels=levels,
        runs=_runs(levels),
    )


def joined(runs: Iterable[Run], *, gap: int, shortest: int) -> list[Run]:
    """*runs* with gaps of up to *gap* frames closed, then without the short ones."""
    found: list[Run] = []
    for run in runs:
        if found and run.first - found[-1].after <= gap:
            found[-1] = Run(found[-1].first, run.after)
        else:
            found.append(run)
    return [run for run in found if run.frames >= shortest]


def _level(frame: list[int]) -> float:
    middle = sum(frame) / FRAME
    power = sum(map(mul, frame, frame)) / FRAME - middle * middle
    # Less than a thousandth of a step is what rounding left of nothing.
    return 10 * log10(power / LOUDEST) if power > 1e-3 else NOTHING


def _runs(levels: Sequence[float]) -> list[Run]:
    runs: list[Run] = []
    begun: int | None = None
    for block, limit in enumerate(_limits(levels)):
        for at in range(block * BLOCK, min((block + 1) * BLOCK, len(levels))):
            if levels[at] <= limit:
                if begun is not None:
                    runs.append(Run(begun, at))
                    begun = None
            elif begun is None:
                begun = at
    if begun is not None:
        runs.append(Run(begun, len(levels)))
    return runs


def _limits(levels: Sequence[float]) -> list[float]:
    """For each block the level above which a frame of it can be heard."""
    if not levels:
        return []
    noises = [_noise(levels[at : at + BLOCK]) for at in range(0, len(levels), BLOCK)]
    last = max(0, len(noises) - BLOCKS)
    least = [min(noises[at : at + BLOCKS]) for at in range(last + 1)]
    limits: list[float] = []
    for at in range(len(noises)):
        # At both ends of a recording there is only one side to look at.
        before, after = least[max(0, at - BLOCKS + 1)], least[min(at, last)]
        limits.append(min(LOUD, max(FAINT, NEAR + max(before, after))))
    return limits


def _noise(block: Sequence[float]) -> float:
    """What the quietest fifth of a block is below; LOUD where the line was empty."""
    carried = sorted(level for level in block if level > EMPTY)
    return carried[len(carried) // 5] if carried else LOUD
