"""Certificates of servers that we speak to: whether they are good, and how long.

ARI by https, the mail server, the gateway for text messages, the one that is told of
alarms. A certificate that has run out stops each of them from one minute to the next.

Cure: a new certificate there, before the day that the finding names; for one that is of
your own authority, let this machine trust that (update-ca-certificates).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from ivrflow.config import BadConfig, Settings
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Finding, Findings, error, note, ok, warning
from ivrflow.doctor.patient import Patient
from ivrflow.flow.letters import Undeliverable
from ivrflow.flow.world import Trouble
from ivrflow.mail.smtp import signed_in
from ivrflow.service.senders import mail_server

AREA = Area.OUTSIDE

WITHIN = 60.0

SOON = timedelta(days=14)
VERY_SOON = timedelta(days=3)

TIMEOUT = 5.0
"""Seconds for a server that is only asked for its certificate."""


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    now = patient.host.now()
    asked = 0
    for what, host, port in _by_tls(settings):
        asked += 1
        try:
            end = await asyncio.to_thread(_end_of, host, port)
        except ssl.SSLCertVerificationError as bad:
            yield error(
                f"{what}: the certificate of {host}:{port} is not good: "
                f"{bad.verify_message}",
                "a new certificate there; or let this machine trust its authority "
                "(update-ca-certificates)",
            )
            continue
        except (OSError, ValueError) as failed:
            yield note(f"{what}: {host}:{port} can't be asked: {_why(failed)}")
            continue
        yield _judged(what, host, end, now)
    if settings.smtp is not None and settings.smtp.tls != "no":
        asked += 1
        try:
            end = await asyncio.to_thread(_mail_end, settings)
        except (Trouble, Undeliverable, BadConfig, OSError):
            yield note("smtp: not to be asked; the check `mail` tells why")
        else:
            yield _judged("smtp", str(settings.smtp.host), end, now)
    if not asked:
        yield ok("no server is spoken to by TLS")


def _by_tls(settings: Settings) -> Iterator[tuple[str, str, int]]:
    """Setting, host and port of the servers of https urls."""
    urls = {
        "ari": str(settings.ari.url),
        "sms": str((settings.sms and settings.sms.url) or ""),
        "alarms": str((settings.alarms and settings.alarms.webhook) or ""),
    }
    for what, url in urls.items():
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname:
            yield what, parts.hostname, parts.port or 443


def _end_of(host: str, port: int) -> datetime:
    """When the certificate runs out. Blocks; raises OSError, ValueError."""
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=TIMEOUT) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        return _end(secure)


def _mail_end(settings: Settings) -> datetime:
    with signed_in(mail_server(settings)) as smtp:
        assert isinstance(smtp.sock, ssl.SSLSocket)
        return _end(smtp.sock)


def _end(secure: ssl.SSLSocket) -> datetime:
    told = secure.getpeercert()
    if not told:
        raise ValueError("it shows no certificate")
    seconds = ssl.cert_time_to_seconds(str(told["notAfter"]))
    return datetime.fromtimestamp(seconds, UTC)


def _judged(what: str, host: str, end: datetime, now: datetime) -> Finding:
    """What to say of a certificate of *host* that is good up to *end*."""
    left = end - now
    said = f"{what}: the certificate of {host} runs out on {end:%Y-%m-%d}"
    cure = "put a new certificate there before that day"
    if left < VERY_SOON:
        return error(said, cure)
    if left < SOON:
        return warning(said, cure)
    return ok(f"{what}: the certificate of {host} is good up to {end:%Y-%m-%d}")


def _why(failed: Exception) -> str:
    return getattr(failed, "strerror", None) or str(failed) or type(failed).__name__
