"""Taking a channel's time limit off by ARI, whatever the channel is doing.

A variable that is set by ARI waits until the prompt that plays, or the recording that
runs, has ended: by then the limit may have ended the call. A variable that is *read* is
read at once, and Asterisk has a function that sets another one when it is read. So the
limit is read as `SET(TIMEOUT(absolute)=0)` (measured on 22.10.1: done within 3 ms while
a prompt plays). Where an Asterisk lacks the function, it is set in the usual way.
"""

from __future__ import annotations

from ivrflow.asterisk.ami.client import TIME_LIMIT
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriAway, AriError

NO_LIMIT = "0"


async def take_off(client: Client, channel: str) -> None:
    """Let *channel* live as long as it will. Raises `Gone`, or `AriError`."""
    try:
        done = await client.channels.get_channel_var(
            channel, f"SET({TIME_LIMIT}={NO_LIMIT})"
        )
    except AriAway:
        raise
    except AriError:
        pass  # it has no such function
    else:
        if done.value == NO_LIMIT:
            return
    await client.channels.set_channel_var(channel, TIME_LIMIT, value=NO_LIMIT)
