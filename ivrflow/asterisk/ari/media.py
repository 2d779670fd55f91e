"""From what is said to what Asterisk plays: names of sounds, checked.

Asterisk plays any file that it can read when the name climbs out of its folder
("../../", an absolute path), and stores recordings the same way: it checks neither.
So names that come from flows or data are checked here.
"""

from __future__ import annotations

import logging
import re
from asyncio import Future
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ivrflow.prompts.tones import FOLDER, TONES, tone_in
from ivrflow.telephony.sound import Utterance

log = logging.getLogger(__name__)

NAME = re.compile(r"(?:[A-Za-z0-9_+][A-Za-z0-9_+.-]*/)*[A-Za-z0-9_+][A-Za-z0-9_+.-]*")
"""Letters, digits and _ + . - in parts that begin with no dot: no way up or out."""

LONGEST_NAME = 200

PAUSE = re.compile(r"silence:(\d{1,5})")

BEEP = "tone:beep"
"""The one tone of ours that is among Asterisk's core sounds."""

SPEECH = "speech:"
"""Before the name of what a voice speaks for us."""

Place = Callable[[str], str]
"""Returns where a recording is: its path without an ending, from its clip's name."""

Ready = Callable[[str], Future[str | None]]
"""Returns the path, without an ending, of what is spoken, once it is there."""

OURS = "recording:"
"""Before the name of something that we recorded ourselves, such as a message."""

AT_ONCE = 200
"""Sounds in one order to Asterisk at most, so that it stays below 40 kB."""


class Media(tuple[str, ...]):
    """Sounds that Asterisk plays in a row."""


class Pause(float):
    """Seconds in which nothing plays.

    Asterisk has silence in whole seconds only, as files that may be missing; we wait.
    """


@dataclass(frozen=True)
class Later:
    """A sound that is being spoken: its path, or None if it will never be there."""

    path: Future[str | None]


Part = Media | Pause | Later


@dataclass(frozen=True)
class Sounds:
    """Where sounds are: recordings, and what is spoken while a call runs."""

    place: Place
    ready: Ready | None = None

    @classmethod
    def below(cls, folder: str) -> Sounds:
        """All recordings lie in *folder*: "ivrflow/" below Asterisk's own sounds, or an
        absolute path, with a slash at its end."""
        return cls(lambda clip: folder + clip)


def safe(name: str) -> bool:
    """Whether *name* is a path below a folder and nothing else."""
    return len(name) <= LONGEST_NAME and NAME.fullmatch(name) is not None


def media(said: Sequence[Utterance], where: Sounds) -> list[Part]:
    """Return what to play and where to wait, in order.

    What is spoken already is a sound like all others. A clip with a name that could
    lead anywhere else is left out and logged.
    """
    parts: list[Part] = []
    for sound in _sounds(said, where):
        last = parts[-1] if parts else None
        if isinstance(sound, Pause | Later):
            parts.append(sound)
        elif isinstance(last, Media) and len(last) < AT_ONCE:
            parts[-1] = Media((*last, sound))
        else:
            parts.append(Media((sound,)))
    return parts


def _sounds(said: Sequence[Utterance], where: Sounds) -> Iterator[str | Pause | Later]:
    for utterance in said:
        for clip in utterance.clips:
            pause = PAUSE.fullmatch(clip)
            if pause:
                yield Pause(int(pause[1]) / 1000)
            elif clip == BEEP:
                yield "sound:beep"
            elif (tone := tone_in(clip)) in TONES:
                yield f"sound:{where.place(f'{FOLDER}/{tone}')}"
            elif clip.startswith(OURS) and safe(clip.removeprefix(OURS)):
                yield clip
            elif clip.startswith(SPEECH) and where.ready is not None:
                spoken = where.ready(clip)
                if not spoken.done():
                    yield Later(spoken)
                elif path := spoken.result():
                    yield f"sound:{path}"
            elif safe(clip):
                yield f"sound:{where.place(clip)}"
            else:
                log.error(
                    "prompt %r: %r is no name of a recording and is left out; it may "
                    "have letters, digits and _ + . - /, and no part may begin with a "
                    "dot",
                    utterance.prompt,
                    clip[:80],
                )
