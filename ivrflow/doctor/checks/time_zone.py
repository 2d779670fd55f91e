"""Time zones: the site's, and this machine's.

Opening hours go by the zone of site.yaml, whatever the machine's is. The machine's is
that of the log and of Asterisk's own recordings: where the two differ, who compares
them errs by hours.

Cure: `timedatectl set-timezone ZONE`, then restart Asterisk and the service.
"""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from zoneinfo import ZoneInfo

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, note, ok
from ivrflow.doctor.host import Host
from ivrflow.doctor.patient import Patient

AREA = Area.MACHINE

HALVES = 24
"""Moments of a year at which the zones are compared: a clock change lies between."""


async def look(patient: Patient) -> Findings:
    site = await patient.site()
    zone = site.settings.zone
    here = await asyncio.to_thread(_zone_here, patient.host)
    if here is None:
        yield note(f"the site's time zone is {zone}; this machine's can't be told")
        return
    now = patient.host.now()
    moments = [now + timedelta(days=15 * n) for n in range(HALVES)]
    if all(
        m.astimezone(zone).utcoffset() == m.astimezone(here).utcoffset()
        for m in moments
    ):
        yield ok(f"the site and this machine both have the time of {zone}")
        return
    yield note(
        f"the site's time zone is {zone}, this machine's {here}: times in logs and "
        "those that callers are told differ",
        f"if that is not meant: timedatectl set-timezone {zone}, then restart "
        "Asterisk and the service",
    )


def _zone_here(host: Host) -> ZoneInfo | None:
    """The zone that /etc/localtime leads to; None: none of a known name."""
    link = host.at("/etc/localtime")
    try:
        name = os.readlink(link).partition("zoneinfo/")[2]
        return ZoneInfo(name) if name else None
    except (OSError, ValueError, LookupError):
        pass
    text = (host.text("/etc/timezone") or "").strip()
    try:
        return ZoneInfo(text) if text else None
    except (OSError, ValueError, LookupError):
        return None
