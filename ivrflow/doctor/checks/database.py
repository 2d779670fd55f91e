"""The database: whether it is there, of this version, and whole.

In it stands what has happened, who may do what, and where calls are when Asterisk does
not know. The whole of an SQLite file is read through, a second per gigabyte; larger
ones are left to `ivrflow db check`.

Cure: as the finding says. A damaged file is not mended: bring back a copy of it.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from ivrflow.config import BadConfig
from ivrflow.db.engine import BadDatabase, database_file
from ivrflow.db.upgrade import damage, newest, state
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, note, ok, unknown, warning
from ivrflow.doctor.patient import Patient

AREA = Area.DATA

WITHIN = 60.0

BUSY = 3.0
"""Seconds that a lock is waited for."""

LARGEST = 4_000_000_000
"""Bytes that are read through."""


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    try:
        url = settings.url(settings.database)
        file = database_file(url)
    except (BadConfig, BadDatabase) as bad:
        yield error(str(bad), "docs/settings.md, database:")
        return
    if file is not None and not file.exists():
        # To look at it would make it.
        if _can_be_made(file):
            yield note(f"there is no {file} yet: the first start makes it")
        else:
            yield error(
                f"there is no {file}, and this user can't make it",
                "make its folder for the service's user, or mend database: in the "
                "settings",
            )
        return
    if file is not None and not os.access(file, os.R_OK | os.W_OK):
        ours = file.stat().st_uid == os.geteuid()
        yield (error if ours else unknown)(
            f"{file} can't be read and written by this user",
            f"chmod 600 {file}" if ours else "run the doctor as the service's user",
        )
        return
    try:
        found = await asyncio.to_thread(lambda: state(url, busy=BUSY))
    except BadDatabase as bad:
        said, _, cure = str(bad).partition("; ")
        yield error(said, cure or "look at the file, its folder and its rights")
        return
    if not found.up_to_date:
        upgrades = bool(settings.upgrade)
        made = note if upgrades else error
        yield made(
            f"{found.url} is at {found.revision or 'nothing'}, this version needs "
            f"{newest()}",
            "the next start of the service brings it up to date"
            if upgrades
            else "ivrflow db upgrade (the settings say upgrade: no)",
        )
        return
    if file is not None and file.stat().st_size > LARGEST:
        yield unknown(
            f"{file} is too large to be read through here",
            "ivrflow db check reads all of it, when there is time",
        )
        return
    try:
        wrong = await asyncio.to_thread(damage, url)
    except BadDatabase as bad:
        wrong = [str(bad)]
    for one in wrong[:5]:
        yield error(
            f"{found.url}: {one}",
            "stop the service, keep the file, and bring back a copy that is whole "
            "(docs/operating.md)",
        )
    if not wrong:
        yield ok(f"{found.url} is up to date ({found.newest}) and whole")
    if file is not None and _open_to_all(file):
        yield warning(
            f"{file} can be read by every user here: callers' numbers and PIN hashes",
            f"chmod 600 {file}, and chmod 750 {file.parent}",
        )


def _can_be_made(file: Path) -> bool:
    return os.access(file.parent, os.W_OK | os.X_OK)


def _open_to_all(file: Path) -> bool:
    """Whether others may read it, and get into its folder."""
    return bool(file.stat().st_mode & 0o004 and file.parent.stat().st_mode & 0o001)
