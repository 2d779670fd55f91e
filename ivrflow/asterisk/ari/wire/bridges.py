"""The requests of ARI about bridges.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence

from ivrflow.asterisk.ari.wire import models
from ivrflow.asterisk.ari.wire.base import Operations, quoted


class Bridges(Operations):
    """What `client.bridges` can do."""

    async def list(self) -> builtins.list[models.Bridge]:
        """List all active bridges in Asterisk."""
        return await self._call("GET", "/bridges", answer=builtins.list[models.Bridge])

    async def create(
        self,
        *,
        type: str | None = None,
        bridge_id: str | None = None,
        name: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> models.Bridge:
        """Create a new bridge. This bridge persists until it has been shut down, or
        Asterisk has been shut down.
        """
        return await self._call(
            "POST",
            "/bridges",
            parameters={"type": type, "bridgeId": bridge_id, "name": name},
            body={"variables": variables},
            answer=models.Bridge,
        )

    async def create_with_id(
        self,
        bridge_id: str,
        *,
        type: str | None = None,
        name: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> models.Bridge:
        """Create a new bridge. This bridge persists until it has been shut down, or
        Asterisk has been shut down.
        """
        return await self._call(
            "POST",
            f"/bridges/{quoted(bridge_id)}",
            parameters={"type": type, "name": name},
            body={"variables": variables},
            answer=models.Bridge,
        )

    async def get(self, bridge_id: str) -> models.Bridge:
        """Get bridge details."""
        return await self._call(
            "GET", f"/bridges/{quoted(bridge_id)}", answer=models.Bridge
        )

    async def destroy(self, bridge_id: str) -> None:
        """Shut down a bridge. If any channels are in this bridge, they will be
        removed and resume whatever they were doing beforehand.
        """
        await self._call("DELETE", f"/bridges/{quoted(bridge_id)}", answer=type(None))

    async def get_bridge_var(self, bridge_id: str, variable: str) -> models.Variable:
        """Get the value of a bridge variable or function."""
        return await self._call(
            "GET",
            f"/bridges/{quoted(bridge_id)}/variable",
            parameters={"variable": variable},
            answer=models.Variable,
        )

    async def set_bridge_var(
        self,
        bridge_id: str,
        variable: str,
        *,
        value: str | None = None,
        report_events: bool | None = None,
    ) -> None:
        """Set the value of a bridge variable or function."""
        await self._call(
            "POST",
            f"/bridges/{quoted(bridge_id)}/variable",
            parameters={
                "variable": variable,
                "value": value,
                "report_events": report_events,
            },
            answer=type(None),
        )

    async def get_bridge_vars(
        self, bridge_id: str, variables: Sequence[str]
    ) -> models.Variables:
        """Get the value of multiple bridge variables or functions."""
        return await self._call(
            "GET",
            f"/bridges/{quoted(bridge_id)}/variables",
            parameters={"variables": variables},
            answer=models.Variables,
        )

    async def set_bridge_vars(
        self, bridge_id: str, variables: Mapping[str, str]
    ) -> None:
        """Set the values of multiple bridge variables or functions."""
        await self._call(
            "POST",
            f"/bridges/{quoted(bridge_id)}/variables",
            body={"variables": variables},
            answer=type(None),
        )

    async def add_channel(
        self,
        bridge_id: str,
        channel: Sequence[str],
        *,
        role: str | None = None,
        absorb_dtmf: bool | None = None,
        mute: bool | None = None,
        inhibit_connected_line_updates: bool | None = None,
    ) -> None:
        """Add a channel to a bridge."""
        await self._call(
            "POST",
            f"/bridges/{quoted(bridge_id)}/addChannel",
            parameters={
                "channel": channel,
                "role": role,
                "absorbDTMF": absorb_dtmf,
                "mute": mute,
                "inhibitConnectedLineUpdates": inhibit_connected_line_updates,
            },
            answer=type(None),
        )

    async def remove_channel(self, bridge_id: str, channel: Sequence[str]) -> None:
        """Remove a channel from a bridge."""
        await self._call(
            "POST",
            f"/bridges/{quoted(bridge_id)}/removeChannel",
            parameters={"channel": channel},
            answer=type(None),
        )

    async def set_video_source(self, bridge_id: str, channel_id: str) -> None:
        """Set a channel as the video source in a multi-party mixing bridge. This
        operation has no effect on bridges with two or fewer participants.
        """
        await self._call(
            "POST",
            f"/bridges/{quoted(bridge_id)}/videoSource/{quoted(channel_id)}",
            answer=type(None),
        )

    async def clear_video_source(self, bridge_id: str) -> None:
        """Removes any explicit video source in a multi-party mixing bridge. This
        operation has no effect on bridges with two or fewer participants. When no
        explicit video source is set, talk detection will be used to determine the
        active video stream.
        """
        await self._call(
            "DELETE", f"/bridges/{quoted(bridge_id)}/videoSource", answer=type(None)
        )

    async def start_moh(self, bridge_id: str, *, moh_class: str | None = None) -> None:
        """Play music on hold to a bridge or change the MOH class that is playing."""
        await self._call(
            "POST",
            f"/bridges/{quoted(bridge_id)}/moh",
            parameters={"mohClass": moh_class},
            answer=type(None),
        )

    async def stop_moh(self, bridge_id: str) -> None:
        """Stop playing music on hold to a bridge. This will only stop music on hold
        being played via POST bridges/{bridgeId}/moh.
        """
        await self._call(
            "DELETE", f"/bridges/{quoted(bridge_id)}/moh", answer=type(None)
        )

    async def play(
        self,
        bridge_id: str,
        media: Sequence[str],
        *,
        announcer_format: str | None = None,
        lang: str | None = None,
        offsetms: int | None = None,
        skipms: int | None = None,
        playback_id: str | None = None,
    ) -> models.Playback:
        """Start playback of media on a bridge. The media URI may be any of a number
        of URI's. Currently sound:, recording:, number:, digits:, characters:, and
        tone: URI's are supported. This operation creates a playback resource that
        can be used to control the playback of media (pause, rewind, fast forward,
        etc.).
        """
        return await self._call(
            "POST",
            f"/bridges/{quoted(bridge_id)}/play",
            parameters={
                "media": media,
                "announcer_format": announcer_format,
                "lang": lang,
                "offsetms": offsetms,
                "skipms": skipms,
                "playbackId": playback_id,
            },
            answer=models.Playback,
        )

    async def play_with_id(
        self,
        bridge_id: str,
        playback_id: str,
        media: Sequence[str],
        *,
        announcer_format: str | None = None,
        lang: str | None = None,
        offsetms: int | None = None,
        skipms: int | None = None,
    ) -> models.Playback:
        """Start playback of media on a bridge. The media URI may be any of a number
        of URI's. Currently sound:, recording:, number:, digits:, characters:, and
        tone: URI's are supported. This operation creates a playback resource that
        can be used to control the playback of media (pause, rewind, fast forward,
        etc.).
        """
        return await self._call(
            "POST",
            f"/bridges/{quoted(bridge_id)}/play/{quoted(playback_id)}",
            parameters={
                "media": media,
                "announcer_format": announcer_format,
                "lang": lang,
                "offsetms": offsetms,
                "skipms": skipms,
            },
            answer=models.Playback,
        )

    async def record(
        self,
        bridge_id: str,
        name: str,
        format: str,
        *,
        recorder_format: str | None = None,
        max_duration_seconds: int | None = None,
        max_silence_seconds: int | None = None,
        if_exists: str | None = None,
        beep: bool | None = None,
        terminate_on: str | None = None,
    ) -> models.LiveRecording:
        """Start a recording. This records the mixed audio from all channels
        participating in this bridge.
        """
        return await self._call(
            "POST",
            f"/bridges/{quoted(bridge_id)}/record",
            parameters={
                "name": name,
                "format": format,
                "recorder_format": recorder_format,
                "maxDurationSeconds": max_duration_seconds,
                "maxSilenceSeconds": max_silence_seconds,
                "ifExists": if_exists,
                "beep": beep,
                "terminateOn": terminate_on,
            },
            answer=models.LiveRecording,
        )
