"""The requests of ARI about applications.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Any

from ivrflow.asterisk.ari.wire import models
from ivrflow.asterisk.ari.wire.base import Operations, quoted


class Applications(Operations):
    """What `client.applications` can do."""

    async def list(self) -> builtins.list[models.Application]:
        """List all applications."""
        return await self._call(
            "GET", "/applications", answer=builtins.list[models.Application]
        )

    async def get(self, application_name: str) -> models.Application:
        """Get details of an application."""
        return await self._call(
            "GET",
            f"/applications/{quoted(application_name)}",
            answer=models.Application,
        )

    async def subscribe(
        self, application_name: str, event_source: Sequence[str]
    ) -> models.Application:
        """Subscribe an application to a event source. Returns the state of the
        application after the subscriptions have changed.
        """
        return await self._call(
            "POST",
            f"/applications/{quoted(application_name)}/subscription",
            parameters={"eventSource": event_source},
            answer=models.Application,
        )

    async def unsubscribe(
        self, application_name: str, event_source: Sequence[str]
    ) -> models.Application:
        """Unsubscribe an application from an event source. Returns the state of the
        application after the subscriptions have changed.
        """
        return await self._call(
            "DELETE",
            f"/applications/{quoted(application_name)}/subscription",
            parameters={"eventSource": event_source},
            answer=models.Application,
        )

    async def filter(
        self, application_name: str, *, filter: Mapping[str, Any] | None = None
    ) -> models.Application:
        """Filter application events types. Allowed and/or disallowed event type
        filtering can be done. The body (parameter) should specify a JSON
        key/value object that describes the type of event filtering needed. One,
        or both of the following keys can be designated: "allowed" - Specifies an
        allowed list of event types "disallowed" - Specifies a disallowed list of
        event types Further, each of those key's value should be a JSON array that
        holds zero, or more JSON key/value objects. Each of these objects must
        contain the following key with an associated value: "type" - The type name
        of the event to filter The value must be the string name (case sensitive)
        of the event type that needs filtering. For example: { "allowed": [ {
        "type": "StasisStart" }, { "type": "StasisEnd" } ] } As this specifies
        only an allowed list, then only those two event type messages are sent to
        the application. No other event messages are sent. The following rules
        apply: * If the body is empty, both the allowed and disallowed filters are
        set empty. * If both list types are given then both are set to their
        respective values (note, specifying an empty array for a given type sets
        that type to empty). * If only one list type is given then only that type
        is set. The other type is not updated. * An empty "allowed" list means all
        events are allowed. * An empty "disallowed" list means no events are
        disallowed. * Disallowed events take precedence over allowed events if the
        event type is specified in both lists.
        """
        return await self._call(
            "PUT",
            f"/applications/{quoted(application_name)}/eventFilter",
            body=filter,
            answer=models.Application,
        )
