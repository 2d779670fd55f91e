"""Recordings: whether all that the site says can be heard.

Each prompt of the site needs a recording that says its very words, in the site's own
folder `sounds/` or in the common one (`sounds:` of the settings). What has none is
spoken by a voice, if the settings have `speech:`; else callers don't hear it. Asterisk
must be able to read the recordings under the same path.

Cure: `ivrflow sounds build FOLDER` makes what is missing; `ivrflow sounds check FOLDER`
names each. For files that Asterisk can't read: chmod o+rX, or its group.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import stat
from pathlib import Path

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, note, ok, warning
from ivrflow.doctor.patient import Patient
from ivrflow.prompts.recorded import LIST, BadList
from ivrflow.service.recordings import sounds_folder
from ivrflow.speech.shelf import Found, Shelf, file_of
from ivrflow.speech.wanted import wanted

AREA = Area.DATA

WITHIN = 30.0


async def look(patient: Patient) -> Findings:
    settings, site = await patient.settings(), await patient.site()
    common = sounds_folder(settings)
    if not (common / LIST).is_file():
        yield error(
            f"{common} has no list of recordings ({LIST}): the service does not start",
            "set sounds: to the folder that holds it, or leave it out for the shipped "
            "ones",
        )
        return
    clips = wanted(site)
    try:
        fits = await asyncio.to_thread(
            lambda: Shelf.of(site.folder, common).fitting(clips)
        )
    except BadList as bad:
        yield error(str(bad), "bring the list back, or `ivrflow sounds build` it anew")
        return
    lacking = [clip.name for clip in clips if clip.name not in fits]
    again = f"`ivrflow sounds build {site.folder.resolve()}` makes them"
    if lacking and settings.speech is None:
        yield warning(
            f"{len(lacking)} of {len(clips)} recordings are missing or say other "
            f"words, and callers don't hear them; the first is {lacking[0]}",
            again,
        )
    elif lacking:
        yield note(
            f"{len(lacking)} of {len(clips)} recordings are missing or say other "
            "words: a voice speaks them",
            again,
        )
    gone = await asyncio.to_thread(_gone, list(fits.values()))
    if gone:
        yield error(
            f"{len(gone)} recordings stand in their list and are not there, the first "
            f"is {gone[0]}",
            "bring the files back, or " + again,
        )
    user, own = patient.host.asterisk, site.folder / "sounds"
    barred = await asyncio.to_thread(
        lambda: _barred(common, user) or _barred(own, user)
    )
    if barred is not None and await patient.is_here():
        yield error(
            f"the user {user} can't read {barred}: nobody hears the recordings",
            f"chmod o+rX {barred} (and what is below it)",
        )
    elif not lacking and not gone:
        yield ok(f"{len(clips)} recordings, all that the site says")


def _gone(found: list[Found]) -> list[str]:
    """The recordings of which there is no file."""
    return [
        f"{one.folder}/{one.clip}"
        for one in found
        if file_of(one.folder, one.clip) is None
    ]


def _barred(folder: Path, name: str) -> Path | None:
    """The folder on the way to *folder* that keeps the user *name* out.

    None: none does, or there is no such user here.
    """
    try:
        user = pwd.getpwnam(name)
        groups = set(os.getgrouplist(name, user.pw_gid))
        way = [folder.resolve(), *folder.resolve().parents]
        for one in reversed(way):
            about = one.stat()
            if about.st_uid == user.pw_uid:
                bit = stat.S_IXUSR
            elif about.st_gid in groups:
                bit = stat.S_IXGRP
            else:
                bit = stat.S_IXOTH
            if user.pw_uid and not about.st_mode & bit:
                return one
    except (KeyError, OSError):
        return None
    return None
