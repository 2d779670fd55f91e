"""What watches the service: its log, its metrics, its traces.

A log that goes where nobody reads it, or metrics that nobody can fetch, are missed only
when something is wrong already. Traces that the settings want need libraries of their
own: without them none are made.

Cure: `logs:`, `metrics:` and `traces:` of the settings; `pip install ivrflow[otel]`.
"""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from urllib.parse import urlsplit

from ivrflow.config import Settings
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, note, ok, warning
from ivrflow.doctor.patient import Patient
from ivrflow.logs import journal

AREA = Area.MACHINE

ANSWERS_WITHIN = 3.0
"""Seconds in which a collector takes a connection."""

PORTS = {"http": 80, "https": 443}


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    logs, traces = settings.logs, settings.traces
    if logs is not None and logs.format == "journal" and not journal.is_there():
        yield warning(
            f"logs: {{format: journal}}, and there is none here ({journal.SOCKET}): "
            "the log goes to standard error, as text",
            "write logs: {format: text} or json, or run the service where systemd does",
        )
    else:
        yield ok(f"the log is {logs.format if logs is not None else 'text'}")
    if settings.metrics is None and not _is_loopback(settings):
        yield note(
            "metrics can be fetched from this machine alone, though the API listens "
            f"at {settings.api.host}",
            "for a Prometheus elsewhere: metrics: {token_file: ...} in the settings",
        )
    if traces is None:
        return
    if not _has_libraries():
        yield warning(
            "traces: is in the settings, and its libraries are not installed: none are "
            "made",
            "pip install ivrflow[otel], or take traces: out",
        )
        return
    if why := await _not_reached(str(traces.url)):
        yield warning(
            f"the collector of traces at {traces.url.shown} is not reached: {why}",
            "start it, or mend traces: url; calls are not harmed, their traces lack",
        )
    else:
        yield ok(f"the collector of traces at {traces.url.shown} is there")


def _has_libraries() -> bool:
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


async def _not_reached(url: str) -> str:
    """Why nothing takes a connection there; "" if something does."""
    parts = urlsplit(url)
    try:
        port = parts.port or PORTS.get(parts.scheme, 80)
        async with asyncio.timeout(ANSWERS_WITHIN):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, ValueError) as error:
        return str(error) or type(error).__name__
    writer.close()
    return ""


def _is_loopback(settings: Settings) -> bool:
    host = str(settings.api.host)
    return host in ("localhost", "::1") or host.startswith("127.")
