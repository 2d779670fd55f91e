"""The requests of ARI about recordings.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

import builtins

from ivrflow.asterisk.ari.wire import models
from ivrflow.asterisk.ari.wire.base import Operations, quoted


class Recordings(Operations):
    """What `client.recordings` can do."""

    async def list_stored(self) -> builtins.list[models.StoredRecording]:
        """List recordings that are complete."""
        return await self._call(
            "GET", "/recordings/stored", answer=builtins.list[models.StoredRecording]
        )

    async def get_stored(self, recording_name: str) -> models.StoredRecording:
        """Get a stored recording's details."""
        return await self._call(
            "GET",
            f"/recordings/stored/{quoted(recording_name)}",
            answer=models.StoredRecording,
        )

    async def delete_stored(self, recording_name: str) -> None:
        """Delete a stored recording."""
        await self._call(
            "DELETE", f"/recordings/stored/{quoted(recording_name)}", answer=type(None)
        )

    async def get_stored_file(self, recording_name: str) -> bytes:
        """Get the file associated with the stored recording."""
        return await self._call(
            "GET", f"/recordings/stored/{quoted(recording_name)}/file", answer=bytes
        )

    async def copy_stored(
        self, recording_name: str, destination_recording_name: str
    ) -> models.StoredRecording:
        """Copy a stored recording."""
        return await self._call(
            "POST",
            f"/recordings/stored/{quoted(recording_name)}/copy",
            parameters={"destinationRecordingName": destination_recording_name},
            answer=models.StoredRecording,
        )

    async def get_live(self, recording_name: str) -> models.LiveRecording:
        """List live recordings."""
        return await self._call(
            "GET",
            f"/recordings/live/{quoted(recording_name)}",
            answer=models.LiveRecording,
        )

    async def cancel(self, recording_name: str) -> None:
        """Stop a live recording and discard it."""
        await self._call(
            "DELETE", f"/recordings/live/{quoted(recording_name)}", answer=type(None)
        )

    async def stop(self, recording_name: str) -> None:
        """Stop a live recording and store it."""
        await self._call(
            "POST", f"/recordings/live/{quoted(recording_name)}/stop", answer=type(None)
        )

    async def pause(self, recording_name: str) -> None:
        """Pause a live recording. Pausing a recording suspends silence detection,
        which will be restarted when the recording is unpaused. Paused time is not
        included in the accounting for maxDurationSeconds.
        """
        await self._call(
            "POST",
            f"/recordings/live/{quoted(recording_name)}/pause",
            answer=type(None),
        )

    async def unpause(self, recording_name: str) -> None:
        """Unpause a live recording."""
        await self._call(
            "DELETE",
            f"/recordings/live/{quoted(recording_name)}/pause",
            answer=type(None),
        )

    async def mute(self, recording_name: str) -> None:
        """Mute a live recording. Muting a recording suspends silence detection,
        which will be restarted when the recording is unmuted.
        """
        await self._call(
            "POST", f"/recordings/live/{quoted(recording_name)}/mute", answer=type(None)
        )

    async def unmute(self, recording_name: str) -> None:
        """Unmute a live recording."""
        await self._call(
            "DELETE",
            f"/recordings/live/{quoted(recording_name)}/mute",
            answer=type(None),
        )
