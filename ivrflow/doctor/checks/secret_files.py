"""Files of passwords and keys: whether they are there, and for nobody else's eyes.

Whoever reads the pepper can guess PINs, whoever reads the password of ARI or AMI owns
the calls. So each is a file that its user alone can read. A service that can't read one
of them does not start, or can't do what it is for.

Cure: `chown ivrflow FILE` and `chmod 600 FILE`. `ivrflow secret pepper` makes a pepper,
once: with another one no PIN that is stored fits any more.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from ivrflow.config.files import findings
from ivrflow.credentials import WRITTEN as CREDENTIAL
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, note, ok, unknown, warning
from ivrflow.doctor.patient import Patient
from ivrflow.hashing import BadPepper, read_pepper

AREA = Area.SETTINGS

ELSEWHERE = ("database", "site", "sounds", "voicemail.folder")
"""Settings of which checks of their own tell more."""


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    told = await asyncio.to_thread(findings, settings)
    found = [one for one in told if one.key not in ELSEWHERE]
    for one in found:
        made = {"error": error, "warning": warning}.get(one.severity, note)
        said, _, cure = one.message.partition("; ")
        if one.path.startswith(CREDENTIAL):
            made = unknown
            cure = (
                "as root, while the service runs: CREDENTIALS_DIRECTORY="
                "/run/credentials/ivrflow.service ivrflow doctor"
            )
        elif not _for_us(Path(one.path)):
            made = unknown
        yield made(
            f"{one.key}: {one.path}: {said}", cure or "docs/settings.md says what it is"
        )
    if any(one.key == "pepper_file" for one in found):
        return
    try:
        path = settings.path(settings.pepper_file)
        await asyncio.to_thread(read_pepper, path)
    except BadPepper as bad:
        said, _, cure = str(bad).partition("; ")
        yield error(said, cure)
        return
    if not found:
        yield ok("each of them is there, and for no other user's eyes")


def _for_us(path: Path) -> bool:
    """Whether a file can be judged: that of another user is for him to read."""
    try:
        return os.geteuid() in (0, path.stat().st_uid) or os.access(path, os.R_OK)
    except PermissionError:
        return False
    except OSError:
        return True
