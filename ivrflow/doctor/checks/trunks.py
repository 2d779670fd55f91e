"""Trunks: whether Asterisk knows those that calls go out by, and can reach them.

They are named by `outbound: {endpoint: ...}` of the settings, and by `alarms: {trunks:
...}`. One that Asterisk does not know carries no call; one that is offline none now.

Cure: the endpoint in pjsip.conf and the one in the settings must have the same name;
`asterisk -rx 'pjsip show endpoints'`, and `pjsip show registrations` for those that we
register at.
"""

from __future__ import annotations

import re

from ivrflow.config import Settings
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.ASTERISK

_TRUNK = re.compile(r"PJSIP/[^@]*@([A-Za-z0-9_.-]+)")


async def look(patient: Patient) -> Findings:
    wanted = _named(await patient.settings())
    if not wanted:
        yield ok("the settings name none")
        return
    listed = await (await patient.ari()).json("/endpoints")
    states = {
        f"{one.get('technology')}/{one.get('resource')}": str(one.get("state"))
        for one in listed
        if isinstance(one, dict)
    }
    for trunk, setting in wanted.items():
        state = states.get(trunk)
        if state is None:
            yield error(
                f"Asterisk knows no trunk {trunk} ({setting})",
                f"make it in pjsip.conf, or mend {setting} in the settings",
            )
        elif state == "offline":
            yield warning(
                f"the trunk {trunk} ({setting}) is offline",
                "asterisk -rx 'pjsip show registrations'; is its provider there, and "
                "does qualify_frequency of its aor tell the truth?",
            )
        else:
            yield ok(f"the trunk {trunk} is {state}")


def _named(settings: Settings) -> dict[str, str]:
    """Trunk, as Asterisk lists it -> the setting that names it."""
    found = {}
    if settings.outbound is not None:
        trunk = _TRUNK.fullmatch(str(settings.outbound.endpoint))
        if trunk is not None:
            found[f"PJSIP/{trunk[1]}"] = "outbound: endpoint"
    if settings.alarms is not None:
        for name in settings.alarms.trunks:
            found[str(name)] = "alarms: trunks"
    return found
