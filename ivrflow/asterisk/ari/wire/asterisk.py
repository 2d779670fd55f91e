"""The requests of ARI about asterisk.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence

from ivrflow.asterisk.ari.wire import models
from ivrflow.asterisk.ari.wire.base import Operations, quoted


class Asterisk(Operations):
    """What `client.asterisk` can do."""

    async def get_object(
        self, config_class: str, object_type: str, id: str
    ) -> builtins.list[models.ConfigTuple]:
        """Retrieve a dynamic configuration object."""
        return await self._call(
            "GET",
            f"/asterisk/config/dynamic/{quoted(config_class)}/{quoted(object_type)}/{quoted(id)}",
            answer=builtins.list[models.ConfigTuple],
        )

    async def update_object(
        self,
        config_class: str,
        object_type: str,
        id: str,
        *,
        fields: Mapping[str, str] | None = None,
    ) -> builtins.list[models.ConfigTuple]:
        """Create or update a dynamic configuration object."""
        return await self._call(
            "PUT",
            f"/asterisk/config/dynamic/{quoted(config_class)}/{quoted(object_type)}/{quoted(id)}",
            body={"fields": fields},
            answer=builtins.list[models.ConfigTuple],
        )

    async def delete_object(self, config_class: str, object_type: str, id: str) -> None:
        """Delete a dynamic configuration object."""
        await self._call(
            "DELETE",
            f"/asterisk/config/dynamic/{quoted(config_class)}/{quoted(object_type)}/{quoted(id)}",
            answer=type(None),
        )

    async def get_info(
        self, *, only: Sequence[str] | None = None
    ) -> models.AsteriskInfo:
        """Gets Asterisk system information."""
        return await self._call(
            "GET",
            "/asterisk/info",
            parameters={"only": only},
            answer=models.AsteriskInfo,
        )

    async def ping(self) -> models.AsteriskPing:
        """Response pong message."""
        return await self._call("GET", "/asterisk/ping", answer=models.AsteriskPing)

    async def list_modules(self) -> builtins.list[models.Module]:
        """List Asterisk modules."""
        return await self._call(
            "GET", "/asterisk/modules", answer=builtins.list[models.Module]
        )

    async def get_module(self, module_name: str) -> models.Module:
        """Get Asterisk module information."""
        return await self._call(
            "GET", f"/asterisk/modules/{quoted(module_name)}", answer=models.Module
        )

    async def load_module(self, module_name: str) -> None:
        """Load an Asterisk module."""
        await self._call(
            "POST", f"/asterisk/modules/{quoted(module_name)}", answer=type(None)
        )

    async def unload_module(self, module_name: str) -> None:
        """Unload an Asterisk module."""
        await self._call(
            "DELETE", f"/asterisk/modules/{quoted(module_name)}", answer=type(None)
        )

    async def reload_module(self, module_name: str) -> None:
        """Reload an Asterisk module."""
        await self._call(
            "PUT", f"/asterisk/modules/{quoted(module_name)}", answer=type(None)
        )

    async def list_log_channels(self) -> builtins.list[models.LogChannel]:
        """Gets Asterisk log channel information."""
        return await self._call(
            "GET", "/asterisk/logging", answer=builtins.list[models.LogChannel]
        )

    async def add_log(self, log_channel_name: str, configuration: str) -> None:
        """Adds a log channel."""
        await self._call(
            "POST",
            f"/asterisk/logging/{quoted(log_channel_name)}",
            parameters={"configuration": configuration},
            answer=type(None),
        )

    async def delete_log(self, log_channel_name: str) -> None:
        """Deletes a log channel."""
        await self._call(
            "DELETE", f"/asterisk/logging/{quoted(log_channel_name)}", answer=type(None)
        )

    async def rotate_log(self, log_channel_name: str) -> None:
        """Rotates a log channel."""
        await self._call(
            "PUT",
            f"/asterisk/logging/{quoted(log_channel_name)}/rotate",
            answer=type(None),
        )

    async def get_global_var(self, variable: str) -> models.Variable:
        """Get the value of a global variable."""
        return await self._call(
            "GET",
            "/asterisk/variable",
            parameters={"variable": variable},
            answer=models.Variable,
        )

    async def set_global_var(self, variable: str, *, value: str | None = None) -> None:
        """Set the value of a global variable."""
        await self._call(
            "POST",
            "/asterisk/variable",
            parameters={"variable": variable, "value": value},
            answer=type(None),
        )
