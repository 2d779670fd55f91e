"""A call of the doctor's own, which goes through Asterisk and meets nobody.

A Local channel has two halves, and what one of them says the other one hears. Both are
led into a Stasis application that there is for this call alone: the first by its
making, the second by the context [ivrflow-doctor] of the dialplan, which nothing else
reaches. So it touches no flow, no queue and no phone, and a service that runs notices
nothing.

Asterisk ends it by itself after `LONGEST` seconds, should the doctor die in it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from ivrflow.aio import finish
from ivrflow.doctor.ari import Answer, AskedAri, NoAnswer
from ivrflow.doctor.finding import CannotLook
from ivrflow.prompts.audio import BadSound, read_wav
from ivrflow.shipped import shipped
from ivrflow.sim import tones

LONGEST = 45
"""Seconds that such a call lasts at most, whatever happens to the doctor."""

STEP = 5.0
"""Seconds for what Asterisk does within milliseconds."""

CONTEXT = "ivrflow-doctor"

TONE, HERTZ = "ring", 440
"""The shipped sound that is played, and a frequency that is in it."""

LASTING = 0.4
"""Seconds of it that must be heard; it lasts three times as long."""

KEYS = "159#"

Event = dict[str, Any]


class NotDone(Exception):
    """A step of the call failed: what did not happen, and the cure."""

    def __init__(self, said: str, cure: str) -> None:
        super().__init__(said)
        self.said = said
        self.cure = cure


@dataclass
class OwnCall:
    """A call that is up. *here* hears what *there* says."""

    ari: AskedAri
    socket: aiohttp.ClientWebSocketResponse
    number: str
    seen: list[Event] = field(default_factory=list)

    @property
    def app(self) -> str:
        """The application of this call alone."""
        return f"ivrflow-doctor-{self.number}"

    @property
    def here(self) -> str:
        """The half that listens."""
        return f"{self.app}-1"

    @property
    def there(self) -> str:
        """The half that speaks."""
        return f"{self.app}-2"

    async def set_up(self) -> Event:
        """Make the call; return Asterisk's account of the half that listens.

        Raises `NotDone`, `CannotLook`.
        """
        answer = await self._order(
            "POST",
            "/channels",
            {
                "endpoint": f"Local/{self.number}@{CONTEXT}/n",
                "app": self.app,
                "channelId": self.here,
                "otherChannelId": self.there,
                "timeout": LONGEST,
                "formats": "slin",
                "variables": {"TIMEOUT(absolute)": str(LONGEST)},
            },
        )
        if answer.status >= 300:
            raise NotDone(
                f"Asterisk makes no Local channel: {answer.status} {answer.said}",
                "look at Asterisk's log; the Local channel is built in",
            )
        if await self._until("StasisStart", self.there) is None:
            raise NotDone(
                f"the call does not come through the dialplan's context {CONTEXT}",
                "put dialplan/ivrflow.conf of this version in its place, then "
                "`asterisk -rx 'dialplan reload'`",
            )
        await self._order("POST", f"/channels/{self.there}/answer")
        came = await self._until("StasisStart", self.here)
        if came is None:
            raise NotDone(
                "the call is not answered", "look at Asterisk's log for this moment"
            )
        channel = came.get("channel")
        return channel if isinstance(channel, dict) else {}

    async def play(self) -> bytes:
        """Play a tone of ours there, and return what is heard of it here: a WAV.

        Raises `NotDone`, `CannotLook`.
        """
        await self._recording_begins()
        place = shipped("sounds") / "tones" / TONE
        answer = await self._order(
            "POST",
            f"/channels/{self.there}/play/{self.app}",
            {"media": f"sound:{place}"},
        )
        played = await self._until("PlaybackFinished", self.app)
        state = str(((played or {}).get("playback") or {}).get("state", "no end of it"))
        heard = await self._recording()
        if state != "done":
            raise NotDone(
                f"Asterisk can't play {place}: {answer.said or state}",
                f"its user must be able to read there, under this path: chmod -R o+rX "
                f"{place.parents[1]}, and the folders above it; format_wav.so must be "
                "loaded",
            )
        return heard

    async def press(self) -> str:
        """Press `KEYS` there, and return those that come here. Raises `CannotLook`."""
        await self._order(
            "POST",
            f"/channels/{self.there}/dtmf",
            {"dtmf": KEYS, "before": 0, "between": 100, "duration": 100},
        )
        came = ""
        while len(came) < len(KEYS):
            event = await self._until("ChannelDtmfReceived", self.here)
            if event is None:
                break
            came += str(event.get("digit", ""))
        return came

    async def _recording_begins(self) -> None:
        answer = await self._order(
            "POST",
            f"/channels/{self.here}/record",
            {
                "name": self.app,
                "format": "wav",
                "maxDurationSeconds": LONGEST,
                "ifExists": "overwrite",
            },
        )
        begun = answer.status < 300 and await self._until("RecordingStarted", self.app)
        if not begun:
            raise NotDone(
                f"Asterisk records nothing: {answer.status} {answer.said}",
                "its user must be able to write into the folder recording of its spool "
                "(astspooldir); load res_stasis_recording.so and format_wav.so",
            )

    async def _recording(self) -> bytes:
        await self._order("POST", f"/recordings/live/{self.app}/stop")
        await self._until("RecordingFinished", self.app)
        url = f"{self.ari.url}/recordings/stored/{self.app}/file"
        async with self.ari.session.get(url) as response:
            wav = await response.read()
            if response.status != 200:
                raise NotDone(
                    f"Asterisk does not give out what it has recorded: "
                    f"{response.status}",
                    "load res_ari_recordings.so; look at the rights of its spool",
                )
        return wav

    async def _until(self, kind: str, about: str) -> Event | None:
        """The next event of that kind about a channel, playback or recording.

        One that has come already counts, once. None: none came in time.
        """

        def wanted(event: Event) -> bool:
            return event.get("type") == kind and about in _about(event)

        for event in self.seen:
            if wanted(event):
                self.seen.remove(event)
                return event
        try:
            async with asyncio.timeout(STEP):
                async for message in self.socket:
                    if message.type is not aiohttp.WSMsgType.TEXT:
                        continue
                    try:
                        event = json.loads(message.data)
                    except ValueError:
                        continue
                    if wanted(event):
                        return event if isinstance(event, dict) else None
                    self.seen.append(event)
        except TimeoutError:
            return None
        raise CannotLook(
            "Asterisk closed the connection for events in the middle of the test call",
            "look at Asterisk's log for this moment",
        )

    async def _order(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> Answer:
        return await self.ari.request(method, path, body)

    async def clear(self) -> None:
        """End what there is of it, and remove what was recorded. Raises nothing."""
        for path in (
            f"/channels/{self.here}",
            f"/channels/{self.there}",
            f"/recordings/live/{self.app}",
            f"/recordings/stored/{self.app}",
        ):
            try:
                await self._order("DELETE", path)
            except NoAnswer:
                return


@asynccontextmanager
async def own_call(ari: AskedAri) -> AsyncIterator[OwnCall]:
    """A call that can be set up in the block; nothing is left of it afterwards.

    Raises `CannotLook` where Asterisk gives no events.
    """
    number = f"{secrets.randbelow(900_000) + 100_000}"
    url = f"{ari.url}/events"
    app = f"ivrflow-doctor-{number}"
    try:
        socket = await ari.session.ws_connect(
            url, params={"app": app, "subscribeAll": "false"}, heartbeat=STEP
        )
    except (aiohttp.ClientError, TimeoutError) as failed:
        raise CannotLook(
            f"Asterisk gives no events: {type(failed).__name__} {failed}",
            "load res_ari_events.so and res_http_websocket.so",
        ) from None
    call = OwnCall(ari, socket, number)
    try:
        yield call
    finally:
        await finish(_over(call))


async def _over(call: OwnCall) -> None:
    await call.clear()
    await call.socket.close()


def hears_tone(wav: bytes) -> bool:
    """Whether our tone is in the recording. Takes a moment of a processor."""
    try:
        _, sound = read_wav(wav)
    except BadSound:
        return False
    if sound.rate != tones.RATE:
        return False
    pcm = b"".join(n.to_bytes(2, "little", signed=True) for n in sound.samples)
    return tones.has_tone(pcm, HERTZ, lasting=LASTING)


def _about(event: Event) -> set[str]:
    """The ids and names of what an event is about."""
    found = set()
    for key, name in (("channel", "id"), ("playback", "id"), ("recording", "name")):
        one = event.get(key)
        if isinstance(one, dict):
            found.add(str(one.get(name)))
    return found
