"""The requests of ARI about channels.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence

from ivrflow.asterisk.ari.wire import models
from ivrflow.asterisk.ari.wire.base import quoted
from ivrflow.asterisk.ari.wire.channels_media import ChannelsMedia


class Channels(ChannelsMedia):
    """What `client.channels` can do."""

    async def list(self) -> builtins.list[models.Channel]:
        """List all active channels in Asterisk."""
        return await self._call(
            "GET", "/channels", answer=builtins.list[models.Channel]
        )

    async def originate(
        self,
        endpoint: str,
        *,
        extension: str | None = None,
        context: str | None = None,
        priority: int | None = None,
        label: str | None = None,
        app: str | None = None,
        app_args: str | None = None,
        caller_id: str | None = None,
        timeout: int | None = None,
        variables: Mapping[str, str] | None = None,
        channel_id: str | None = None,
        other_channel_id: str | None = None,
        originator: str | None = None,
        formats: str | None = None,
    ) -> models.Channel:
        """Create a new channel (originate). The new channel is created immediately
        and a snapshot of it returned. If a Stasis application is provided it will
        be automatically subscribed to the originated channel for further events
        and updates.
        """
        return await self._call(
            "POST",
            "/channels",
            parameters={
                "endpoint": endpoint,
                "extension": extension,
                "context": context,
                "priority": priority,
                "label": label,
                "app": app,
                "appArgs": app_args,
                "callerId": caller_id,
                "timeout": timeout,
                "channelId": channel_id,
                "otherChannelId": other_channel_id,
                "originator": originator,
                "formats": formats,
            },
            body={"variables": variables},
            answer=models.Channel,
        )

    async def create(
        self,
        endpoint: str,
        app: str,
        *,
        app_args: str | None = None,
        channel_id: str | None = None,
        other_channel_id: str | None = None,
        originator: str | None = None,
        formats: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> models.Channel:
        """Create channel."""
        return await self._call(
            "POST",
            "/channels/create",
            parameters={
                "endpoint": endpoint,
                "app": app,
                "appArgs": app_args,
                "channelId": channel_id,
                "otherChannelId": other_channel_id,
                "originator": originator,
                "formats": formats,
            },
            body={"variables": variables},
            answer=models.Channel,
        )

    async def get(self, channel_id: str) -> models.Channel:
        """Channel details."""
        return await self._call(
            "GET", f"/channels/{quoted(channel_id)}", answer=models.Channel
        )

    async def originate_with_id(
        self,
        channel_id: str,
        endpoint: str,
        *,
        extension: str | None = None,
        context: str | None = None,
        priority: int | None = None,
        label: str | None = None,
        app: str | None = None,
        app_args: str | None = None,
        caller_id: str | None = None,
        timeout: int | None = None,
        variables: Mapping[str, str] | None = None,
        other_channel_id: str | None = None,
        originator: str | None = None,
        formats: str | None = None,
    ) -> models.Channel:
        """Create a new channel (originate with id). The new channel is created
        immediately and a snapshot of it returned. If a Stasis application is
        provided it will be automatically subscribed to the originated channel for
        further events and updates.
        """
        return await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}",
            parameters={
                "endpoint": endpoint,
                "extension": extension,
                "context": context,
                "priority": priority,
                "label": label,
                "app": app,
                "appArgs": app_args,
                "callerId": caller_id,
                "timeout": timeout,
                "otherChannelId": other_channel_id,
                "originator": originator,
                "formats": formats,
            },
            body={"variables": variables},
            answer=models.Channel,
        )

    async def hangup(
        self,
        channel_id: str,
        *,
        reason_code: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Delete (i.e. hangup) a channel."""
        await self._call(
            "DELETE",
            f"/channels/{quoted(channel_id)}",
            parameters={"reason_code": reason_code, "reason": reason},
            answer=type(None),
        )

    async def continue_in_dialplan(
        self,
        channel_id: str,
        *,
        context: str | None = None,
        extension: str | None = None,
        priority: int | None = None,
        label: str | None = None,
    ) -> None:
        """Exit application; continue execution in the dialplan."""
        await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/continue",
            parameters={
                "context": context,
                "extension": extension,
                "priority": priority,
                "label": label,
            },
            answer=type(None),
        )

    async def move(
        self, channel_id: str, app: str, *, app_args: str | None = None
    ) -> None:
        """Move the channel from one Stasis application to another."""
        await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/move",
            parameters={"app": app, "appArgs": app_args},
            answer=type(None),
        )

    async def redirect(self, channel_id: str, endpoint: str) -> None:
        """Redirect the channel to a different location."""
        await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/redirect",
            parameters={"endpoint": endpoint},
            answer=type(None),
        )

    async def answer(self, channel_id: str) -> None:
        """Answer a channel."""
        await self._call(
            "POST", f"/channels/{quoted(channel_id)}/answer", answer=type(None)
        )

    async def ring(self, channel_id: str) -> None:
        """Indicate ringing to a channel."""
        await self._call(
            "POST", f"/channels/{quoted(channel_id)}/ring", answer=type(None)
        )

    async def ring_stop(self, channel_id: str) -> None:
        """Stop ringing indication on a channel if locally generated."""
        await self._call(
            "DELETE", f"/channels/{quoted(channel_id)}/ring", answer=type(None)
        )

    async def progress(self, channel_id: str) -> None:
        """Indicate progress on a channel."""
        await self._call(
            "POST", f"/channels/{quoted(channel_id)}/progress", answer=type(None)
        )

    async def mute(self, channel_id: str, *, direction: str | None = None) -> None:
        """Mute a channel."""
        await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/mute",
            parameters={"direction": direction},
            answer=type(None),
        )

    async def unmute(self, channel_id: str, *, direction: str | None = None) -> None:
        """Unmute a channel."""
        await self._call(
            "DELETE",
            f"/channels/{quoted(channel_id)}/mute",
            parameters={"direction": direction},
            answer=type(None),
        )

    async def hold(self, channel_id: str) -> None:
        """Hold a channel."""
        await self._call(
            "POST", f"/channels/{quoted(channel_id)}/hold", answer=type(None)
        )

    async def unhold(self, channel_id: str) -> None:
        """Remove a channel from hold."""
        await self._call(
            "DELETE", f"/channels/{quoted(channel_id)}/hold", answer=type(None)
        )

    async def get_channel_var(self, channel_id: str, variable: str) -> models.Variable:
        """Get the value of a channel variable or function."""
        return await self._call(
            "GET",
            f"/channels/{quoted(channel_id)}/variable",
            parameters={"variable": variable},
            answer=models.Variable,
        )

    async def set_channel_var(
        self,
        channel_id: str,
        variable: str,
        *,
        value: str | None = None,
        report_events: bool | None = None,
    ) -> None:
        """Set the value of a channel variable or function."""
        await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/variable",
            parameters={
                "variable": variable,
                "value": value,
                "report_events": report_events,
            },
            answer=type(None),
        )

    async def get_channel_vars(
        self, channel_id: str, variables: Sequence[str]
    ) -> models.Variables:
        """Get the value of multiple channel variables or functions."""
        return await self._call(
            "GET",
            f"/channels/{quoted(channel_id)}/variables",
            parameters={"variables": variables},
            answer=models.Variables,
        )

    async def set_channel_vars(
        self, channel_id: str, variables: Mapping[str, str]
    ) -> None:
        """Set the values of multiple channel variables or functions."""
        await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/variables",
            body={"variables": variables},
            answer=type(None),
        )

    async def dial(
        self, channel_id: str, *, caller: str | None = None, timeout: int | None = None
    ) -> None:
        """Dial a created channel."""
        await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/dial",
            parameters={"caller": caller, "timeout": timeout},
            answer=type(None),
        )

    async def rtpstatistics(self, channel_id: str) -> models.RTPstat:
        """RTP stats on a channel."""
        return await self._call(
            "GET",
            f"/channels/{quoted(channel_id)}/rtp_statistics",
            answer=models.RTPstat,
        )

    async def external_media(
        self,
        app: str,
        format: str,
        *,
        channel_id: str | None = None,
        variables: Mapping[str, str] | None = None,
        external_host: str | None = None,
        encapsulation: str | None = None,
        transport: str | None = None,
        connection_type: str | None = None,
        direction: str | None = None,
        data: str | None = None,
        transport_data: str | None = None,
    ) -> models.Channel:
        """Start an External Media session. Create a channel to an External Media
        source/sink. The combination of transport and encapsulation will select
        one of chan_rtp(udp/rtp), chan_audiosocket(tcp/audiosocket) or
        chan_websocket(websocket/none) channel drivers.
        """
        return await self._call(
            "POST",
            "/channels/externalMedia",
            parameters={
                "channelId": channel_id,
                "app": app,
                "external_host": external_host,
                "encapsulation": encapsulation,
                "transport": transport,
                "connection_type": connection_type,
                "format": format,
                "direction": direction,
                "data": data,
                "transport_data": transport_data,
            },
            body={"variables": variables},
            answer=models.Channel,
        )

    async def transfer_progress(self, channel_id: str, states: str) -> None:
        """Inform the channel about the progress of the attended/blind transfer."""
        await self._call(
            "POST",
            f"/channels/{quoted(channel_id)}/transfer_progress",
            parameters={"states": states},
            answer=type(None),
        )
