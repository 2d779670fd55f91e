"""The clocks: this machine's, and Asterisk's.

Opening hours, promises and the times of messages go by the clock of the service;
Asterisk's own says when a message was recorded while the service was away. A clock that
nobody keeps right is minutes off in a year, and jumps when somebody sets it.

Cure: have the time kept by the network (`timedatectl set-ntp true`, or chrony) on each
of the machines.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Elsewhere, Findings, error, note, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.MACHINE

LITTLE = timedelta(seconds=2)
MUCH = timedelta(seconds=30)
SECOND = timedelta(seconds=1)

CURE = "have both kept by the network: `timedatectl set-ntp true`, or chrony"


async def look(patient: Patient) -> Findings:
    host = patient.host
    keeps = await asyncio.to_thread(host.keeps_time)
    if keeps is False:
        yield warning(
            "nobody keeps this machine's clock right",
            "let the network do it: `timedatectl set-ntp true`, or chrony (in a "
            "container: on its host)",
        )
    elif keeps is None:
        yield note("whether somebody keeps this machine's clock can't be told here")
    try:
        door = await patient.ari()
    except Elsewhere:
        if keeps:
            yield ok("this machine's clock is kept")
        raise
    before = host.now()
    answer = await door.request("GET", "/asterisk/ping")
    after = host.now()
    if answer.date is None:
        yield note("Asterisk does not say what time it has")
        return
    # It names whole seconds, and may have sent them at any moment between the two.
    early, late = before - answer.date - SECOND, answer.date - after
    off = max(early, late, timedelta(0))
    if off > LITTLE:
        way = "behind" if early > late else "ahead of"
        said = f"Asterisk's clock is {off.total_seconds():.0f} s {way} ours"
        yield error(said, CURE) if off > MUCH else warning(said, CURE)
    else:
        yield ok("Asterisk's clock and ours agree")
