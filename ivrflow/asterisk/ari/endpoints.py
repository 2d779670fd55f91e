"""Whether an endpoint, such as a trunk, is there: as Asterisk itself sees it.

A PJSIP endpoint is `offline` when none of its contacts answers, so its `aor` must have
`qualify_frequency`; without it Asterisk takes what it was told for what is so.
(Measured on Asterisk 22.10: an endpoint with a static contact that is not qualified is
`online` for ever; ARI knows nothing of a registration that the provider has refused.)
"""

from __future__ import annotations

from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriAway, AriError, Gone

NO_SUCH = (400, 404)
"""What Asterisk answers where it has no such endpoint, or no such technology."""


class Endpoints:
    """Asks after endpoints, one at a time."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def there(self, endpoint: str) -> bool | None:
        """Whether *endpoint*, as `PJSIP/trunk`, can be reached.

        None: Asterisk can't be asked now, so nobody knows.
        """
        technology, _, name = endpoint.partition("/")
        try:
            found = await self._client.endpoints.get(technology, name)
        except Gone:
            return False
        except AriAway:
            return None
        except AriError as refused:
            return False if refused.status in NO_SUCH else None
        return found.state != "offline"
