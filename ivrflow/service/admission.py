"""Which new calls are taken: those above the limit get busy, and hurt nobody.

A service that takes more calls than it can serve serves none of them well. So there is
a limit (`limits: {calls: N}`), and there is none to argue with when the loop itself is
late for seconds (`lag`). Who is refused has not been answered and pays nothing: he
hears busy, or goes to the overflow of the dialplan. Calls that are up, and those that
a restart has interrupted, are never refused.

Refusing costs a request. Some at a time are sent, so that those of talking callers are
not behind a thousand of them, and the line of those that wait has an end: who finds it
full is left to the dialplan, which gives a call back that nobody takes.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Literal, NoReturn, Protocol

from ivrflow.aio import supervise
from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriError, Gone
from ivrflow.telephony.channel import Cause

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Refusals on their way at a time; the quick lane to Asterisk has 16 places."""

MOST = 5_000
"""Calls that wait to be refused at most: ten seconds of a flood of 500 a second."""

OVERFLOW = "ivrflow-overflow"
"""The context of the shipped dialplan that looks for another place for a caller."""

Above = Literal["busy", "overflow"]


class Lag(Protocol):
    """What is asked of `LoopLag`."""

    heavy: bool


class Admission:
    """The decision, and the refusing. `run` sends what is to be refused."""

    def __init__(
        self, most: int, lag: Lag, client: Client, *, above: Above = "busy"
    ) -> None:
        """*most* calls are up at a time; *above* is what becomes of others."""
        self.most = most
        """Calls that are up at a time, at most."""
        self._lag = lag
        self._client = client
        self._above = above
        self._waiting: deque[AriChannel] = deque()
        self._news = asyncio.Event()
        self.refused = 0
        """Calls that were refused so far."""
        self.left = 0
        """Those among them that were left to the dialplan."""
        self._told = 0

    @property
    def waiting(self) -> int:
        """Calls that are to be refused and have not heard of it."""
        return len(self._waiting)

    def refusal(self, up: int) -> str:
        """Why a call that comes while *up* others are there is not taken; "": it is."""
        if up >= self.most:
            return f"{up} calls are up, and limits: calls: is {self.most}"
        if self._lag.heavy:
            return "the service has more work than it can do"
        return ""

    def refuse(self, channel: AriChannel, why: str) -> None:
        """Refuse this call. Never waits."""
        self.refused += 1
        channel.refused = True
        # At 1, 2, 4, 8 ...: told at once, and not once for each of a flood.
        if self.refused >= 2 * self._told:
            self._told = self.refused
            log.warning("%d calls refused (%s): %s", self.refused, self._above, why)
        if len(self._waiting) >= MOST:
            self.left += 1
            channel.end(Cause.CONGESTION)  # ours no more; the dialplan's timer has it
            return
        self._waiting.append(channel)
        self._news.set()

    async def run(self) -> NoReturn:
        """Refuse for ever."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(supervise("refusals", self._work))
        raise AssertionError("who refuses never ends by himself")

    async def _work(self) -> NoReturn:
        while True:
            while self._waiting:
                await self._send(self._waiting.popleft())
            self._news.clear()
            await self._news.wait()

    async def _send(self, channel: AriChannel) -> None:
        if channel.gone.done():
            return
        if self._above == "overflow":
            try:
                await self._client.channels.continue_in_dialplan(
                    channel.id, context=OVERFLOW, extension="s", priority=1
                )
            except (AriError, Gone) as error:
                log.info("call %s is refused as busy: %s", channel.id, error)
            else:
                channel.end(Cause.NORMAL_CLEARING)
                return
        await channel.hang_up(Cause.USER_BUSY)
