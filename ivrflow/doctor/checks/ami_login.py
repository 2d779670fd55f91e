"""AMI: whether Asterisk's manager interface is there, and lets the service in.

By AMI the service moves the time limits of calls: should it hang or die for good,
callers get the fallback after that time. Without AMI they wait until they hang up.

Cure: [USER] of manager.conf with the password of `ami: {password_file: ...}`, `enabled
= yes`, then `asterisk -rx 'manager reload'`.
"""

from __future__ import annotations

from ivrflow.doctor.ami import NoAmi
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, note, ok
from ivrflow.doctor.patient import Patient

AREA = Area.AMI


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    if settings.ami is None:
        yield note(
            "no ami: in the settings: should the service hang or die for good, its "
            "callers get no fallback",
            "set it up as docs/settings.md says; an Asterisk with AMI on takes some "
            "8 to 12 % more of a processor",
        )
        return
    where = f"{settings.ami.host}:{int(settings.ami.port)}"
    try:
        ami = await patient.manager()
    except NoAmi as none:
        if none.refused:
            yield error(
                f"AMI at {where} refuses the user {settings.ami.user} or his password",
                f"compare [{settings.ami.user}] of manager.conf with ami: user and the "
                "file of ami: password_file (and its deny and permit); then `asterisk "
                "-rx 'manager reload'`",
            )
        else:
            yield error(
                f"there is no AMI at {where}: {none.why}",
                "enabled = yes, port and bindaddr in [general] of manager.conf; then "
                "`asterisk -rx 'manager reload'`",
            )
    else:
        assert ami is not None
        yield ok(f"{where} lets {settings.ami.user} in ({ami.greeting})")
