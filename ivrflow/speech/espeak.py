"""espeak-ng: small, free, speaks a hundred languages, and sounds like a robot.

It is what speaks where nothing else was chosen: the machine's own, or one that
`ivrflow sounds fetch espeak-ng` has unpacked into the user's cache. Its Chinese is
hardly intelligible.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ivrflow.speech.command import Command
from ivrflow.speech.provider import SpeechFailed, Voice

PROGRAM = "espeak-ng"

VOICES = {"en": "en-us", "zh": "cmn"}
"""Our language -> its voice, where they differ; else the language itself."""

PACE = 155
"""Words a minute: its usual 175 are too quick for a telephone."""


def espeak(voice: Voice) -> Command:
    """Return what speaks with *voice*; raises `SpeechFailed`."""
    program = found()
    if program is None:
        raise SpeechFailed(
            f"there is no {PROGRAM} here; install it, or have it fetched: "
            f"ivrflow sounds fetch {PROGRAM}",
            lasting=True,
        )
    named = voice.voice or usual(voice.language)
    pace = round(PACE * voice.speed)
    return Command(
        replace(voice, voice=named),
        # "-b 1": the text is UTF-8, whatever the locale. Through --stdin a text that
        # begins with a hyphen is a text; markup in it (-m) is off.
        (*program, "-v", "{voice}", "-s", str(pace), "-b", "1", "--stdin", "--stdout"),
    )


def usual(language: str) -> str:
    """Return the voice for a language of a site, such as "zh-CN"."""
    short = language.partition("-")[0].lower()
    return VOICES.get(short, short)


def found(environ: Mapping[str, str] = os.environ) -> tuple[str, ...] | None:
    """Return how espeak-ng is started: the machine's, else the fetched one."""
    own = shutil.which(PROGRAM, path=environ.get("PATH", os.defpath))
    if own:
        return (own,)
    folder = fetched_folder(environ)
    roots = sorted(folder.glob("[!.]*")) if folder.is_dir() else []
    return next((start for root in reversed(roots) if (start := at_root(root))), None)


def at_root(root: Path) -> tuple[str, ...] | None:
    """Return how the espeak-ng is started whose packages were unpacked into *root*."""
    binary = root / "usr/bin" / PROGRAM
    loader = next(root.glob("usr/lib/*/ld-linux*.so.*"), None)
    data = next(root.glob("usr/lib/*/espeak-ng-data"), None)
    if loader is None or data is None or not binary.is_file():
        return None
    # Its own C library and voices: nothing of this machine is relied on.
    libraries = f"{loader.parent}:{loader.parent / 'pulseaudio'}"
    start = (str(loader), "--library-path", libraries, str(binary))
    return (*start, f"--path={data.parent}")


def fetched_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the fetched ones; it may not exist."""
    return cache_folder(environ) / PROGRAM


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of what can always be made or fetched again."""
    if own := environ.get("IVRFLOW_CACHE", ""):
        return Path(own).expanduser().absolute()
    base = environ.get("XDG_CACHE_HOME", "")
    # The XDG rules say that a relative path is to be ignored.
    if base.startswith("/"):
        return Path(base) / "ivrflow"
    try:
        return Path("~/.cache/ivrflow").expanduser()
    except RuntimeError:
        raise SpeechFailed("this user has no home; set IVRFLOW_CACHE") from None
