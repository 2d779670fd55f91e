"""The events that Asterisk sends.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

from typing import Any

import msgspec

from ivrflow.asterisk.ari.wire import models


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Base type for errors and events."""

    asterisk_id: str | None = None


class MissingParams(Message, frozen=True, kw_only=True):
    """Error event sent when required params are missing."""

    params: list[str]


class Event(Message, frozen=True, kw_only=True):
    """Base type for asynchronous events from Asterisk."""

    application: str
    timestamp: str


class DeviceStateChanged(Event, frozen=True, kw_only=True):
    """Notification that a device state has changed."""

    device_state: models.DeviceState


class PlaybackStarted(Event, frozen=True, kw_only=True):
    """Event showing the start of a media playback operation."""

    playback: models.Playback


class PlaybackContinuing(Event, frozen=True, kw_only=True):
    """Event showing the continuation of a media playback operation from one media
    URI to the next in the list.
    """

    playback: models.Playback


class PlaybackFinished(Event, frozen=True, kw_only=True):
    """Event showing the completion of a media playback operation."""

    playback: models.Playback


class RecordingStarted(Event, frozen=True, kw_only=True):
    """Event showing the start of a recording operation."""

    recording: models.LiveRecording


class RecordingFinished(Event, frozen=True, kw_only=True):
    """Event showing the completion of a recording operation."""

    recording: models.LiveRecording


class RecordingFailed(Event, frozen=True, kw_only=True):
    """Event showing failure of a recording operation."""

    recording: models.LiveRecording


class ApplicationMoveFailed(Event, frozen=True, kw_only=True):
    """Notification that trying to move a channel to another Stasis application
    failed.
    """

    channel: models.Channel
    destination: str
    args: list[str]


class ApplicationRegistered(Event, frozen=True, kw_only=True):
    """Notification that a Stasis app has been registered."""


class ApplicationUnregistered(Event, frozen=True, kw_only=True):
    """Notification that a Stasis app has been unregistered."""


class ApplicationReplaced(Event, frozen=True, kw_only=True):
    """Notification that another WebSocket has taken over for an application. An
    application may only be subscribed to by a single WebSocket at a time. If
    multiple WebSockets attempt to subscribe to the same application, the newer
    WebSocket wins, and the older one receives this event.
    """


class BridgeCreated(Event, frozen=True, kw_only=True):
    """Notification that a bridge has been created."""

    bridge: models.Bridge


class BridgeDestroyed(Event, frozen=True, kw_only=True):
    """Notification that a bridge has been destroyed."""

    bridge: models.Bridge


class BridgeMerged(Event, frozen=True, kw_only=True):
    """Notification that one bridge has merged into another."""

    bridge: models.Bridge
    bridge_from: models.Bridge


class BridgeVideoSourceChanged(Event, frozen=True, kw_only=True):
    """Notification that the source of video in a bridge has changed."""

    bridge: models.Bridge
    old_video_source_id: str | None = None


class BridgeBlindTransfer(Event, frozen=True, kw_only=True):
    """Notification that a blind transfer has occurred."""

    channel: models.Channel
    replace_channel: models.Channel | None = None
    transferee: models.Channel | None = None
    exten: str
    context: str
    result: str
    is_external: bool
    bridge: models.Bridge | None = None


class BridgeAttendedTransfer(Event, frozen=True, kw_only=True):
    """Notification that an attended transfer has occurred."""

    transferer_first_leg: models.Channel
    transferer_second_leg: models.Channel
    replace_channel: models.Channel | None = None
    transferee: models.Channel | None = None
    transfer_target: models.Channel | None = None
    result: str
    is_external: bool
    transferer_first_leg_bridge: models.Bridge | None = None
    transferer_second_leg_bridge: models.Bridge | None = None
    destination_type: str
    destination_bridge: str | None = None
    destination_application: str | None = None
    destination_link_first_leg: models.Channel | None = None
    destination_link_second_leg: models.Channel | None = None
    destination_threeway_channel: models.Channel | None = None
    destination_threeway_bridge: models.Bridge | None = None


class ChannelCreated(Event, frozen=True, kw_only=True):
    """Notification that a channel has been created."""

    channel: models.Channel


class ChannelDestroyed(Event, frozen=True, kw_only=True):
    """Notification that a channel has been destroyed."""

    cause: int
    cause_txt: str
    tech_cause: int | None = None
    channel: models.Channel


class ChannelEnteredBridge(Event, frozen=True, kw_only=True):
    """Notification that a channel has entered a bridge."""

    bridge: models.Bridge
    channel: models.Channel | None = None


class ChannelLeftBridge(Event, frozen=True, kw_only=True):
    """Notification that a channel has left a bridge."""

    bridge: models.Bridge
    channel: models.Channel


class ChannelStateChange(Event, frozen=True, kw_only=True):
    """Notification of a channel's state change."""

    channel: models.Channel


class ChannelDtmfReceived(Event, frozen=True, kw_only=True):
    """DTMF received on a channel. This event is sent when the DTMF ends. There is no
    notification about the start of DTMF.
    """

    digit: str
    duration_ms: int
    channel: models.Channel


class ChannelDialplan(Event, frozen=True, kw_only=True):
    """Channel changed location in the dialplan."""

    channel: models.Channel
    dialplan_app: str
    dialplan_app_data: str


class ChannelCallerId(Event, frozen=True, kw_only=True):
    """Channel changed Caller ID."""

    caller_presentation: int
    caller_presentation_txt: str
    channel: models.Channel


class ChannelUserevent(Event, frozen=True, kw_only=True):
    """User-generated event with additional user-defined fields in the object."""

    eventname: str
    channel: models.Channel | None = None
    bridge: models.Bridge | None = None
    endpoint: models.Endpoint | None = None
    userevent: dict[str, Any]


class ChannelHangupRequest(Event, frozen=True, kw_only=True):
    """A hangup was requested on the channel."""

    cause: int | None = None
    tech_cause: int | None = None
    soft: bool | None = None
    channel: models.Channel


class ChannelVarset(Event, frozen=True, kw_only=True):
    """Channel variable changed."""

    variable: str
    value: str
    channel: models.Channel | None = None


class ChannelHold(Event, frozen=True, kw_only=True):
    """A channel initiated a media hold."""

    channel: models.Channel
    musicclass: str | None = None


class ChannelUnhold(Event, frozen=True, kw_only=True):
    """A channel initiated a media unhold."""

    channel: models.Channel


class ChannelToneDetected(Event, frozen=True, kw_only=True):
    """Tone was detected on the channel."""

    channel: models.Channel


class ChannelTalkingStarted(Event, frozen=True, kw_only=True):
    """Talking was detected on the channel."""

    channel: models.Channel


class ChannelTalkingFinished(Event, frozen=True, kw_only=True):
    """Talking is no longer detected on the channel."""

    channel: models.Channel
    duration: int


class ContactStatusChange(Event, frozen=True, kw_only=True):
    """The state of a contact on an endpoint has changed."""

    endpoint: models.Endpoint
    contact_info: models.ContactInfo


class PeerStatusChange(Event, frozen=True, kw_only=True):
    """The state of a peer associated with an endpoint has changed."""

    endpoint: models.Endpoint
    peer: models.Peer


class EndpointStateChange(Event, frozen=True, kw_only=True):
    """Endpoint state changed."""

    endpoint: models.Endpoint


class Dial(Event, frozen=True, kw_only=True):
    """Dialing state has changed."""

    caller: models.Channel | None = None
    peer: models.Channel
    forward: str | None = None
    forwarded: models.Channel | None = None
    dialstring: str | None = None
    dialstatus: str


class StasisEnd(Event, frozen=True, kw_only=True):
    """Notification that a channel has left a Stasis application."""

    channel: models.Channel


class StasisStart(Event, frozen=True, kw_only=True):
    """Notification that a channel has entered a Stasis application."""

    args: list[str]
    channel: models.Channel
    replace_channel: models.Channel | None = None


class TextMessageReceived(Event, frozen=True, kw_only=True):
    """A text message was received from an endpoint."""

    message: models.TextMessage
    endpoint: models.Endpoint | None = None


class ChannelConnectedLine(Event, frozen=True, kw_only=True):
    """Channel changed Connected Line."""

    channel: models.Channel


class ChannelTransfer(Event, frozen=True, kw_only=True):
    """transfer on a channel."""

    state: str | None = None
    refer_to: models.ReferTo
    referred_by: models.ReferredBy


class RESTResponse(Event, frozen=True, kw_only=True):
    """REST over Websocket Response."""

    transaction_id: str
    request_id: str
    status_code: int
    reason_phrase: str
    uri: str
    content_type: str | None = None
    message_body: str | None = None


class CallBroadcast(Event, frozen=True, kw_only=True):
    """Notification that a channel is being broadcast to ARI applications for
    claiming.
    """

    channel: models.Channel
    caller: str | None = None
    called: str | None = None


class CallClaimed(Event, frozen=True, kw_only=True):
    """Notification that a broadcast channel has been successfully claimed by an ARI
    application.
    """

    channel: models.Channel
    winner_app: str


AnyEvent = (
    MissingParams
    | DeviceStateChanged
    | PlaybackStarted
    | PlaybackContinuing
    | PlaybackFinished
    | RecordingStarted
    | RecordingFinished
    | RecordingFailed
    | ApplicationMoveFailed
    | ApplicationRegistered
    | ApplicationUnregistered
    | ApplicationReplaced
    | BridgeCreated
    | BridgeDestroyed
    | BridgeMerged
    | BridgeVideoSourceChanged
    | BridgeBlindTransfer
    | BridgeAttendedTransfer
    | ChannelCreated
    | ChannelDestroyed
    | ChannelEnteredBridge
    | ChannelLeftBridge
    | ChannelStateChange
    | ChannelDtmfReceived
    | ChannelDialplan
    | ChannelCallerId
    | ChannelUserevent
    | ChannelHangupRequest
    | ChannelVarset
    | ChannelHold
    | ChannelUnhold
    | ChannelToneDetected
    | ChannelTalkingStarted
    | ChannelTalkingFinished
    | ContactStatusChange
    | PeerStatusChange
    | EndpointStateChange
    | Dial
    | StasisEnd
    | StasisStart
    | TextMessageReceived
    | ChannelConnectedLine
    | ChannelTransfer
    | RESTResponse
    | CallBroadcast
    | CallClaimed
)
"""Whatever may arrive: decode into this."""

OBJECTS: dict[str, dict[str, tuple[str, ...]]] = {
    "channel": {
        "ApplicationMoveFailed": ("channel",),
        "BridgeBlindTransfer": ("channel", "replace_channel", "transferee"),
        "BridgeAttendedTransfer": (
            "transferer_first_leg",
            "transferer_second_leg",
            "replace_channel",
            "transferee",
            "transfer_target",
            "destination_link_first_leg",
            "destination_link_second_leg",
            "destination_threeway_channel",
        ),
        "ChannelCreated": ("channel",),
        "ChannelDestroyed": ("channel",),
        "ChannelEnteredBridge": ("channel",),
        "ChannelLeftBridge": ("channel",),
        "ChannelStateChange": ("channel",),
        "ChannelDtmfReceived": ("channel",),
        "ChannelDialplan": ("channel",),
        "ChannelCallerId": ("channel",),
        "ChannelUserevent": ("channel",),
        "ChannelHangupRequest": ("channel",),
        "ChannelVarset": ("channel",),
        "ChannelHold": ("channel",),
        "ChannelUnhold": ("channel",),
        "ChannelToneDetected": ("channel",),
        "ChannelTalkingStarted": ("channel",),
        "ChannelTalkingFinished": ("channel",),
        "Dial": ("caller", "peer", "forwarded"),
        "StasisEnd": ("channel",),
        "StasisStart": ("channel", "replace_channel"),
        "ChannelConnectedLine": ("channel",),
        "CallBroadcast": ("channel",),
        "CallClaimed": ("channel",),
    },
    "bridge": {
        "BridgeCreated": ("bridge",),
        "BridgeDestroyed": ("bridge",),
        "BridgeMerged": ("bridge", "bridge_from"),
        "BridgeVideoSourceChanged": ("bridge",),
        "BridgeBlindTransfer": ("bridge",),
        "BridgeAttendedTransfer": (
            "transferer_first_leg_bridge",
            "transferer_second_leg_bridge",
            "destination_threeway_bridge",
        ),
        "ChannelEnteredBridge": ("bridge",),
        "ChannelLeftBridge": ("bridge",),
        "ChannelUserevent": ("bridge",),
    },
    "playback": {
        "PlaybackStarted": ("playback",),
        "PlaybackContinuing": ("playback",),
        "PlaybackFinished": ("playback",),
    },
    "recording": {
        "RecordingStarted": ("recording",),
        "RecordingFinished": ("recording",),
        "RecordingFailed": ("recording",),
    },
    "endpoint": {
        "ChannelUserevent": ("endpoint",),
        "ContactStatusChange": ("endpoint",),
        "PeerStatusChange": ("endpoint",),
        "EndpointStateChange": ("endpoint",),
        "TextMessageReceived": ("endpoint",),
    },
    "device state": {"DeviceStateChanged": ("device_state",)},
}
"""Kind of object -> type of event -> the fields that hold one."""
