"""The client of Asterisk's REST interface: requests, events, and the link for both.

Its names are those of ari-py (`client.channels.get`, `on_channel_event`,
`channel.on_event`); docs/ari-py.md tells what is different and why. `AriSwitch` and
`AriChannel` stand on it; flows never see it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NoReturn, TypeVar

from ivrflow.asterisk.ari.codec import decoded, encoded
from ivrflow.asterisk.ari.handle import Handle
from ivrflow.asterisk.ari.hub import TYPES, Handler, Hub, Subscription
from ivrflow.asterisk.ari.inbound import InboundWebSocket
from ivrflow.asterisk.ari.kept_keys import KeptKeys
from ivrflow.asterisk.ari.link import Link
from ivrflow.asterisk.ari.outbound import OutboundWebSocket
from ivrflow.asterisk.ari.owning import Owning
from ivrflow.asterisk.ari.probe import Probe, Probed
from ivrflow.asterisk.ari.relay import RelayedEvents
from ivrflow.asterisk.ari.relay.sounds import LastSounds
from ivrflow.asterisk.ari.settings import AriSettings
from ivrflow.asterisk.ari.source import EventSource
from ivrflow.asterisk.ari.standing_in import StandingIn
from ivrflow.asterisk.ari.transport import HttpTransport, Pool, Transport
from ivrflow.asterisk.ari.wire.applications import Applications
from ivrflow.asterisk.ari.wire.asterisk import Asterisk
from ivrflow.asterisk.ari.wire.bridges import Bridges
from ivrflow.asterisk.ari.wire.channels import Channels
from ivrflow.asterisk.ari.wire.device_states import DeviceStates
from ivrflow.asterisk.ari.wire.endpoints import Endpoints
from ivrflow.asterisk.ari.wire.event_models import OBJECTS
from ivrflow.asterisk.ari.wire.events import Events
from ivrflow.asterisk.ari.wire.mailboxes import Mailboxes
from ivrflow.asterisk.ari.wire.models import AsteriskInfo
from ivrflow.asterisk.ari.wire.playbacks import Playbacks
from ivrflow.asterisk.ari.wire.recordings import Recordings
from ivrflow.asterisk.ari.wire.sounds import Sounds

T = TypeVar("T")

log = logging.getLogger(__name__)

ALWAYS_WANTED = frozenset(
    {
        "ApplicationMoveFailed",
        "ApplicationRegistered",
        "ApplicationReplaced",
        "ChannelDestroyed",
        "ChannelDtmfReceived",
        "ChannelHangupRequest",
        "ChannelStateChange",
        "ChannelUserevent",
        "Dial",
        "PlaybackFinished",
        "RecordingFailed",
        "RecordingFinished",
        "RecordingStarted",
        "RESTResponse",
        "StasisEnd",
        "StasisStart",
    }
)
"""Events that our drivers live on; the filter lets them through. RESTResponse is among
them because a filter also drops the answers of a WebSocket that carries requests."""

THINGS = ("/channels/", "/bridges/", "/playbacks/", "/recordings/")
"""Paths on which a 404 usually means that somebody hung up."""

BOOT_WINDOW = 3.0
"""Seconds that a request waits for an Asterisk that still starts."""


class Client:
    """One Asterisk. `run` keeps it connected; everything else may be used meanwhile.

    Requests raise `Gone`, `AriError` or `AriAway`.
    """

    def __init__(
        self,
        settings: AriSettings,
        *,
        transport: Transport | None = None,
        source: EventSource | None = None,
    ) -> None:
        self.app = settings.app
        self._where = settings.url
        self._transport = transport or HttpTransport(settings)
        self._source = source or source_of(settings)
        self._group: asyncio.TaskGroup | None = None
        relayed = self._source if isinstance(self._source, RelayedEvents) else None
        self.kept_keys = relayed.kept_keys if relayed else KeptKeys()
        """What is known of keys that came before us; without a relay nothing."""
        self.last_sounds = relayed.last_sounds if relayed else LastSounds()
        """Which sounds have ended, also before our time; without a relay nothing."""
        self.hub = Hub()
        self.link = Link(
            _Greeter(self),
            where=self._source.where,
            cure=lambda: self._source.cure,
        )
        self.applications = Applications(self._call)
        self.asterisk = Asterisk(self._call)
        self.bridges = Bridges(self._call)
        self.channels = Channels(self._call)
        self.device_states = DeviceStates(self._call)
        self.endpoints = Endpoints(self._call)
        self.events = Events(self._call)
        self.mailboxes = Mailboxes(self._call)
        self.playbacks = Playbacks(self._call)
        self.recordings = Recordings(self._call)
        self.sounds = Sounds(self._call)
        self._owning = Owning(settings.app)
        self.replaced = self._owning.replaced
        """Set when another program has taken our application, for good."""
        self.hub.on("ApplicationReplaced", self._owning.heard)
        self.hub.on("ApplicationRegistered", self._owning.registered)
        self.probe = Probe(
            Probed(
                send=self._send_round,
                connection=lambda: self.link.connection,
                received=lambda: self.hub.received,
                drop=self._source.drop,
            )
        )
        self.hub.on("ChannelUserevent", self.probe.heard)

    async def run(self) -> NoReturn:
        """Stay connected until cancelled, through restarts of Asterisk and of lines.

        Raises `AriError` when the port for events is taken. When another program takes
        our application (`replaced`), it lets go of Asterisk and does nothing more.
        """
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                reading = group.create_task(
                    self._source.run(_Sink(self)), name="ari events"
                )
                group.create_task(self.link.run(), name="ari link")
                group.create_task(self.probe.run(), name="ari probes")
                await self.replaced.wait()
                self.link.disconnected("another program has our application")
                reading.cancel()
                await self._transport.close()
                await asyncio.get_running_loop().create_future()
        except ExceptionGroup as failed:
            # One of the two parts failed and took the other one with it.
            raise failed.exceptions[0] from None
        finally:
            self._group = None
            await self.close()
        raise AssertionError("the parts of the client never end by themselves")

    @property
    def lanes(self) -> Mapping[str, Pool]:
        """The lines in which requests wait; none with a transport of one's own."""
        transport = self._transport
        return transport.lanes if isinstance(transport, HttpTransport) else {}

    @property
    def line(self) -> str:
        """The address on which events come, or are waited for."""
        return self._source.where

    async def close(self) -> None:
        """Close what requests have opened; for those who never call `run`."""
        await self._transport.close()

    def soon(self, work: Coroutine[Any, Any, object]) -> None:
        """Start *work* from a handler of events. What it raises is logged."""
        if self._group is None:
            work.close()
            return
        self._group.create_task(_logged(work))

    # Events ---------------------------------------------------------------------------

    def on_event(self, event_type: str, handler: Handler) -> Subscription:
        """Call `handler(event)` for each event of that type."""
        known = self._wanted()
        subscription = self.hub.on(event_type, handler)
        if event_type not in known:
            self.link.refilter()
        return subscription

    def on_channel_event(
        self, event_type: str, handler: Callable[[Handle, Any], None]
    ) -> Subscription:
        """Call `handler(channel, event)` for each event of that type with a channel."""
        return self._on_object_event("channel", self.channel, event_type, handler)

    def on_bridge_event(
        self, event_type: str, handler: Callable[[Handle, Any], None]
    ) -> Subscription:
        """Call `handler(bridge, event)` for each event of that type with a bridge."""
        return self._on_object_event("bridge", self.bridge, event_type, handler)

    def on_playback_event(
        self, event_type: str, handler: Callable[[Handle, Any], None]
    ) -> Subscription:
        """Call `handler(playback, event)` for each such event with a playback."""
        return self._on_object_event("playback", self.playback, event_type, handler)

    def _on_object_event(
        self,
        kind: str,
        make: Callable[[str], Handle],
        event_type: str,
        handler: Callable[[Handle, Any], None],
    ) -> Subscription:
        fields = OBJECTS[kind].get(event_type)
        if fields is None:
            raise ValueError(
                f"no {kind} stands in {event_type!r}; there is one in "
                f"{', '.join(OBJECTS[kind])}"
            )

        def each(event: Any) -> None:
            # The first field is the one that the event is about.
            thing = getattr(event, fields[0])
            if thing is not None:
                handler(make(thing.id), event)

        return self.on_event(event_type, each)

    # Objects --------------------------------------------------------------------------

    def channel(self, channel_id: str) -> Handle:
        """Return the handle of a channel; no request is sent."""
        return Handle(self, "channel", self.channels, channel_id)

    def bridge(self, bridge_id: str) -> Handle:
        """Return the handle of a bridge; no request is sent."""
        return Handle(self, "bridge", self.bridges, bridge_id)

    def playback(self, playback_id: str) -> Handle:
        """Return the handle of a sound that plays; no request is sent."""
        return Handle(self, "playback", self.playbacks, playback_id)

    # Requests -------------------------------------------------------------------------

    async def _call(
        self,
        method: str,
        path: str,
        *,
        answer: type[T],
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> T:
        """As `wire.base.Call`."""
        await self._owning.sure()
        query, data = encoded(method, parameters, body)
        response = await self._transport.request(method, path, query, data)
        if (
            response.status == 404
            and path.startswith(THINGS)
            and not self.link.answers
            and self._group is not None
            and await self.link.until_ready(BOOT_WINDOW)
        ):
            # Asterisk answers 404 to everything while it starts: only when it has
            # answered on this connection does a 404 tell anything about the channel.
            response = await self._transport.request(method, path, query, data)
        return decoded(self._where, f"{method} {path}", response, answer)

    async def _send_round(self, name: str, mark: str) -> None:
        await self.events.user_event(name, self.app, variables={"probe": mark})

    def _wanted(self) -> frozenset[str]:
        return ALWAYS_WANTED | self.hub.types()


async def _logged(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except Exception:
        log.exception("something that an event set off has failed")


def source_of(settings: AriSettings) -> EventSource:
    """The way of events that *settings* ask for."""
    if settings.events is None:
        if settings.relay is not None:
            return RelayedEvents(settings, settings.relay)
        return InboundWebSocket(settings)
    return StandingIn(OutboundWebSocket(settings.events), InboundWebSocket(settings))


class _Sink:
    """Ties the source of events to the link, the hub, and who owns the application."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.disconnected = client.link.disconnected
        self.received = client.hub.receive

    def connected(self) -> None:
        self._client._owning.connected()
        self._client.link.connected()


class _Greeter:
    """What the link sends to a new connection."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def set_filter(self) -> None:
        unwanted = sorted(TYPES - self._client._wanted())
        await self._client.applications.filter(
            self._client.app, filter={"disallowed": [{"type": t} for t in unwanted]}
        )

    def drop(self, why: str) -> None:
        self._client._source.drop(why)

    async def info(self) -> AsteriskInfo:
        return await self._client.asterisk.get_info()
