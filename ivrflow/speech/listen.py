"""Playing a recording where this machine has something that plays."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

PLAYERS: tuple[tuple[str, ...], ...] = (
    ("paplay",),
    ("pw-play",),
    ("aplay", "-q"),
    ("afplay",),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("play", "-q"),
)
"""Programs that play a WAV and end, the better ones first."""


def player() -> tuple[str, ...] | None:
    """Return how a sound is played here; None if nothing can."""
    path = os.environ.get("PATH", os.defpath)
    return next((one for one in PLAYERS if shutil.which(one[0], path=path)), None)


def play(path: Path) -> bool:
    """Play *path* to its end; False if this machine can't. Blocks."""
    one = player()
    if one is None:
        return False
    done = subprocess.run(
        [*one, str(path.absolute())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0
