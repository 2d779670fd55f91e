"""From what is said to what Asterisk plays: names of sounds, checked.

Asterisk plays any file that it can read when the name climbs out of its folder
("../../", an absolute path), and stores recordings the same way: it checks neither.
So names that come from flows or data are checked here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence

from ivrflow.telephony.sound import Utterance

log = logging.getLogger(__name__)

NAME = re.compile(r"(?:[A-Za-z0-9_+][A-Za-z0-9_+.-]*/)*[A-Za-z0-9_+][A-Za-z0-9_+.-]*")
"""Letters, digits and _ + . - in parts that begin with no dot: no way up or out."""

LONGEST_NAME = 200

PAUSE = re.compile(r"silence:(\d{1,5})")

TONES = {"tone:beep": "sound:beep"}
"""Our tones -> Asterisk's core sounds. Its own `tone:` never ends by itself."""

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


def safe(name: str) -> bool:
    """Whether *name* is a path below a folder and nothing else."""
    return len(name) <= LONGEST_NAME and NAME.fullmatch(name) is not None


def media(said: Sequence[Utterance], folder: str) -> list[Media | Pause]:
    """Return what to play and where to wait, in order.

    *folder* goes before each clip's name: "ivrflow/" below Asterisk's own sounds, or an
    absolute path, with a slash at its end. A clip with a name that could lead anywhere
    else is left out and logged.
    """
    parts: list[Media | Pause] = []
    for sound in _sounds(said, folder):
        last = parts[-1] if parts else None
        if isinstance(sound, Pause):
            parts.append(sound)
        elif isinstance(last, Media) and len(last) < AT_ONCE:
            parts[-1] = Media((*last, sound))
        else:
            parts.append(Media((sound,)))
    return parts


def _sounds(said: Sequence[Utterance], folder: str) -> Iterator[str | Pause]:
    for utterance in said:
        for clip in utterance.clips:
            pause = PAUSE.fullmatch(clip)
            if pause:
                yield Pause(int(pause[1]) / 1000)
            elif clip in TONES:
                yield TONES[clip]
            elif clip.startswith(OURS) and safe(clip.removeprefix(OURS)):
                yield clip
            elif safe(clip):
                yield f"sound:{folder}{clip}"
            else:
                log.error(
                    "prompt %r: %r is no name of a recording and is left out; it may "
                    "have letters, digits and _ + . - /, and no part may begin with a "
                    "dot",
                    utterance.prompt,
                    clip[:80],
                )
