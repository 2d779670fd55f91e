"""Backups: whether one was made, and when.

What callers said, who may do what, and which messages lie where can't be made again.
`ivrflow backup` leaves a line in the audit log, which is looked at here; what is copied
by other means is not known.

Cure: `ivrflow backup FOLDER` each night (docs/operating.md, Backup and restore), and
one brought back somewhere, once, to see that it can be.
"""

from __future__ import annotations

import asyncio
import os

from ivrflow.config import BadConfig
from ivrflow.db.audit import BACKUP, Entry, SqlAudit
from ivrflow.db.engine import BadDatabase, Database, database_file
from ivrflow.db.upgrade import state
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Elsewhere, Findings, note, ok, warning
from ivrflow.doctor.patient import Patient
from ivrflow.flow.world import Trouble

AREA = Area.DATA

LATE = 3 * 86_400.0
"""Seconds after which one that is made regularly is late."""

CURE = "ivrflow backup FOLDER, each night (docs/operating.md, Backup and restore)"

BUSY = 3.0
"""Seconds that a lock is waited for."""


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    try:
        url = settings.url(settings.database)
        file = database_file(url)
        readable = file is None or os.access(file, os.R_OK | os.W_OK)
        if not readable or not await asyncio.to_thread(_is_today, url):
            raise Elsewhere("database")
    except (BadConfig, BadDatabase):
        raise Elsewhere("database") from None
    try:
        last = await _last(url)
    except Trouble:
        raise Elsewhere("database") from None
    if last is None:
        yield note("`ivrflow backup` was never run", CURE)
        return
    days = (patient.host.now().timestamp() - last.at) / 86_400
    where = last.what.removeprefix(BACKUP)
    said = f"the last backup is {days:.1f} days old ({where})"
    if days * 86_400 > LATE:
        yield warning(said, CURE)
    else:
        yield ok(said)


def _is_today(url: str) -> bool:
    return state(url, busy=BUSY).up_to_date


async def _last(url: str) -> Entry | None:
    database = Database(url, read_only=True)
    try:
        return await SqlAudit(database).latest(BACKUP)
    finally:
        await database.close()
