"""Python and the libraries: whether they are those that this version needs.

Also those of the extras that the settings make use of: voices of kokoro need `tts`,
transcripts by whisper `stt`, messages mailed as Opus `audio`.

Cure: install into the service's own environment, such as `pip install 'ivrflow[stt]'`,
and restart the service.
"""

from __future__ import annotations

import asyncio
import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata

from ivrflow import __version__
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Finding, Findings, error, note, ok
from ivrflow.doctor.patient import Patient

AREA = Area.MACHINE

OLDEST = (3, 11)

_NEEDED = re.compile(r"([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?\s*>=\s*([0-9.]+)")


async def look(patient: Patient) -> Findings:
    if sys.version_info < OLDEST:
        yield error(
            f"Python {platform.python_version()} is too old",
            f"use Python {OLDEST[0]}.{OLDEST[1]} or later",
        )
    found = await asyncio.to_thread(lambda: list(_libraries()))
    for one in found:
        yield one
    if not found:
        yield ok(
            f"ivrflow {__version__} on Python {platform.python_version()}, with all "
            "libraries that it needs"
        )


def _libraries() -> Iterator[Finding]:
    """What is wrong with the libraries that our own package names."""
    try:
        needed = metadata.requires("ivrflow") or []
    except metadata.PackageNotFoundError:
        yield note("ivrflow is not installed as a package: its libraries are not known")
        return
    for line in needed:
        requirement, _, marker = line.partition(";")
        if "extra" in marker:
            continue
        named = _NEEDED.match(requirement.strip())
        if named is None:
            continue
        name, least = named[1], named[2]
        again = f"pip install '{name}>={least}' in the service's environment"
        try:
            there = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield error(f"the library {name} is missing", again)
            continue
        if _numbers(there) < _numbers(least):
            yield error(f"the library {name} is {there}, which is too old", again)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
