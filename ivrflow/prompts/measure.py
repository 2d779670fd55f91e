"""Is a recording fit for a telephone line? Measured, and judged. Pure.

What is measured is what a caller would complain of: nothing to be heard, crackling,
one prompt that shouts, one that whispers, a long wait before the first word. The
limits leave room for people: our own renderings lie near -19 dB.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ivrflow.prompts.audio import FULL, Format, Sound, read_wav
from ivrflow.prompts.shape import NOTHING, loudness_by_frame, spoken_loudness

SILENT = -55.0
"""Below this loudness nobody hears anything; dB."""

TOO_QUIET = -32.0
TOO_LOUD = -12.0
"""Of the spoken part, in dB. -19 is what renderings have."""

CLIPPED = 0.0005
"""The share of samples at full scale from which a recording crackles."""

LONGEST_EDGE = 0.7
"""Seconds of silence at an end from which a caller wonders."""

ENDINGS = {8000: ".wav", 16000: ".wav16"}
"""Samples a second -> how Asterisk wants such a file to be named."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a recording is like. Loudness in dB below full scale."""

    form: Format
    seconds: float
    loudness: float
    clipped: float
    """The share of its samples at full scale."""
    before: float
    """Seconds of silence at its beginning."""
    after: float


def measure(wav: bytes) -> Measured:
    """Measure a WAV; raises `BadSound`."""
    form, sound = read_wav(wav)
    return measured(form, sound)


def measured(form: Format, sound: Sound) -> Measured:
    floats = [s / (FULL + 1) for s in sound.samples]
    loud = loudness_by_frame(floats, sound.rate)
    least = max(max(loud, default=NOTHING) - 40, SILENT)
    spoken = [n for n, level in enumerate(loud) if level > least]
    full = sum(1 for s in sound.samples if not -FULL < s < FULL)
    return Measured(
        form=form,
        seconds=round(sound.seconds, 3),
        loudness=round(spoken_loudness(loud), 1),
        clipped=full / max(len(sound.samples), 1),
        before=spoken[0] / 100 if spoken else sound.seconds,
        after=(len(loud) - 1 - spoken[-1]) / 100 if spoken else sound.seconds,
    )


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something wrong with a recording. *kind* never changes its meaning."""

    kind: str
    message: str


def faults(found: Measured, ending: str = ".wav") -> Iterator[Fault]:
    """Yield what is wrong with a recording in a file with that *ending*."""
    rate = next((r for r, known in ENDINGS.items() if known == ending), 8000)
    right = Format(rate, 1, 16)
    if found.form != right:
        yield Fault(
            "format", f"it is {found.form}; a {ending} that Asterisk plays is {right}"
        )
    if found.loudness < SILENT:
        yield Fault("silent", "nothing can be heard in it")
        return
    if found.clipped > CLIPPED:
        yield Fault(
            "clipped",
            f"{found.clipped:.1%} of it is cut off at full scale; record it again, "
            "further from the microphone",
        )
    if found.loudness > TOO_LOUD:
        yield Fault(
            "too loud", f"{found.loudness:.0f} dB is too loud; turn it to -19 dB"
        )
    elif found.loudness < TOO_QUIET:
        yield Fault(
            "too quiet", f"{found.loudness:.0f} dB is too quiet; turn it to -19 dB"
        )
    for place, seconds in (("before", found.before), ("after", found.after)):
        if seconds > LONGEST_EDGE:
            yield Fault("slow", f"{seconds:.1f} s of silence {place} its words; cut it")
