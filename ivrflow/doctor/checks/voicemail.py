"""Where messages are kept: their folder, the one they are played from, their keys.

The first is the service's alone; in the second Asterisk must be able to read what
somebody hears. Without its keys what is sealed is lost.

Cure: as the finding says; docs/settings.md, Where messages are kept.
"""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

from ivrflow.audio.keyring import BadKeys, read_keyring
from ivrflow.audio.playing import why_unheard
from ivrflow.config import BadConfig
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, note, ok, unknown, warning
from ivrflow.doctor.patient import Patient
from ivrflow.service.archive import folders_of

AREA = Area.DATA

WHERE = "docs/settings.md, Where messages are kept"


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    try:
        folder, playing = folders_of(settings)
        written = settings.voicemail.keys if settings.voicemail else ()
        keys = [settings.path(key) for key in written]
    except BadConfig as bad:
        yield error(str(bad), WHERE)
        return
    well = True
    try:
        await asyncio.to_thread(read_keyring, keys)
    except BadKeys as bad:
        well = False
        for line in str(bad).splitlines():
            said, _, cure = line.partition("; ")
            yield error(said, cure or WHERE)
    try:
        open_to_others = _open(folder)
    except FileNotFoundError:
        yield note(f"there is no {folder} yet: the first start makes it")
        return
    except OSError as failed:
        yield error(f"{folder}: {failed.strerror}", "run the doctor as its user")
        return
    if open_to_others:
        well = False
        yield error(
            f"others may look into {folder}: the service does not start",
            f"chmod 700 {folder}",
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        well = False
        ours = folder.stat().st_uid == os.geteuid()
        yield (error if ours else unknown)(
            f"{folder} can't be written by this user",
            f"chmod 700 {folder}" if ours else "run the doctor as the service's user",
        )
    if playing.resolve().is_relative_to(folder.resolve()):
        well = False
        yield error(
            f"{playing} is in {folder}, where Asterisk can't read",
            "name another folder as voicemail: playing, best one on a tmpfs",
        )
    elif why := await asyncio.to_thread(why_unheard, playing):
        well = False
        said, _, cure = why.partition("; ")
        yield warning(said, cure)
    if well:
        sealed = "sealed" if keys else "plain"
        yield ok(f"messages are kept in {folder}, {sealed}")


def _open(folder: Path) -> bool:
    """Whether more than its owner may look into it. Raises OSError."""
    return bool(folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
