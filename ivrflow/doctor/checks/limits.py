"""Limits of the kernel: open files, and room for bursts of packets.

Each leg of a call costs Asterisk two descriptors for its sound and a few more; with too
few, calls fail without a word to anybody. SIP over UDP is lost where more of it comes
at once than the socket's buffer holds. Where Asterisk is on another machine, a dead
line between the two is noticed by the kernel's timers alone, after two hours by
default.

Cure: `maxfiles` in [options] of asterisk.conf, and LimitNOFILE= of its unit; the rest
by sysctl, in a file of /etc/sysctl.d.
"""

from __future__ import annotations

import asyncio

from ivrflow.config import LimitsOf
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, note, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.MACHINE

FILES_PER_CALL = 6
"""Descriptors of Asterisk: two legs with two sockets each, and a timer each."""

FILES_BESIDE = 1000
"""For HTTP, logs, modules."""

OURS = 1024
"""Descriptors that the service should have at least."""

MANY = 200
"""Calls at once from which on bursts of SIP matter."""

BUFFER = 1 << 20
"""Bytes of a socket's buffer that hold a burst of some thousand SIP messages."""

BACKLOG = 128
"""Connections that wait to be accepted."""


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    host = patient.host
    limits = settings.limits or LimitsOf.model_validate({})
    calls = int(limits.calls)
    needed = FILES_PER_CALL * calls + FILES_BESIDE
    well = True
    for process in await asyncio.to_thread(host.processes, "asterisk"):
        files = host.open_files(process)
        if files is not None and files < needed:
            well = False
            yield warning(
                f"Asterisk, process {process}, may open {files} files; {calls} calls "
                f"at once (limits: calls) need some {needed}",
                f"maxfiles = {needed} in [options] of asterisk.conf, LimitNOFILE= of "
                "its unit no lower, then restart Asterisk; or lower limits: calls",
            )
    service = await patient.service()
    if service is not None:
        files = host.open_files(service)
        if files is not None and files < OURS:
            well = False
            yield warning(
                f"the service, process {service}, may open {files} files",
                "LimitNOFILE=65536 in its unit, then restart it",
            )
    backlog = host.sysctl("net.core.somaxconn")
    if backlog is not None and backlog < BACKLOG:
        well = False
        yield warning(
            f"net.core.somaxconn is {backlog}: connections get lost while many come",
            "sysctl -w net.core.somaxconn=1024, and the same in /etc/sysctl.d",
        )
    here = await patient.is_here()
    room = host.sysctl("net.core.rmem_default")
    if here and room is not None and room < BUFFER and calls >= MANY:
        yield note(
            f"net.core.rmem_default is {room}: when hundreds of calls come within a "
            "second, SIP messages get lost and are sent again",
            f"sysctl -w net.core.rmem_default={BUFFER} net.core.rmem_max={BUFFER}, the "
            "same in /etc/sysctl.d, then restart Asterisk",
        )
    if not here:
        yield note(
            "Asterisk is on another machine: it notices a line that is dead after two "
            "hours by default",
            "there: sysctl -w net.ipv4.tcp_retries2=8 net.ipv4.tcp_keepalive_time=5 "
            "net.ipv4.tcp_keepalive_intvl=2 net.ipv4.tcp_keepalive_probes=3",
        )
    if well:
        yield ok(f"enough for {calls} calls at once")
