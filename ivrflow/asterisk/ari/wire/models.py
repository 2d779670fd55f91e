"""What ARI's answers and events are made of.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

from typing import Any

import msgspec


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """Details of a Stasis application."""

    name: str
    channel_ids: list[str]
    bridge_ids: list[str]
    endpoint_ids: list[str]
    device_names: list[str]
    events_allowed: list[dict[str, Any]]
    events_disallowed: list[dict[str, Any]]


class BuildInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Info about how Asterisk was built."""

    os: str
    kernel: str
    options: str
    machine: str
    date: str
    user: str


class SystemInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Info about Asterisk."""

    version: str
    entity_id: str


class SetId(msgspec.Struct, frozen=True, kw_only=True):
    """Effective user/group id."""

    user: str
    group: str


class ConfigInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Info about Asterisk configuration."""

    name: str
    default_language: str
    max_channels: int | None = None
    max_open_files: int | None = None
    max_load: float | None = None
    setid: SetId


class StatusInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Info about Asterisk status."""

    startup_time: str
    last_reload_time: str


class AsteriskInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Asterisk system information."""

    build: BuildInfo | None = None
    system: SystemInfo | None = None
    config: ConfigInfo | None = None
    status: StatusInfo | None = None


class AsteriskPing(msgspec.Struct, frozen=True, kw_only=True):
    """Asterisk ping information."""

    asterisk_id: str
    ping: str
    timestamp: str


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """Details of an Asterisk module."""

    name: str
    description: str
    use_count: int
    status: str
    support_level: str


class LogChannel(msgspec.Struct, frozen=True, kw_only=True):
    """Details of an Asterisk log channel."""

    channel: str
    type: str
    status: str
    configuration: str


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a channel variable."""

    value: str


class Variables(msgspec.Struct, frozen=True, kw_only=True):
    """A dictionary of channel variables."""

    variables: dict[str, Any]


class ConfigTuple(msgspec.Struct, frozen=True, kw_only=True):
    """A key/value pair that makes up part of a configuration object."""

    attribute: str
    value: str


class Bridge(msgspec.Struct, frozen=True, kw_only=True):
    """The merging of media from one or more channels. Everyone on the bridge
    receives the same audio.
    """

    id: str
    technology: str
    bridge_type: str
    bridge_class: str
    creator: str
    name: str
    channels: list[str]
    video_mode: str | None = None
    video_source_id: str | None = None
    creationtime: str
    bridgevars: dict[str, Any] | None = None


class Dialed(msgspec.Struct, frozen=True, kw_only=True):
    """Dialed channel information."""


class DialplanCEP(msgspec.Struct, frozen=True, kw_only=True):
    """Dialplan location (context/extension/priority)."""

    context: str
    exten: str
    priority: int
    app_name: str
    app_data: str


class CallerID(msgspec.Struct, frozen=True, kw_only=True):
    """Caller identification."""

    name: str
    number: str


class RTPstat(msgspec.Struct, frozen=True, kw_only=True):
    """A statistics of a RTP."""

    txcount: int
    rxcount: int
    txjitter: float | None = None
    rxjitter: float | None = None
    remote_maxjitter: float | None = None
    remote_minjitter: float | None = None
    remote_normdevjitter: float | None = None
    remote_stdevjitter: float | None = None
    local_maxjitter: float | None = None
    local_minjitter: float | None = None
    local_normdevjitter: float | None = None
    local_stdevjitter: float | None = None
    txploss: int
    rxploss: int
    remote_maxrxploss: float | None = None
    remote_minrxploss: float | None = None
    remote_normdevrxploss: float | None = None
    remote_stdevrxploss: float | None = None
    local_maxrxploss: float | None = None
    local_minrxploss: float | None = None
    local_normdevrxploss: float | None = None
    local_stdevrxploss: float | None = None
    rtt: float | None = None
    maxrtt: float | None = None
    minrtt: float | None = None
    normdevrtt: float | None = None
    stdevrtt: float | None = None
    local_ssrc: int
    remote_ssrc: int
    txoctetcount: int
    rxoctetcount: int
    channel_uniqueid: str


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A specific communication connection between Asterisk and an Endpoint."""

    id: str
    protocol_id: str
    name: str
    state: str
    caller: CallerID
    connected: CallerID
    accountcode: str
    dialplan: DialplanCEP
    creationtime: str
    language: str
    channelvars: dict[str, Any] | None = None
    caller_rdnis: str | None = None
    tenantid: str | None = None


class DeviceState(msgspec.Struct, frozen=True, kw_only=True):
    """Represents the state of a device."""

    name: str
    state: str


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An external device that may offer/accept calls to/from Asterisk. Unlike most
    resources, which have a single unique identifier, an endpoint is uniquely
    identified by the technology/resource pair.
    """

    technology: str
    resource: str
    state: str | None = None
    channel_ids: list[str]


class TextMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A text message."""

    from_: str = msgspec.field(name="from")
    to: str
    body: str
    variables: dict[str, Any] | None = None


class ContactInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Detailed information about a contact on an endpoint."""

    uri: str
    contact_status: str
    aor: str
    roundtrip_usec: str | None = None


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """Detailed information about a remote peer that communicates with Asterisk."""

    peer_status: str
    cause: str | None = None
    address: str | None = None
    port: str | None = None
    time: str | None = None


class ReferTo(msgspec.Struct, frozen=True, kw_only=True):
    """transfer destination requested by transferee."""

    requested_destination: RequiredDestination
    destination_channel: Channel | None = None
    connected_channel: Channel | None = None
    bridge: Bridge | None = None


class ReferredBy(msgspec.Struct, frozen=True, kw_only=True):
    """transfer destination requested by transferee."""

    source_channel: Channel
    connected_channel: Channel | None = None
    bridge: Bridge | None = None


class RequiredDestination(msgspec.Struct, frozen=True, kw_only=True):
    """Information about the requested destination."""

    protocol_id: str | None = None
    destination: str | None = None
    additional_protocol_params: list[AdditionalParam] | None = None


class AdditionalParam(msgspec.Struct, frozen=True, kw_only=True):
    """Protocol specific additional parameter."""

    parameter_name: str
    parameter_value: str


class RESTHeader(msgspec.Struct, frozen=True, kw_only=True):
    """REST over Websocket header."""

    name: str
    value: str


class RESTQueryStringParameter(msgspec.Struct, frozen=True, kw_only=True):
    """REST over Websocket Query String Parameter."""

    name: str
    value: str


class RESTRequest(msgspec.Struct, frozen=True, kw_only=True):
    """REST over Websocket Request."""

    type: str
    transaction_id: str
    request_id: str
    method: str
    uri: str
    content_type: str | None = None
    query_strings: list[RESTQueryStringParameter] | None = None
    message_body: str | None = None


class Mailbox(msgspec.Struct, frozen=True, kw_only=True):
    """Represents the state of a mailbox."""

    name: str
    old_messages: int
    new_messages: int


class Playback(msgspec.Struct, frozen=True, kw_only=True):
    """Object representing the playback of media to a channel."""

    id: str
    media_uri: str
    next_media_uri: str | None = None
    target_uri: str
    language: str | None = None
    state: str


class StoredRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A past recording that may be played back."""

    name: str
    format: str


class LiveRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that is in progress."""

    name: str
    format: str
    target_uri: str
    state: str
    duration: int | None = None
    talking_duration: int | None = None
    silence_duration: int | None = None
    cause: str | None = None


class FormatLangPair(msgspec.Struct, frozen=True, kw_only=True):
    """Identifies the format and language of a sound file."""

    language: str
    format: str


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """A media file that may be played back."""

    id: str
    text: str | None = None
    formats: list[FormatLangPair]
