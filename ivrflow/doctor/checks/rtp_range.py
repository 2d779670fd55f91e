"""The ports for sound: whether there are enough of them.

Each leg of a call takes two UDP ports, and a caller who talks to an agent has two legs.
When they are used up, calls fail; and those of the range must be open in the firewall.

Cure: `rtpstart` and `rtpend` in [general] of rtp.conf, then restart Asterisk.
"""

from __future__ import annotations

from ivrflow.config import LimitsOf
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, note, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.ASTERISK

FIRST, LAST = 5000, 31000
"""Asterisk's own, where nothing is written."""

PORTS_PER_CALL = 4

KERNEL = "/proc/sys/net/ipv4/ip_local_port_range"
"""Which ports the kernel gives to programs that want any."""


async def look(patient: Patient) -> Findings:
    first = await _port(patient, "rtpstart", FIRST)
    last = await _port(patient, "rtpend", LAST)
    settings = await patient.settings()
    limits = settings.limits or LimitsOf.model_validate({})
    calls, ports = int(limits.calls), last - first + 1
    if ports < 2:
        yield error(
            f"rtp.conf: rtpstart {first} and rtpend {last} leave no port for sound",
            "write rtpstart = 10000 and rtpend = 20000, then restart Asterisk",
        )
        return
    well = True
    if ports < PORTS_PER_CALL * calls:
        well = False
        yield warning(
            f"rtp.conf: ports {first} to {last} will do for {ports // PORTS_PER_CALL} "
            f"calls at once, and limits: calls is {calls}",
            f"rtpend = {first + PORTS_PER_CALL * calls}, open in the firewall too, "
            "then restart Asterisk; or lower limits: calls",
        )
    mine = (patient.host.text(KERNEL) or "").split()
    if await patient.is_here() and len(mine) == 2 and int(mine[0]) <= last:
        well = False
        yield note(
            f"rtp.conf: ports {first} to {last} overlap with those that the kernel "
            f"gives to any program ({mine[0]} to {mine[1]})",
            f"rtpend = {int(mine[0]) - 1} or lower, or another "
            "net.ipv4.ip_local_port_range",
        )
    if well:
        yield ok(f"ports {first} to {last}: enough for {calls} calls at once")


async def _port(patient: Patient, key: str, usual: int) -> int:
    written = await patient.written("rtp.conf", "general", key)
    return int(written) if written.isdigit() else usual
