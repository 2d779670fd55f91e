"""Keys that the service presses itself, towards whoever has answered a leg of ours."""

from __future__ import annotations

from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.switch import AriSwitch
from ivrflow.telephony.channel import Channel, DialOrder


class PressingPhone:
    """A phone of the service's own: it dials, and presses keys."""

    def __init__(self, client: Client, switch: AriSwitch) -> None:
        self._client = client
        self._switch = switch

    async def dial(self, order: DialOrder) -> Channel:
        """As `Switch.dial`."""
        return await self._switch.dial(order)

    async def press(self, leg: str, keys: str) -> None:
        """Press *keys*, one after the other; returns when Asterisk has the order.

        Raises `Gone`, `AriError`.
        """
        await self._client.channels.send_dtmf(leg, dtmf=keys)
