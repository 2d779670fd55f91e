"""Which phones are in use: what Asterisk knows of every device, told as it changes.

One subscription for all devices: Asterisk sends an event when a phone begins to ring or
to talk, whoever called it, and when it is free again. With two thousand phones that is
two events a call, and no request. (Measured on Asterisk 22: the state of a PJSIP phone
comes within 2 ms, for calls of ours, for calls that the phone makes, and for those of
others; an event for the *endpoint* comes for going on- and off-line only.)

How things stand is read after each connection, in one request: a phone that has
channels is in use. So what changed while we were away is not missed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriAway, AriError
from ivrflow.asterisk.ari.wire.event_models import DeviceStateChanged
from ivrflow.asterisk.ari.wire.models import Endpoint

log = logging.getLogger(__name__)

ALL = "deviceState:"
"""As a source of events: the states of all devices."""

PHONES = "PJSIP/"

IN_USE = frozenset({"INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"})
"""As Asterisk names the states of a device that has a call, or more."""


class PhoneStates:
    """Tells how phones stand. Made before `Client.run` begins."""

    def __init__(
        self,
        client: Client,
        *,
        changed: Callable[[str, str], None],
        seen: Callable[[Mapping[str, str]], None],
    ) -> None:
        """*changed* takes a phone (PJSIP/1001) and its state; *seen* takes all phones.

        Both are called by the reader of events or while a connection is made: they note
        it and return.
        """
        self._client = client
        self._changed = changed
        self._seen = seen
        client.on_event("DeviceStateChanged", self._heard)
        client.link.on_return(self.look)

    async def look(self) -> None:
        """Ask how all phones stand, and to be told of what changes; raises `AriAway`.

        First the subscription, then the question: what changes in between comes twice.
        An Asterisk that refuses it takes calls all the same, which is worth more.
        """
        try:
            await self._client.applications.subscribe(self._client.app, [ALL])
            await self.read()
        except AriAway:
            raise
        except AriError as refused:
            log.warning(
                "Asterisk does not tell how phones stand: %s; agents who are in "
                "another call are rung all the same",
                refused,
            )

    async def read(self) -> None:
        """Ask how all phones stand. Raises what requests raise."""
        self._seen({_name(e): _state(e) for e in await self._client.endpoints.list()})

    def _heard(self, event: DeviceStateChanged) -> None:
        device = event.device_state
        # Others are no phones, and some have a new name for each call (Snoop/...).
        if device.name.startswith(PHONES):
            self._changed(device.name, device.state)


def _name(endpoint: Endpoint) -> str:
    return f"{endpoint.technology}/{endpoint.resource}"


def _state(endpoint: Endpoint) -> str:
    if endpoint.channel_ids:
        return "INUSE"
    return "UNAVAILABLE" if endpoint.state == "offline" else "NOT_INUSE"
