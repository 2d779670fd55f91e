"""What a caller has heard of a whole call: where was it silent, and for how long?"""

from array import array
from dataclasses import dataclass

from ivrflow.sim import tones

FAINT = 330
"""Below it, some -40 dBFS, is what a line has when nobody speaks."""
FRAME = tones.RATE // 50


@dataclass(frozen=True)
class Silence:
    at: float
    """Seconds since the answer."""
    seconds: float

    def __str__(self):
        return f"{self.seconds:.1f} s of silence, {self.at:.1f} s after the answer"


def silences(pcm, *, longer, since=0.0):
    """Where nothing was heard for *longer* seconds, from *since* on. Takes a while."""
    found, began = [], None
    wave = array("h", pcm)
    for start in range(round(since * tones.RATE), len(wave) + FRAME, FRAME):
        frame = wave[start : start + FRAME]
        loud = sum(abs(sample) >= FAINT for sample in frame) * 10 > len(frame)
        if not loud and start < len(wave):
            began = start if began is None else began
        elif began is not None:
            seconds = (start - began) / tones.RATE
            if seconds > longer:
                found.append(Silence(began / tones.RATE, seconds))
            began = None
    return found
