"""Waiting for Asterisk to come back, with what was to be asked of it.

A line that is cut for a minute ends no call: Asterisk plays on, and people talk on. So
who wants something of it waits, and asks again when it is back; only then is it known
whether the call is still there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ivrflow.aio import finish
from ivrflow.asterisk.ari.errors import AriAway
from ivrflow.asterisk.ari.link import Link

T = TypeVar("T")

log = logging.getLogger(__name__)

AWAY = 600.0
"""Seconds that Asterisk may be away before what waits for it is given up."""

PAUSE = 0.2
"""Seconds before the next try, while a line that is dead isn't known to be."""


async def patiently(link: Link, request: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Send *request*, again and again while Asterisk is away; then raise `AriAway`.

    Cancelling ends the waiting at once, but a request that is on its way is waited for:
    else it could not be known whether there is something to clean up.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + AWAY
    said = False
    while True:
        try:
            return await finish(request())
        except AriAway as error:
            if not said:
                log.warning("%s; it is tried again when Asterisk is back", error)
            said = True
            if loop.time() >= until or not await link.until_ready(until - loop.time()):
                raise
        await asyncio.sleep(PAUSE)
