"""The requests of ARI about channels, those for media.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

from collections.abc import Sequence

from ivrflow.asterisk.ari.wire import models
from ivrflow.asterisk.ari.wire.base import Operations, quoted


class ChannelsMedia(Operations):
    """What `client.channels` can do."""

    async def send_dtmf(
        self,
        channel_id: str,
        *,
        dtmf: str | None = None,
        before: int | None = None,
        between: int | None = None,
        duration: int | None = None,
        after: int | None = None,
    ) -> None:
        """Send provided DTMF to a given channel."""
        await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/dtmf",
            parameters={
                "dtmf": dtmf,
                "before": before,
                "between": between,
                "duration": duration,
                "after": after,
            },
            answer=type(None),
        )

    async def start_moh(self, channel_id: str, *, moh_class: str | None = None) -> None:
        """Play music on hold to a channel. Using media operations such as /play on a
        channel playing MOH in this manner will suspend MOH without resuming
        automatically. If continuing music on hold is desired, the stasis
        application must reinitiate music on hold.
        """
        await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/moh",
            parameters={"mohClass": moh_class},
            answer=type(None),
        )

    async def stop_moh(self, channel_id: str) -> None:
        """Stop playing music on hold to a channel."""
        await self._call(
            "DELETE", f"/channels/{quoted(channel_id)}/moh", answer=type(None)
        )

    async def start_silence(self, channel_id: str) -> None:
        """Play silence to a channel. Using media operations such as /play on a
        channel playing silence in this manner will suspend silence without
        resuming automatically.
        """
        await self._call(
            "POST", f"/channels/{quoted(channel_id)}/silence", answer=type(None)
        )

    async def stop_silence(self, channel_id: str) -> None:
        """Stop playing silence to a channel."""
        await self._call(
            "DELETE", f"/channels/{quoted(channel_id)}/silence", answer=type(None)
        )

    async def play(
        self,
        channel_id: str,
        media: Sequence[str],
        *,
        lang: str | None = None,
        offsetms: int | None = None,
        skipms: int | None = None,
        playback_id: str | None = None,
    ) -> models.Playback:
        """Start playback of media. The media URI may be any of a number of URI's.
        Currently sound:, recording:, number:, digits:, characters:, and tone:
        URI's are supported. This operation creates a playback resource that can
        be used to control the playback of media (pause, rewind, fast forward,
        etc.).
        """
        return await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/play",
            parameters={
                "media": media,
                "lang": lang,
                "offsetms": offsetms,
                "skipms": skipms,
                "playbackId": playback_id,
            },
            answer=models.Playback,
        )

    async def play_with_id(
        self,
        channel_id: str,
        playback_id: str,
        media: Sequence[str],
        *,
        lang: str | None = None,
        offsetms: int | None = None,
        skipms: int | None = None,
    ) -> models.Playback:
        """Start playback of media and specify the playbackId. The media URI may be
        any of a number of URI's. Currently sound:, recording:, number:, digits:,
        characters:, and tone: URI's are supported. This operation creates a
        playback resource that can be used to control the playback of media
        (pause, rewind, fast forward, etc.).
        """
        return await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/play/{quoted(playback_id)}",
            parameters={
                "media": media,
                "lang": lang,
                "offsetms": offsetms,
                "skipms": skipms,
            },
            answer=models.Playback,
        )

    async def record(
        self,
        channel_id: str,
        name: str,
        format: str,
        *,
        max_duration_seconds: int | None = None,
        max_silence_seconds: int | None = None,
        if_exists: str | None = None,
        beep: bool | None = None,
        terminate_on: str | None = None,
    ) -> models.LiveRecording:
        """Start a recording. Record audio from a channel. Note that this will not
        capture audio sent to the channel. The bridge itself has a record feature
        if that's what you want.
        """
        return await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/record",
            parameters={
                "name": name,
                "format": format,
                "maxDurationSeconds": max_duration_seconds,
                "maxSilenceSeconds": max_silence_seconds,
                "ifExists": if_exists,
                "beep": beep,
                "terminateOn": terminate_on,
            },
            answer=models.LiveRecording,
        )

    async def snoop_channel(
        self,
        channel_id: str,
        app: str,
        *,
        spy: str | None = None,
        whisper: str | None = None,
        app_args: str | None = None,
        snoop_id: str | None = None,
    ) -> models.Channel:
        """Start snooping. Snoop (spy/whisper) on a specific channel."""
        return await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/snoop",
            parameters={
                "spy": spy,
                "whisper": whisper,
                "app": app,
                "appArgs": app_args,
                "snoopId": snoop_id,
            },
            answer=models.Channel,
        )

    async def snoop_channel_with_id(
        self,
        channel_id: str,
        snoop_id: str,
        app: str,
        *,
        spy: str | None = None,
        whisper: str | None = None,
        app_args: str | None = None,
    ) -> models.Channel:
        """Start snooping. Snoop (spy/whisper) on a specific channel."""
        return await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/snoop/{quoted(snoop_id)}",
            parameters={
                "spy": spy,
                "whisper": whisper,
                "app": app,
                "appArgs": app_args,
            },
            answer=models.Channel,
        )
