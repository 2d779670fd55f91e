"""Tones that a flow may play: `say: tone:ring`. Pure.

Asterisk's own `tone:` never ends by itself, so ours are sounds of a second or two,
shipped as `sounds/tones/*.wav`; `python -m ivrflow.prompts.tones sounds` makes them.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Mapping
from pathlib import Path

from ivrflow.prompts.audio import FULL, Sound, write_wav

PREFIX = "tone:"

BEEP = "beep"
"""Asterisk has this one itself."""

FOLDER = "tones"
"""Below the shipped sounds."""

Burst = tuple[tuple[int, ...], float]
"""Frequencies in Hz that sound together, () for silence; and seconds."""

TONES: Mapping[str, tuple[Burst, ...]] = {
    "ring": (((440, 480), 1.2), ((), 0.8)),
    "busy": (((425,), 0.35), ((), 0.35)) * 3,
    "done": (((880,), 0.14), ((1175,), 0.26), ((), 0.1)),
    "wrong": (((950,), 0.3), ((1400,), 0.3), ((1800,), 0.3), ((), 0.1)),
}
"""Ringing once; busy; it is done; it can't be done."""

NAMES = (BEEP, *TONES)

_RATE = 8000
_LEVEL = 0.18
_EDGE = 0.004
"""Seconds in which a tone swells and fades, so that it does not click."""


def tone_in(text: str) -> str | None:
    """Return the name of the tone that *text* is, known or not; None if it is words."""
    return text.removeprefix(PREFIX).strip() if text.startswith(PREFIX) else None


def seconds(name: str) -> float:
    """Return how long the tone lasts."""
    return 0.4 if name == BEEP else sum(part for _, part in TONES[name])


def sound(name: str) -> Sound:
    """Return the tone *name*, one of `TONES`."""
    samples: list[float] = []
    for together, lasts in TONES[name]:
        count = round(lasts * _RATE)
        for n in range(count):
            near = min(n, count - 1 - n) / (_EDGE * _RATE)
            level = _LEVEL * min(1.0, near) / max(len(together), 1)
            turn = 2 * math.pi * n / _RATE
            samples.append(level * sum(math.sin(turn * hertz) for hertz in together))
    return Sound(array("h", (round(s * FULL) for s in samples)), _RATE)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) / FOLDER
    folder.mkdir(exist_ok=True)
    for known in TONES:
        (folder / f"{known}.wav").write_bytes(write_wav(sound(known)))
