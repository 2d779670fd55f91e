"""What speaks: a voice as it is configured, and the provider that has it.

A provider turns one line into a sound, and blocks meanwhile. The text of a line may be
somebody's name or balance: it is handed over by a pipe or a private file, never as an
argument that `ps` would show, and never stands in a message or a log.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Literal, Protocol, get_args

from ivrflow.prompts.audio import Sound, write_wav
from ivrflow.prompts.measure import SILENT, measure
from ivrflow.prompts.shape import finished, silence_around
from ivrflow.secret import Secret

Kind = Literal["espeak-ng", "kokoro", "command", "http"]
KINDS: tuple[str, ...] = get_args(Kind)

RECIPE = 4
"""Counted up when a change of how sounds are finished makes all kept ones stale."""

LONGEST_TEXT = 2000
"""Characters of one line, at most."""


class SpeechFailed(Exception):
    """Nothing was spoken; the text says why and what to do, never what was to be said.

    *lasting* is true where no other line would fare better, as without the program.
    *complaint* is what a program printed, which may quote a part of the text: `plain`
    is without it, for where the text is a caller's.
    """

    def __init__(
        self, message: str, *, lasting: bool = False, complaint: str = ""
    ) -> None:
        super().__init__(f"{message}: {complaint}" if complaint else message)
        self.plain = message
        self.lasting = lasting


@dataclass(frozen=True, kw_only=True)
class Voice:
    """Who speaks one language, and how."""

    language: str
    """As the site names it: en, zh-CN."""
    provider: Kind = "espeak-ng"
    voice: str = ""
    """The provider's own name for it; "": its usual one for the language."""
    speed: float = 1.0
    command: tuple[str, ...] = ()
    """Of `command`: the program and its arguments; see `command.py`."""
    url: str = ""
    token: Secret | None = field(default=None, compare=False)
    within: float = 30.0
    """Seconds for one line."""

    def __str__(self) -> str:
        return f"{self.provider}:{self.voice}" if self.voice else self.provider


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing to be spoken. *before* and *after* stand around it in its sentence.

    A voice that can, speaks it within them and cuts it out; others leave them aside.
    """

    text: str
    before: str = ""
    after: str = ""
    phonemes: str = ""
    """Given where the voice's own reading is wrong."""
    speed: float = 1.0


class Provider(Protocol):
    """One voice, ready to speak."""

    def say(self, line: Line) -> Sound:
        """Return *line* as it sounds, at any rate. Blocks; raises `SpeechFailed`."""


def key_of(voice: Voice, line: Line, rate: int) -> str:
    """Return the name under which *line* in that *voice* is kept: 64 hex digits."""
    made = {k: v for k, v in vars(voice).items() if k not in ("token", "within")}
    text = json.dumps([RECIPE, made, asdict(line), rate], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def render(provider: Provider, line: Line, words: str, rate: int) -> Sound:
    """Return *line* as it is played: cut, levelled, at *rate* samples a second.

    *words* are those of the recording, whose signs tell the pauses around it. Blocks,
    some 60 ms of a processor for a second of sound, beside the provider's own time.
    Raises `SpeechFailed`.
    """
    if len(line.text) > LONGEST_TEXT:
        raise SpeechFailed(f"the text has more than {LONGEST_TEXT} characters")
    before, after = silence_around(words)
    sound = finished(provider.say(line), rate, before=before, after=after)
    if measure(write_wav(sound)).loudness < SILENT:
        raise SpeechFailed(
            "what the voice made can't be heard; does it know the language?"
        )
    return sound
