"""Busy tones: what a line plays to a recorder when the other side has gone.

On an analogue line nobody says that a caller has hung up: the exchange plays its busy,
reorder or congestion tone, and that is what is recorded, minutes of it. Each country
has its own (China 450 Hz 0.35 s on and off, North America 480 and 620 Hz 0.5 s or
0.25 s, the United Kingdom 400 Hz 0.375 s, most of Europe 425 Hz 0.5 s or 0.2 s; China's
"unobtainable" is three short ones and a long one), and exchanges keep to them loosely.
So this has no list of countries. It looks for what they have in common and speech,
music and a whistling modem have not, all of it at once:

- sound and silence take turns, each for 0.06 s to 1.2 s, and the turns repeat, after
  one to four of them;
- each sound is equally loud from its begin to its end, but for a lost packet;
- each is the same one or two pure tones of 300 to 740 Hz;
- there are three at least, or two rounds where a round has several; and after them
  nothing is heard any more.

What is taken for a busy tone is thrown away, so wherever one of these is missing it is
none. A steady tone is none either: it may be a message, of a machine for a machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin, sqrt
from operator import mul

from ivrflow.voicemail.loudness import FRAME, Loudness, Run, joined

SHORTEST, LONGEST = 0.06, 1.2
"""Seconds that a tone is on, and off."""

ROUNDS = (1, 2, 3, 4)
"""Tones after which a cadence repeats."""

TONES = 3
"""Tones that must be heard."""

UNEVEN = 0.045
"""Seconds by which tones and pauses of one cadence may differ: two frames."""

FLAT = 4.0
"""Decibels between the loudest and the quietest frame inside a tone: two tones beat."""

LOST, ENOUGH = 2, 8
"""Frames in which one lost packet shows, and frames of a tone that may do without."""

ALIKE = 7.0
"""Decibels between the tones of a cadence: congestion in the United Kingdom has 6."""

PURE = 0.85
"""Part of a tone's power that must be in its one or two pitches: noise has the rest."""

SECOND = 0.1
"""Part of the first pitch's power from which on there is a second one."""

LOWEST, HIGHEST = 300.0, 740.0
"""Hertz of the tones that exchanges play."""

WINDOW = 2 * FRAME
"""Thinned samples of which the pitch is told: 40 ms, so pitches are 25 Hz apart."""

BESIDE = 2
"""Places beside its own in which a pitch shows itself."""


def busy_tone(sound: Loudness) -> Run | None:
    """The frames of the busy tone in which *sound* ends; None where it ends in none.

    Silence after the tone is no matter. It begins with its first tone.
    """
    runs = joined(sound.runs, gap=1, shortest=2)
    if runs and _cut_off(sound, runs[-1]):
        runs.pop()
    if len(runs) < TONES:
        return None
    # The last tone may be cut off by the recording's end; the one before it is whole.
    pitch = _Pitch.of(sound, runs[-2])
    if pitch is None:
        return None
    tones = _tones(sound, runs, pitch)
    rounds = max(_repeated(sound, tones, every) for every in ROUNDS)
    return Run(tones[-rounds].first, tones[-1].after) if rounds else None


def _cut_off(sound: Loudness, run: Run) -> bool:
    """Whether the recording ends when *run* has only begun: it may be anything."""
    ends = run.after >= len(sound.levels) - 1
    return ends and run.frames < sound.frames(SHORTEST) + 2


def _tones(sound: Loudness, runs: Sequence[Run], pitch: _Pitch) -> list[Run]:
    """The last of *runs*: all that are tones of this pitch, with pauses between."""
    shortest, longest = sound.frames(SHORTEST), sound.frames(LONGEST)
    found: list[Run] = []
    for run in reversed(runs):
        pause = found[-1].first - run.after if found else shortest
        if not (
            shortest <= run.frames <= longest
            and shortest <= pause <= longest
            and pitch.is_of(sound, run)
        ):
            break
        found.append(run)
    return found[::-1]


def _repeated(sound: Loudness, tones: Sequence[Run], every: int) -> int:
    """How many of the last tones keep to a cadence of *every* tones; 0 if too few do.

    The first and the last one may be shorter where the recording cut them.
    """
    uneven = sound.frames(UNEVEN)
    last = len(tones) - 1
    kept = min(len(tones), every)
    for at in range(last - every, -1, -1):
        here, there = tones[at], tones[at + every]
        longer = here.frames - there.frames
        if longer > uneven and there.after < len(sound.levels) - 1:
            break
        if longer < -uneven and here.first > 1:
            break
        if at + every < last:
            pause = tones[at + 1].first - here.after
            then = tones[at + every + 1].first - there.after
            if abs(pause - then) > uneven:
                break
        kept += 1
    return kept if kept >= max(TONES, 2 * every) else 0


@dataclass(frozen=True)
class _Pitch:
    """One or two pure tones, as places in the table of pitches, and how loud."""

    places: Sequence[int]
    level: float

    @classmethod
    def of(cls, sound: Loudness, run: Run) -> _Pitch | None:
        """The pitch of *run*; None where it is none of a busy tone."""
        window = _window(sound, run)
        if window is None:
            return None
        step = sound.rate / WINDOW
        first, last = round(LOWEST / step), round(HIGHEST / step)
        powers = {
            place: _power(window, place)
            for place in range(first - BESIDE, last + BESIDE + 1)
        }
        main = max(range(first, last + 1), key=powers.__getitem__)
        others = [at for at in range(first, last + 1) if abs(at - main) > BESIDE + 1]
        second = max(others, key=powers.__getitem__)
        pitches = [main]
        if powers[second] > SECOND * powers[main]:
            pitches.append(second)
        places = {
            pitch + aside for pitch in pitches for aside in range(-BESIDE, BESIDE + 1)
        }
        found = cls(sorted(places), _median(sound, run))
        return found if found.is_of(sound, run) else None

    def is_of(self, sound: Loudness, run: Run) -> bool:
        """Whether *run* is this pitch, as loud, and equally loud all the time."""
        # The edges are half tone, half silence.
        inner = sorted(sound.levels[run.first + 1 : run.after - 1])
        if len(inner) > ENOUGH:
            inner = inner[LOST:]
        if not inner or inner[-1] - inner[0] > FLAT:
            return False
        if abs(_median(sound, run) - self.level) > ALIKE:
            return False
        window = _window(sound, run)
        if window is None:
            return False
        return sum(_power(window, place) for place in self.places) >= PURE


def _median(sound: Loudness, run: Run) -> float:
    inner = sorted(sound.levels[run.first : run.after])
    return inner[len(inner) // 2]


def _window(sound: Loudness, run: Run) -> list[float] | None:
    """The steadiest part of *run*, of power 1 and no offset; None: it is too short."""
    inner = range(run.first + 1, run.after - 2)
    if not inner:
        return None
    # Where the quieter one of two frames is loudest no packet was lost.
    begin = FRAME * max(inner, key=lambda at: min(sound.levels[at : at + 2]))
    piece = sound.thinned[begin : begin + WINDOW]
    if len(piece) < WINDOW:
        return None
    middle = sum(piece) / WINDOW
    faded = list(map(mul, [sample - middle for sample in piece], _fade()))
    # By Parseval: the powers of all places, those of negative pitch too, are then 1.
    whole = sqrt(sum(map(mul, faded, faded)) * WINDOW / 2)
    return [sample / whole for sample in faded] if whole else None


def _power(window: Sequence[float], place: int) -> float:
    """Which part of a window's power is at this place of the table."""
    of_cosine, of_sine = (sum(map(mul, window, wave)) for wave in _waves(place))
    return float(of_cosine * of_cosine + of_sine * of_sine)


@lru_cache
def _fade() -> Sequence[float]:
    """Hann's window: without it a pitch between two places shows in all of them."""
    return [0.5 - 0.5 * cos(2 * pi * at / WINDOW) for at in range(WINDOW)]


@lru_cache(maxsize=64)
def _waves(place: int) -> tuple[Sequence[float], Sequence[float]]:
    turn = 2 * pi * place / WINDOW
    return (
        [cos(turn * at) for at in range(WINDOW)],
        [sin(turn * at) for at in range(WINDOW)],
    )
