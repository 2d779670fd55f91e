"""Make durable where a call is, at a price that no caller hears.

Nothing here ends a call: a caller whose bookmark can't be kept talks on, and is lost
only if the service dies just then.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ivrflow.flow.bookmark.writing import for_channel, write, write_again
from ivrflow.telephony.channel import HungUp

if TYPE_CHECKING:
    from ivrflow.flow.bookmark.model import Bookmark
    from ivrflow.flow.bookmark.seal import Seal
    from ivrflow.flow.call import Call

log = logging.getLogger("ivrflow.call")


async def keep(call: Call, seal: Seal) -> None:
    """See `Call.keep`."""
    this = call.noted + 1
    text = await commit(call, seal)
    async with call.writing:
        # A mark that was made meanwhile is newer, and on the channel already.
        if call.noted == this:
            await _onto_channel(call, seal, text)


async def commit(call: Call, seal: Seal) -> str | None:
    """Make the call's place and all facts so far durable, not on its channel.

    Returns what was written.
    """
    call.noted += 1
    text, noted = _written(call, seal), call.noted
    if text is not None and call.world.bookmarks is not None:
        await call.world.bookmarks.keep(call.id, call.steps, text, noted)
    return text


async def keep_again(call: Call, bookmark: Bookmark, seal: Seal) -> None:
    """Make *bookmark*, with which *call* goes on, durable with all facts so far.

    In the database alone: the channel plays what the step is about. As it was read,
    since the flows in each other are not made again yet; but newer.
    """
    call.noted += 1
    if call.world.bookmarks is not None:
        text = write_again(replace(bookmark, mark=call.noted), seal)
        await call.world.bookmarks.keep(call.id, bookmark.number, text, call.noted)


async def remember(call: Call, seal: Seal) -> None:
    """Write the call's place onto its channel; one after the other, the newest last.

    Raises `HungUp` as every act on a channel does, but for a call that is over.
    """
    async with call.writing:
        await _onto_channel(call, seal, _written(call, seal))


async def _onto_channel(call: Call, seal: Seal, text: str | None) -> None:
    if text is None or call.channel.gone.done():
        return
    try:
        await call.channel.remember(for_channel(text, call, seal))
    except HungUp:
        raise
    except Exception:
        log.exception("call %s: its channel does not know its place", call.id)


def _written(call: Call, seal: Seal) -> str | None:
    """The bookmark; None, and a trace in the log, if it can't be written."""
    try:
        return write(call, seal)
    except Exception:
        log.exception("call %s: its place can't be written down", call.id)
        return None
