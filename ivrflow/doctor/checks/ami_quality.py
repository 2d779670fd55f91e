"""The AMI user who hears how calls sound: that he hears, and may do nothing.

With `ami: {quality: ...}` a second user hears the reports of RTCP. He needs to read the
class `reporting`, and to write nothing: whoever has his password can then change
nothing.

Cure: `read = reporting` and `write =` in his section of manager.conf, then `asterisk
-rx 'manager reload'`.
"""

from __future__ import annotations

from ivrflow.asterisk.ami.client import AmiSettings
from ivrflow.doctor.ami import AskedAmi, NoAmi
from ivrflow.doctor.checks import Area
from ivrflow.doctor.checks.ami_rights import TOO_MUCH
from ivrflow.doctor.finding import Findings, error, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.AMI

CHANGES = (*TOO_MUCH, "Setvar", "Hangup", "Redirect")
"""Actions of classes that somebody who only listens need not have."""


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    if settings.ami is None or settings.ami.quality is None:
        yield ok("not set up")
        return
    asked = settings.ami.quality
    await patient.secret(asked.password_file)
    where = AmiSettings(
        host=str(settings.ami.host),
        port=int(settings.ami.port),
        user=str(asked.user),
        password=settings.secret(asked.password_file),
    )
    reload = f"[{asked.user}] of manager.conf, then `asterisk -rx 'manager reload'`"
    try:
        ami = await AskedAmi.signed_in(where)
    except NoAmi as none:
        yield error(
            f"AMI does not let {asked.user} in: {none.why}; how calls sound is not "
            "noted",
            f"read = reporting, write = and the password in {reload}",
        )
        return
    try:
        listed, *_ = await ami.ask("ListCommands")
    finally:
        await ami.close()
    may = [action for action in CHANGES if action.lower() in listed]
    if may:
        yield warning(
            f"{asked.user} may do more than listen: {', '.join(may)}",
            f"write = (nothing) in {reload}",
        )
    else:
        yield ok(f"AMI lets {asked.user} listen, and no more")
