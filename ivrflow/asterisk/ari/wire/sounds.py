"""The requests of ARI about sounds.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

import builtins

from ivrflow.asterisk.ari.wire import models
from ivrflow.asterisk.ari.wire.base import Operations, quoted


class Sounds(Operations):
    """What `client.sounds` can do."""

    async def list(
        self, *, lang: str | None = None, format: str | None = None
    ) -> builtins.list[models.Sound]:
        """List all sounds."""
        return await self._call(
            "GET",
            "/sounds",
            parameters={"lang": lang, "format": format},
            answer=builtins.list[models.Sound],
        )

    async def get(self, sound_id: str) -> models.Sound:
        """Get a sound's details."""
        return await self._call(
            "GET", f"/sounds/{quoted(sound_id)}", answer=models.Sound
        )
