"""Asterisk's files: whether the doctor can read them.

How many sessions Asterisk takes, which ports it has for sound, how it keeps passwords:
that stands in its files alone, and Asterisk tells it to nobody who asks by ARI. They
hold passwords, so that not everybody may read them.

Cure: run the doctor as root, on Asterisk's machine; name the folder with
--asterisk-conf where it is not /etc/asterisk.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, note, ok, unknown
from ivrflow.doctor.patient import Patient

AREA = Area.ASTERISK

FILES = (
    "asterisk.conf",
    "ari.conf",
    "http.conf",
    "musiconhold.conf",
    "pjsip.conf",
    "rtp.conf",
)


async def look(patient: Patient) -> Findings:
    folder = await patient.conf_folder()
    if folder is None:
        yield note(
            "Asterisk is on another machine, or its files are not in /etc/asterisk: "
            "what stands in them is not known",
            "run the doctor there, or name their folder with --asterisk-conf",
        )
        return
    barred, there = await asyncio.to_thread(_looked, folder)
    if barred:
        yield unknown(
            f"{', '.join(barred)} in {folder} can't be read by this user",
            "run the doctor as root: Asterisk itself does not tell what stands there",
        )
    elif not there:
        yield unknown(
            f"there are no files of Asterisk in {folder}",
            "name their folder with --asterisk-conf",
        )
    else:
        yield ok(f"those in {folder} can be read")


def _looked(folder: Path) -> tuple[list[str], list[str]]:
    """The files that are not for us, and those that are there."""
    there = [name for name in FILES if (folder / name).exists()]
    return [name for name in there if not os.access(folder / name, os.R_OK)], there
