"""The relay: the process that holds the connection for Asterisk's events.

It is started by the service and outlives it, so that no key that a caller presses is
lost meanwhile. It listens on a socket beside the database. It is only looked at: who
connected to it would be taken for the next service.

Cure: the service's user must be able to write the folder of the database, and the
socket must be his own. A relay that belongs to somebody else: end that, remove the
socket.
"""

from __future__ import annotations

import asyncio
import os
import stat

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, note, ok, warning
from ivrflow.doctor.patient import Patient
from ivrflow.service.asterisk import relay_socket

AREA = Area.DATA

PROGRAM = "ivrflow.asterisk.ari.relay.process"
"""What stands in its command line, with the path of its socket."""


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    if settings.events is not None:
        yield ok("Asterisk brings its events by itself (events: in the settings)")
        return
    path = relay_socket(settings)
    if path is None:
        yield note(
            "without an SQLite file there is no relay: keys are lost at each restart"
        )
        return
    try:
        about = path.stat()
    except FileNotFoundError:
        if await patient.service() is None:
            yield ok("no relay now; the service starts one")
        else:
            yield warning(
                f"the service runs, and there is no relay at {path}: keys are lost at "
                "each restart",
                "the service's log says why it could not start one; mend that, then "
                "restart the service when few calls are up",
            )
        return
    if not stat.S_ISSOCK(about.st_mode):
        yield error(f"{path} is no socket", "move it away: the relay needs that name")
        return
    if about.st_uid != path.parent.stat().st_uid and about.st_uid != os.geteuid():
        yield error(
            f"{path} belongs to user {about.st_uid}, and its folder to another one",
            "if no call is up: end the relay of that user, and remove the socket",
        )
        return
    relays = await asyncio.to_thread(patient.host.commands, PROGRAM, str(path))
    if relays:
        yield ok(f"a relay listens at {path}, process {relays[0]}")
    elif await patient.service() is not None:
        yield warning(
            f"the service runs, and its relay at {path} has ended: keys are lost at "
            "each restart",
            "the service's log says why it could not start another one; mend that, "
            "then restart the service when few calls are up",
        )
    else:
        yield note(f"nobody listens at {path} any more; the service starts a new relay")
