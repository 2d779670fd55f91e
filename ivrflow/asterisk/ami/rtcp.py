"""How calls sound, as both ends of each leg report it: RTCP, by the events of AMI.

Every five seconds each end of a stream of sound says what it has heard of the other:
packets lost, jitter, the time to there and back. Asterisk tells both reports as events.
They come by a connection, and a user, of their own: that user may do nothing, and
however many events come, the one that moves the time limits of calls waits for none.

What comes is checked as if anybody had sent it. A report is small and often, so what
is strange is passed over without a word.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from ivrflow.asterisk.ami.client import (
    PING_EVERY,
    WITHIN,
    AmiAway,
    AmiSettings,
    Session,
    signed_in,
)

log = logging.getLogger(__name__)

CLOCK = 8000.0
"""Ticks a second in which jitter is told: those of G.711 and G.722. Opus has six times
as many, so its jitter looks six times as long."""

LONGEST = 60_000.0
"""Milliseconds; more is no measure but a mistake."""

_ID = re.compile(r"[!-~]{1,256}")

SENT, RECEIVED = "RTCPSent", "RTCPReceived"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one end of a leg has heard in the last seconds."""

    channel: str
    """The leg."""
    call: str
    """The channel by which its call came in."""
    by_us: bool
    """Asterisk has heard the phone; else the phone has heard Asterisk."""
    lost: float
    """The share of packets that did not come: 0 to 1."""
    jitter: float
    """Milliseconds."""
    round_trip: float | None = None
    """Milliseconds to the phone and back; only the phone's reports tell it."""


def report_of(event: Mapping[str, Any]) -> Report | None:
    """The report in an event of AMI; None for anything else."""
    kind = str(event.get("Event", ""))
    if kind not in (SENT, RECEIVED):
        return None
    channel, call = str(event.get("Uniqueid", "")), str(event.get("Linkedid", ""))
    lost = _number(event, "Report0FractionLost", 255)
    jitter = _number(event, "Report0IAJitter", LONGEST * CLOCK / 1000)
    if not (_ID.fullmatch(channel) and _ID.fullmatch(call)):
        return None
    if lost is None or jitter is None:
        return None
    trip = _number(event, "RTT", LONGEST / 1000)
    return Report(
        channel=channel,
        call=call,
        by_us=kind == SENT,
        lost=lost / 256,
        jitter=jitter / CLOCK * 1000,
        round_trip=trip * 1000 if trip else None,
    )


def _number(event: Mapping[str, Any], key: str, most: float) -> float | None:
    """What stands there, from 0 to *most*; None if it is no such number."""
    try:
        number = float(str(event.get(key, ""))[:40])
    except ValueError:
        return None
    return number if math.isfinite(number) and 0 <= number <= most else None


class Reports:
    """The reports of all calls of one Asterisk. `run` holds the connection."""

    def __init__(self, settings: AmiSettings, heard: Callable[[Report], None]) -> None:
        """*heard* is called in the loop for each report; it must be quick."""
        self._settings = settings
        self._heard = heard
        self.ready = False
        """Whether the connection is there."""

    async def run(self) -> NoReturn:
        """Connect, and listen until that is over. Raises `AmiAway`; then again."""
        session = await signed_in(self._settings, self._came)
        log.info("AMI tells how calls sound")
        try:
            self.ready = True
            while True:
                try:
                    async with asyncio.timeout(PING_EVERY):
                        await session.lost.wait()
                except TimeoutError:
                    await _still_there(session)
                else:
                    raise AmiAway("Asterisk has closed the connection to AMI")
        finally:
            self.ready = False
            session.close()

    def _came(self, event: Any) -> None:
        report = report_of(event)
        if report is not None:
            self._heard(report)


async def _still_there(session: Session) -> None:
    """Ask. Raises `AmiAway` where no answer comes in time."""
    try:
        async with asyncio.timeout(WITHIN):
            answer = await session.send_action({"Action": "Ping"})
    except TimeoutError:
        raise AmiAway("AMI does not answer to Ping") from None
    if answer is None:
        raise AmiAway("AMI went away during Ping")
