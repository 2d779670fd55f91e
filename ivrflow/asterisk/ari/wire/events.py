"""The requests of ARI about events.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ivrflow.asterisk.ari.wire.base import Operations, quoted


class Events(Operations):
    """What `client.events` can do."""

    async def user_event(
        self,
        event_name: str,
        application: str,
        *,
        source: Sequence[str] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Generate a user event."""
        await self._call(
            "POST",
            f"/events/user/{quoted(event_name)}",
            parameters={"application": application, "source": source},
            body={"variables": variables},
            answer=type(None),
        )

    async def claim_channel(self, channel_id: str, application: str) -> None:
        """Claim a broadcast channel for this application. Atomically claims a
        channel that is in broadcast state. Only the first claim succeeds.
        """
        await self._call(
            "POST",
            "/events/claim",
            parameters={"channelId": channel_id, "application": application},
            answer=type(None),
        )
