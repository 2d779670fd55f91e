"""The mail server: whether it is there, and lets the service in.

No mail is sent: the dialogue goes as far as signing in. While the server is away, mail
waits in the outbox and goes later.

Cure: `smtp:` of the settings (host, port, tls, user, password_file), or the server.
"""

from __future__ import annotations

import asyncio

from ivrflow.config import BadConfig, Settings
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, note, ok, warning
from ivrflow.doctor.patient import Patient
from ivrflow.flow.letters import Undeliverable
from ivrflow.flow.site import Site
from ivrflow.flow.world import Trouble
from ivrflow.mail.smtp import MailServer, signed_in
from ivrflow.service.senders import mail_server

AREA = Area.OUTSIDE

WITHIN = 30.0


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    if settings.smtp is None:
        wants = _who_wants(settings, await patient.site())
        if wants:
            yield warning(
                f"there is no smtp: in the settings, and {wants} wants mail: it stays "
                "in the outbox",
                "set up smtp: (docs/settings.md)",
            )
        else:
            yield ok("nobody is mailed to")
        return
    try:
        server = mail_server(settings)
    except BadConfig as bad:
        yield error(str(bad), "docs/settings.md, smtp:")
        return
    try:
        await asyncio.to_thread(_try, server)
    except (Trouble, Undeliverable) as trouble:
        yield error(
            str(trouble),
            "mend smtp: in the settings, or the server; mail waits in the outbox "
            "meanwhile",
        )
        return
    if server.tls == "no":
        yield note(
            f"mail goes to {server.host} in clear text, with what callers have said",
            "smtp: {tls: starttls}, if the server offers it",
        )
    how = "lets us in" if server.user else "takes mail without a login"
    yield ok(f"{server.host}:{server.port} {how}")


def _try(server: MailServer) -> None:
    with signed_in(server) as smtp:
        smtp.noop()


def _who_wants(settings: Settings, site: Site) -> str:
    """Somebody who is to be mailed to; "" if there is nobody."""
    if settings.alarms is not None and settings.alarms.mail:
        return "alarms: in the settings"
    for name, box in site.mailboxes.items():
        if any(told.channel == "email" for told in box.tell):
            return f"the mailbox {name}"
    return ""
