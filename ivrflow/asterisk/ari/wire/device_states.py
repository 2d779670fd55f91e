"""The requests of ARI about device states.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

import builtins

from ivrflow.asterisk.ari.wire import models
from ivrflow.asterisk.ari.wire.base import Operations, quoted


class DeviceStates(Operations):
    """What `client.device_states` can do."""

    async def list(self) -> builtins.list[models.DeviceState]:
        """List all ARI controlled device states."""
        return await self._call(
            "GET", "/deviceStates", answer=builtins.list[models.DeviceState]
        )

    async def get(self, device_name: str) -> models.DeviceState:
        """Retrieve the current state of a device."""
        return await self._call(
            "GET", f"/deviceStates/{quoted(device_name)}", answer=models.DeviceState
        )

    async def update(self, device_name: str, device_state: str) -> None:
        """Change the state of a device controlled by ARI. (Note - implicitly creates
        the device state).
        """
        await self._call(
            "PUT",
            f"/deviceStates/{quoted(device_name)}",
            parameters={"deviceState": device_state},
            answer=type(None),
        )

    async def delete(self, device_name: str) -> None:
        """Destroy a device-state controlled by ARI."""
        await self._call(
            "DELETE", f"/deviceStates/{quoted(device_name)}", answer=type(None)
        )
