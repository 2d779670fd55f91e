"""Asterisk's version, and its security releases.

ivrflow needs Asterisk 20, 21, 22 or 23. The releases of 25 June 2026 close holes that
an ARI application, or whoever gets hold of an ARI user who may only read, could have
gone through; this version was tried with 22.10.1.

Cure: bring Asterisk up to date, at a time without calls: they end with it.
"""

from __future__ import annotations

import re

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, note, ok, unknown, warning
from ivrflow.doctor.patient import Patient

AREA = Area.ASTERISK

OLDEST = 20
TRIED = 22

SECURE = {20: (20, 20, 1), 22: (22, 10, 1), 23: (23, 4, 1)}
"""Branch -> its first release with the fixes of "Security Release 2026-2"."""


async def look(patient: Patient) -> Findings:
    ari = await patient.ari()
    info = (await ari.get("/asterisk/info")).json
    said = str((info.get("system") or {}).get("version", ""))
    certified = "cert" in said.lower()
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", said)
    if found is None:
        yield unknown(
            f"Asterisk says that it is version {said!r}",
            "compare it by hand with the security releases at asterisk.org",
        )
        return
    version = tuple(int(part or 0) for part in found.groups())
    branch = version[0]
    if branch < OLDEST:
        yield error(
            f"Asterisk {said} is too old: {OLDEST} and later will do",
            f"install Asterisk {TRIED}",
        )
        return
    if branch < max(SECURE) and branch not in SECURE:
        yield warning(
            f"Asterisk {said}: no release of its branch is known here to have the "
            "security fixes of June 2026",
            f"install Asterisk {TRIED}",
        )
        return
    if certified:
        yield note(
            f"Asterisk {said}: whether a certified release has the security fixes of "
            "June 2026 is not known here",
            "look at the releases at asterisk.org",
        )
        return
    least = SECURE.get(branch)
    if least is not None and version < least:
        yield warning(
            f"Asterisk {said} lacks the security fixes of June 2026 (ARI: rights of "
            "users who may only read, functions that run programs)",
            f"install {'.'.join(map(str, least))} or later of its branch",
        )
        return
    yield ok(f"Asterisk {said}")
