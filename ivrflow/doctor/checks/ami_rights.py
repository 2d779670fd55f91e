"""What the service's AMI user may do: two things, and no more.

He moves the time limits of calls (`call`) and reads the panic switch (`reporting`). One
who may do more is a way to start calls or programs for whoever gets his password.

Cure: `read =` and `write = call,reporting` in his section of manager.conf, then
`asterisk -rx 'manager reload'`.
"""

from __future__ import annotations

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.AMI

NEEDED = {
    "Setvar": "the time limits of calls can't be moved: callers of a service that "
    "hangs get no fallback",
    "DBGet": "the log does not say that the panic switch is on",
}
"""Action -> what does not work without it."""

TOO_MUCH = {
    "Originate": "start calls",
    "Command": "give any command of the console",
    "UpdateConfig": "rewrite Asterisk's files",
    "GetConfig": "read Asterisk's files, passwords among them",
    "DBPut": "throw the panic switch",
    "Reload": "reload modules",
}
"""Action -> what it can be used for."""


async def look(patient: Patient) -> Findings:
    ami = await patient.ami()
    settings = await patient.settings()
    if ami is None or settings.ami is None:
        return
    user = settings.ami.user
    cure = (
        f"read = and write = call,reporting in [{user}] of manager.conf, then "
        "`asterisk -rx 'manager reload'`"
    )
    # It lists what this user may do, and nothing else.
    listed, *_ = await ami.ask("ListCommands")
    may = set(listed)
    well = True
    for action, lacking in NEEDED.items():
        if action.lower() not in may:
            well = False
            yield error(f"{user} may not do {action}: {lacking}", cure)
    more = [f"{what} ({a})" for a, what in TOO_MUCH.items() if a.lower() in may]
    if more:
        well = False
        yield warning(f"{user} may {', '.join(more)}", cure)
    if well:
        yield ok(f"{user} may do what is needed, and no more")
