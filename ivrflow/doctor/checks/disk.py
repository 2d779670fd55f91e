"""Room on the disks: of the database, of messages, and of Asterisk.

With a full disk the service can't note what happens, nobody leaves a message, and
Asterisk records nothing. `voicemail: {room: ...}` keeps messages from filling theirs;
nothing keeps logs from it.

Cure: make room, rotate logs, or put what grows on a disk of its own.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from ivrflow.config import BadConfig
from ivrflow.db.engine import BadDatabase, database_file
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import (
    CannotLook,
    Elsewhere,
    Finding,
    Findings,
    error,
    ok,
    unknown,
    warning,
)
from ivrflow.doctor.host import Space
from ivrflow.doctor.patient import Patient
from ivrflow.service.archive import folders_of

AREA = Area.MACHINE

FULL = 200_000_000
LITTLE = 1_000_000_000
"""Bytes: an hour of recordings is 58 MB a call."""

FULL_SHARE = 0.03
LITTLE_SHARE = 0.1
FEW_FILES = 2000

SPOOL = "/var/spool/asterisk"
LOGS = "/var/log/asterisk"
"""Where Asterisk writes, unless its asterisk.conf says otherwise."""


async def look(patient: Patient) -> Findings:
    well = []
    for what, folder in (await _folders(patient)).items():
        there = _nearest(folder)
        try:
            space = await asyncio.to_thread(patient.host.space, there)
        except OSError as failed:
            yield unknown(
                f"{folder} ({what}): {failed.strerror}",
                "run the doctor as a user who may look there",
            )
            continue
        found = _judged(what, folder, space)
        if found is None:
            well.append(f"{what} {_bytes(space.free)}")
        else:
            yield found
    if well:
        yield ok(f"free: {', '.join(well)}")


async def _folders(patient: Patient) -> dict[str, Path]:
    """What is written -> where."""
    settings = await patient.settings()
    found: dict[str, Path] = {}
    try:
        file = database_file(settings.url(settings.database))
        if file is not None:
            found["the database"] = file.parent
        found["messages"], found["what is being heard"] = folders_of(settings)
    except (BadConfig, BadDatabase):
        pass  # told by the checks of these
    if await patient.is_here():
        for what, key, usual in (
            ("Asterisk's recordings", "astspooldir", SPOOL),
            ("Asterisk's logs", "astlogdir", LOGS),
        ):
            try:
                written = await patient.written("asterisk.conf", "directories", key)
            except (CannotLook, Elsewhere):
                written = ""
            folder = patient.host.at(written or usual)
            if folder.is_dir():
                found[what] = folder
    return found


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it in which it would be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _judged(what: str, folder: Path, space: Space) -> Finding | None:
    """What is wrong with that much room; None: nothing."""
    share = space.free / space.whole if space.whole else 1.0
    said = f"{folder} ({what}) has {_bytes(space.free)} left, {share:.0%} of its disk"
    cure = "make room there, or move it to a disk of its own"
    if space.free < FULL or (share < FULL_SHARE and space.free < LITTLE):
        return error(said, cure)
    if space.free < LITTLE or (share < LITTLE_SHARE and space.free < 5 * LITTLE):
        return warning(said, cure)
    if 0 <= space.files < FEW_FILES:
        return error(
            f"on the disk of {folder} ({what}) only {space.files} more files can be "
            "made (df -i)",
            "remove many small files there",
        )
    return None


def _bytes(number: int) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number / 1e3:.0f} kB"
