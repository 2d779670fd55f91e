"""The requests of ARI about playbacks.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

from ivrflow.asterisk.ari.wire import models
from ivrflow.asterisk.ari.wire.base import Operations, quoted


class Playbacks(Operations):
    """What `client.playbacks` can do."""

    async def get(self, playback_id: str) -> models.Playback:
        """Get a playback's details."""
        return await self._call(
            "GET", f"/playbacks/{quoted(playback_id)}", answer=models.Playback
        )

    async def stop(self, playback_id: str) -> None:
        """Stop a playback."""
        await self._call(
            "DELETE", f"/playbacks/{quoted(playback_id)}", answer=type(None)
        )

    async def control(self, playback_id: str, operation: str) -> None:
        """Control a playback."""
        await self._call(
            "POST",
            f"/playbacks/{quoted(playback_id)}/control",
            parameters={"operation": operation},
            answer=type(None),
        )
