"""The requests of ARI about endpoints.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping

from ivrflow.asterisk.ari.wire import models
from ivrflow.asterisk.ari.wire.base import Operations, quoted


class Endpoints(Operations):
    """What `client.endpoints` can do."""

    async def list(self) -> builtins.list[models.Endpoint]:
        """List all endpoints."""
        return await self._call(
            "GET", "/endpoints", answer=builtins.list[models.Endpoint]
        )

    async def send_message(
        self,
        to: str,
        from_: str,
        *,
        body: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Send a message to some technology URI or endpoint."""
        await self._call(
            "PUT",
            "/endpoints/sendMessage",
            parameters={"to": to, "from": from_, "body": body},
            body={"variables": variables},
            answer=type(None),
        )

    async def refer(
        self,
        to: str,
        from_: str,
        refer_to: str,
        *,
        to_self: bool | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Refer an endpoint or technology URI to some technology URI or endpoint."""
        await self._call(
            "POST",
            "/endpoints/refer",
            parameters={
                "to": to,
                "from": from_,
                "refer_to": refer_to,
                "to_self": to_self,
            },
            body={"variables": variables},
            answer=type(None),
        )

    async def list_by_tech(self, tech: str) -> builtins.list[models.Endpoint]:
        """List available endoints for a given endpoint technology."""
        return await self._call(
            "GET", f"/endpoints/{quoted(tech)}", answer=builtins.list[models.Endpoint]
        )

    async def get(self, tech: str, resource: str) -> models.Endpoint:
        """Details for an endpoint."""
        return await self._call(
            "GET",
            f"/endpoints/{quoted(tech)}/{quoted(resource)}",
            answer=models.Endpoint,
        )

    async def send_message_to_endpoint(
        self,
        tech: str,
        resource: str,
        from_: str,
        *,
        body: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Send a message to some endpoint in a technology."""
        await self._call(
            "PUT",
            f"/endpoints/{quoted(tech)}/{quoted(resource)}/sendMessage",
            parameters={"from": from_, "body": body},
            body={"variables": variables},
            answer=type(None),
        )

    async def refer_to_endpoint(
        self,
        tech: str,
        resource: str,
        from_: str,
        refer_to: str,
        *,
        to_self: bool | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Refer an endpoint or technology URI to some technology URI or endpoint."""
        await self._call(
            "POST",
            f"/endpoints/{quoted(tech)}/{quoted(resource)}/refer",
            parameters={"from": from_, "refer_to": refer_to, "to_self": to_self},
            body={"variables": variables},
            answer=type(None),
        )
