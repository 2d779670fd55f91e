"""Who may connect: ports that should be on the loopback address, and are not.

ARI, AMI, AGI and our own API speak in clear text, and whoever may use the first three
owns the calls, and in the end the machine. So all of them belong on 127.0.0.1, and a
firewall is no reason to do otherwise. What is looked at is what listens now, whatever
the files say.

Cure: `bindaddr = 127.0.0.1` in http.conf and in manager.conf, `api: {host: 127.0.0.1}`
in the settings; from another machine, go through a tunnel or a proxy that speaks TLS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

from ivrflow.config import Settings
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, ok, unknown, warning
from ivrflow.doctor.patient import Patient

AREA = Area.MACHINE


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    here = await patient.is_here()
    url = urlsplit((await patient.ari_settings()).url)
    if not here and url.scheme == "http":
        yield warning(
            f"ARI's password and all that callers type go to {url.hostname} in clear "
            "text",
            "use https:// in ari: url (tlsenable in http.conf), or a tunnel",
        )
    open_to, safe = [], []
    for what, port, cure in _ports(settings, url.scheme, url.port, here=here):
        addresses = await asyncio.to_thread(patient.host.listening, port)
        if addresses is None:
            yield unknown(
                "the kernel does not tell which ports are open",
                "run the doctor on Linux, where /proc/net/tcp can be read",
            )
            return
        beyond = [str(one) for one in addresses if not one.is_loopback]
        if beyond:
            open_to.append(what)
            yield error(
                f"{what} listens on {', '.join(beyond)}, port {port}: other machines "
                "can connect to it",
                cure,
            )
        elif addresses:
            safe.append(what)
    if not open_to:
        yield ok(
            f"{', '.join(safe)}: on the loopback address only"
            if safe
            else "nothing of ours listens now"
        )


def _ports(
    settings: Settings, scheme: str, port: int | None, *, here: bool
) -> Iterator[tuple[str, int, str]]:
    """What listens, where, and how to mend it where that is too open."""
    if here and scheme == "http":
        yield (
            "ARI",
            port or 80,
            "bindaddr = 127.0.0.1 in http.conf, then `asterisk -rx 'module reload "
            "http'`",
        )
    if here and settings.ami is not None:
        yield (
            "AMI",
            int(settings.ami.port),
            "bindaddr = 127.0.0.1 in manager.conf, then `asterisk -rx 'manager "
            "reload'`",
        )
    if int(settings.api.port):
        yield (
            "our API",
            int(settings.api.port),
            "api: {host: 127.0.0.1} in the settings, then restart the service; from "
            "elsewhere, use a proxy that speaks TLS",
        )
    if settings.events is not None:
        yield (
            "the port for Asterisk's events",
            int(settings.events.port),
            "events: {host: 127.0.0.1} in the settings, then restart the service",
        )
    agi = getattr(settings, "agi", None)
    if agi is not None:
        yield (
            "AGI",
            int(agi.port),
            "agi: {host: 127.0.0.1} in the settings, then restart the service",
        )
