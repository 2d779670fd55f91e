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

from ivrflow.packages.debian import own_loader
from ivrflow.speech.cache import kept_folder
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
    start = own_loader(root, f"usr/bin/{PROGRAM}", "pulseaudio")
    data = next(root.glob("usr/lib/*/espeak-ng-data"), None)
    return (*start, f"--path={data.parent}") if start and data else None


def fetched_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the fetched ones are, or will be. Raises `SpeechFailed`."""
    return kept_folder(environ) / PROGRAM
