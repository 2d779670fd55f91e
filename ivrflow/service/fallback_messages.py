"""What the dialplan recorded while the service was away comes into a mailbox, once.

The fallback of `dialplan/ivrflow.conf` stores a message below `ivrflow-fallback/`; its
name says when it was left, which number was dialled, by whom, and on which channel. The
message's id is made of that name. So whoever dies between two of these acts, the next
look does the rest, and nobody gets a message twice:

    copy the sound to where messages lie    again: it is there already
    make the message's row, keep it         again: nothing changes, nobody is told
    delete the dialplan's recording         what is gone is not found again

Of a message that is kept only the last is still to be done: its sound may lie in the
store by now, and a copy of it would stay in the switch for ever.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn, Self

from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AlreadyThere, AriError, Gone
from ivrflow.asterisk.ari.recording import had_no_room, seconds_of
from ivrflow.flow.left import NOTHING, keep, wanted_of
from ivrflow.flow.site import Site
from ivrflow.flow.site.mailboxes import of_fallback
from ivrflow.flow.world import LeftSound, NewMessage, Trouble, World
from ivrflow.flow.world.sounds import recorded_as
from ivrflow.telephony.channel import Recorded
from ivrflow.voicemail.judging import Judged, Verdict
from ivrflow.voicemail.retention import RECORDING

log = logging.getLogger(__name__)

FOLDER = "ivrflow-fallback/"
EVERY, SOON = 30.0, 3.0
"""Seconds between two looks, and while somebody is leaving a message."""

NAME = re.compile(
    FOLDER
    + r"(?P<at>[0-9]{9,11})-(?P<dialled>[0-9]{0,15})-(?P<caller>p?[0-9]{0,20})"
    + r"-(?P<channel>[0-9A-Za-z.]{1,60})"
)
"""What the dialplan writes, and nothing else: others may be able to write there."""


@dataclass(frozen=True, kw_only=True)
class Taped:
    """A recording of the dialplan, as its name describes it."""

    name: str
    at: float
    """Seconds since 1970."""
    dialled: str
    caller: str
    channel: str
    """The channel's id without what is no letter, digit or dot: mostly the call's."""

    @classmethod
    def of(cls, name: str) -> Self | None:
        """Read a recording's name; None if the dialplan does not write such ones."""
        found = NAME.fullmatch(name)
        if found is None:
            return None
        return cls(
            name=name,
            at=float(found["at"]),
            dialled=found["dialled"],
            caller=found["caller"].replace("p", "+"),
            channel=found["channel"],
        )

    @property
    def message(self) -> str:
        """The id of the message that it becomes: the same whenever it is asked for."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:24]


class FallbackMessages:
    """Looks for recordings of the dialplan as long as it runs."""

    def __init__(
        self, client: Client, latest: Callable[[], tuple[Site, World]]
    ) -> None:
        """*latest* is the version of the site that is live, and its world.

        It raises `RuntimeError` where there is none now.
        """
        self._client = client
        self._latest = latest
        self._told: set[str] = set()
        self._being_left = False
        """Whether somebody was leaving a message at the last look."""

    async def run(self) -> NoReturn:
        """Look as soon as Asterisk is there, and then again and again."""
        while True:
            if await self._client.link.until_ready(EVERY):
                with suppress(RuntimeError):
                    await self.look()
                await asyncio.sleep(SOON if self._being_left else EVERY)

    async def look(self) -> int:
        """Take in what lies there; return how many messages.

        What fails is logged, and tried again by the next look.
        """
        site, world = self._latest()
        taken = 0
        self._being_left = False
        try:
            stored = await self._client.recordings.list_stored()
            names = [one.name for one in stored if one.name.startswith(FOLDER)]
            if not names:
                return 0
            up = {_plain(one.id) for one in await self._client.channels.list()}
        except (AriError, Gone) as error:
            log.warning("recordings of the dialplan can't be looked for: %s", error)
            return 0
        name = of_fallback(site.mailboxes)
        if not name:
            self._tell(
                f"{len(names)} messages that the dialplan recorded belong to no "
                "mailbox: write fallback: yes at one of mailboxes.yaml"
            )
            return 0
        for taped in map(Taped.of, sorted(names)):
            if taped is None:
                continue
            if taped.channel in up:
                self._being_left = True
                continue
            try:
                taken += await self._take_in(taped, name, site, world)
            except (AriError, Gone, Trouble) as trouble:
                log.warning("message %s waits in Asterisk: %s", taped.name, trouble)
        strange = sum(Taped.of(one) is None for one in names)
        if strange:
            self._tell(
                f"{strange} recordings below {FOLDER} have names that the dialplan "
                "does not give; they are left alone"
            )
        return taken

    async def _take_in(self, taped: Taped, name: str, site: Site, world: World) -> bool:
        """Make a message of it. False if it is none: too short, silence, busy tone; or
        if it was made before.

        However full the mailbox is: nobody is there any more to be told so.
        """
        recordings = self._client.recordings
        if await _is_settled(world, taped.message):
            await recordings.delete_stored(taped.name)
            return False
        wav = await recordings.get_stored_file(taped.name)
        recorded = Recorded(
            name=taped.name, seconds=seconds_of(wav), ended_by="hang-up"
        )
        judged = await world.audio.judged(recorded, site.mailboxes[name].limits)
        is_one = judged is not None and judged.verdict is Verdict.MESSAGE
        if judged is not None and is_one:
            if had_no_room(wav):
                # Nobody is there any more to be asked again: who called, and the
                # beginning of what for, is better than nothing.
                log.warning(
                    "of the message %s that the dialplan recorded there is only the "
                    "beginning: the disk of Asterisk had no room",
                    taped.message,
                )
            with suppress(AlreadyThere):
                await recordings.copy_stored(
                    taped.name, destination_recording_name=recorded_as(taped.message)
                )
            await self._keep(taped, name, judged, site, world)
        else:
            log.info(
                "%s that the dialplan recorded is no message, and is deleted: %s",
                taped.name,
                NOTHING if judged is None else judged.verdict.value,
            )
        await recordings.delete_stored(taped.name)
        return is_one

    async def _keep(
        self, taped: Taped, name: str, judged: Judged, site: Site, world: World
    ) -> None:
        """Make its row, and keep it as all others are kept."""
        new = NewMessage(
            message=taped.message,
            sound=taped.message,
            mailbox=name,
            call=taped.channel,
            caller=taped.caller,
            at=datetime.fromtimestamp(taped.at, UTC),
            data={"dialled": taped.dialled},
            dialled=taped.dialled,
            # Of the call nothing is known: skills that ask for it ask for nobody.
            wanted=wanted_of(
                site.mailboxes[name],
                lambda expression: expression.evaluate({}),
                of=f"message {taped.message}",
            ),
        )
        await world.messages.begin([new], most={})
        left = LeftSound(
            sound=taped.message, call=taped.channel, urgent=False, messages=(new,)
        )
        await keep(world, site, left, judged)
        log.info(
            "call %s left a message while the service was away: %s in mailbox %s",
            taped.channel,
            taped.message,
            name,
        )

    def _tell(self, words: str) -> None:
        """Say it once."""
        if words not in self._told:
            self._told.add(words)
            log.warning("%s", words)


async def _is_settled(world: World, message: str) -> bool:
    """Whether it was kept by an earlier look. Raises `Trouble`."""
    if world.boxes is None:
        return False
    stored = await world.boxes.message(message)
    return stored is not None and stored.state != RECORDING


def _plain(channel: str) -> str:
    """A channel's id as it stands in the name of a recording."""
    return re.sub(r"[^0-9A-Za-z.]", "", channel)
