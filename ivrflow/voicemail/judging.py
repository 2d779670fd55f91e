"""Is a recording a message, and where does it end?

Who hangs up at the beep leaves silence; who hangs up on an analogue line leaves minutes
of busy tone; who presses a key after thinking for ten seconds leaves those ten seconds.
None of it should wake an agent, fill a mailbox or be mailed. But a message that is
thrown away is lost, and one that should have been is a nuisance: whatever can't be told
is a message.

The verdict is a function of the sound, so it is the same whenever it is asked for
again, after a restart, too. It takes up to 60 ms of a processor for three minutes of
sound: call it in a thread.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from enum import Enum

from ivrflow.voicemail.loudness import joined, loudness
from ivrflow.voicemail.rules import Limits, long_enough
from ivrflow.voicemail.tones import busy_tone

SAID = 0.2
"""Seconds of sound that are a message at least: "yes" is one, a click is none."""

CLICK = 0.06
"""Seconds of sound that stand alone and are no speech: switches, lips, receivers."""

WORD = 0.15
"""Seconds of silence inside a word, before its last consonant."""

EDGE = 0.2
"""Seconds that are left before and after speech, as it begins and ends faintly."""


class Verdict(Enum):
    """What a recording is; only a `MESSAGE` is kept."""

    MESSAGE = "message"
    SHORT = "short"
    SILENT = "silent"
    TONE = "busy tone"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A recording of *seconds*, and what it is.

    Sound *begins* and *ends* at these seconds, with a moment of silence at both ends;
    after *ends* there is only silence or a busy tone, so this is how long a message
    lasts that is played from its start. Both are 0 where nobody has said anything.
    Always 0 <= begins <= ends <= seconds.
    """

    verdict: Verdict
    seconds: float
    begins: float = 0.0
    ends: float = 0.0


def judge(samples: array[int], rate: int, limits: Limits) -> Judged:
    """Tell what these *samples* (16 bits, one channel, *rate* a second) are.

    Of *limits* only `shortest` counts, against *ends*: a pause before the first word
    makes a message longer, one after the last word does not. Raises `ValueError` for
    less than 8,000 samples a second.
    """
    sound = loudness(samples, rate)
    seconds = len(samples) / rate
    tone = busy_tone(sound)
    spoken = joined(
        (run for run in sound.runs if tone is None or run.after <= tone.first),
        gap=sound.frames(WORD),
        shortest=sound.frames(CLICK),
    )
    if sum(run.frames for run in spoken) * sound.frame < SAID:
        verdict = Verdict.SILENT if tone is None else Verdict.TONE
        return Judged(verdict=verdict, seconds=seconds)
    over = seconds if tone is None else tone.first * sound.frame
    ends = min(over, spoken[-1].after * sound.frame + EDGE)
    if spoken[-1].after == len(sound.levels):
        ends = over  # what is left of the last frame belongs to it
    begins = max(0.0, spoken[0].first * sound.frame - EDGE)
    kept = long_enough(ends, limits)
    return Judged(
        verdict=Verdict.MESSAGE if kept else Verdict.SHORT,
        seconds=seconds,
        begins=begins,
        ends=ends,
    )
