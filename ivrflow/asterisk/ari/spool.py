"""Asterisk's folder of recordings, as the store takes sounds out of it.

A recording comes over HTTP whole, as Asterisk gives it no other way; so only a few are
on their way at a time, however many ask.
"""

from __future__ import annotations

import asyncio

from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriAway, AriError, Gone
from ivrflow.asterisk.ari.media import safe
from ivrflow.flow.world.sounds import SpoolAway
from ivrflow.flow.world.trouble import Trouble

AT_ONCE = 4
"""Recordings that are fetched at a time: each may be as large as `http.LONGEST_BODY`,
and three minutes are 3 MB."""

LONGEST_WAIT = 20.0
"""Seconds until it is one's turn, and its bytes are there."""


class AriSpool:
    """A `Spool`; see `flow.world.sounds`."""

    def __init__(self, client: Client, *, longest: float = LONGEST_WAIT) -> None:
        self._client = client
        self._longest = longest
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, recorded: str) -> bytes | None:
        """The WAV of that name, as it lies there; None if there is none."""
        _check(recorded)
        try:
            async with asyncio.timeout(self._longest), self._turn:
                return await self._client.recordings.get_stored_file(recorded)
        except Gone:
            return None
        except TimeoutError:
            raise Trouble(
                f"recording {recorded} did not come out of Asterisk in "
                f"{self._longest:.0f} s; look at how busy it is"
            ) from None
        except AriAway as away:
            raise SpoolAway(str(away)) from None
        except AriError as error:
            raise Trouble(f"recording {recorded} can't be fetched: {error}") from None

    async def delete(self, recorded: str) -> None:
        """Remove it; again: nothing happens."""
        _check(recorded)
        try:
            await self._client.recordings.delete_stored(recorded)
        except Gone:
            pass
        except AriAway as away:
            raise SpoolAway(str(away)) from None
        except AriError as error:
            raise Trouble(
                f"recording {recorded} can't be removed from Asterisk: {error}"
            ) from None


def _check(recorded: str) -> None:
    """Asterisk takes any path: a name that leads elsewhere is none of a recording."""
    if not safe(recorded):
        raise Trouble(f"{recorded[:80]!r} is no name of a recording")
