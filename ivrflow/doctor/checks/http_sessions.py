"""How many HTTP sessions Asterisk takes at once: `sessionlimit`.

It is 100 where nothing is written, and a session too many is closed without a word.
Each order that waits behind a prompt holds one, so in a busy minute calls stand still
though Asterisk has nothing to do.

Cure: `sessionlimit = 2000` in [general] of http.conf, then `asterisk -rx 'module reload
http'`.
"""

from __future__ import annotations

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.ASTERISK

USUAL = 100
"""Asterisk's, where nothing is written."""

LEAST = 1000


async def look(patient: Patient) -> Findings:
    written = await patient.written("http.conf", "general", "sessionlimit")
    limit = int(written) if written.isdigit() else USUAL
    if limit < LEAST:
        usual = "" if written else ", as nothing is written"
        yield warning(
            f"sessionlimit is {limit}{usual}: a busy service needs more sessions",
            "sessionlimit = 2000 in [general] of http.conf, then `asterisk -rx 'module "
            "reload http'`",
        )
    else:
        yield ok(f"sessionlimit is {limit}")
