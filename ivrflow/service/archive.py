"""Where the sounds that people have spoken are kept, and who works there.

The archive, which is files, is there before Asterisk and before the first call: keys
that are missing, a folder that others can read or one that can't be written end the
start with what to do. Its people come with the calls: the intake takes recordings out
of Asterisk's spool, the janitor removes what nobody refers to, the library gives to
talks, routes and letters what they ask for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from ivrflow.acd.watch import Alarm
from ivrflow.aio import supervise
from ivrflow.asterisk.ari.media import Sounds
from ivrflow.audio.folder import BadStore
from ivrflow.audio.intake import Intake
from ivrflow.audio.janitor import Janitor
from ivrflow.audio.keyring import BadKeys, read_keyring
from ivrflow.audio.library import Library
from ivrflow.audio.playing import Copies, Playing
from ivrflow.audio.room import NEARLY, Room
from ivrflow.audio.store import NoSound, Store, Usage
from ivrflow.audio.threads import Threads
from ivrflow.config import BadConfig, Settings
from ivrflow.config.voicemail import VoicemailAt
from ivrflow.db.engine import database_file
from ivrflow.facts import (
    AlarmCleared,
    AlarmRaised,
    Fact,
    MessageDropped,
    MessageLeft,
    Note,
)
from ivrflow.flow.world.sounds import SoundRows, Spool
from ivrflow.flow.world.trouble import Trouble

log = logging.getLogger(__name__)

USUAL = "voicemail"
"""The folder of sounds beside the database's file, where the settings name none."""

MEGABYTE = 1_000_000

LOOK_EVERY = 30.0
"""Seconds between two looks at how full it is; what is counted then costs nothing."""

ROOM = Alarm("room_for_sounds", queue="", agent="")


def store_of(settings: Settings) -> Store:
    """The store of the settings, for the service and for commands beside it.

    Makes its folder where there is none. Blocks. Raises `BadConfig`.
    """
    said, (folder, _) = _said(settings), folders_of(settings)
    files = [settings.path(key) for key in said.keys]
    try:
        return Store(folder, read_keyring(files, seals=bool(said.seal)))
    except BadKeys as bad:
        raise BadConfig(_each("voicemail: keys: ", bad)) from None
    except BadStore as bad:
        raise BadConfig(_each("voicemail: folder: ", bad)) from None


class Archive:
    """The files. `close` ends the threads that work on them."""

    def __init__(self, settings: Settings) -> None:
        """Blocks. Raises `BadConfig`: what can't be kept is said at the start."""
        self.store = store_of(settings)
        _, folder = folders_of(settings)
        try:
            copies = Copies(folder, self.store.folder)
        except BadStore as bad:
            raise BadConfig(_each("voicemail: playing: ", bad)) from None
        self.threads = Threads()
        self.playing = Playing(copies, self.store.read, self.threads)
        self.room = Room(self.store, int(_said(settings).room) * MEGABYTE)

    def beside(self, sounds: Sounds) -> Sounds:
        """*sounds*, and what is laid out here for somebody who hears it."""
        return replace(
            sounds, place=lambda clip: self.playing.place(clip) or sounds.place(clip)
        )

    def close(self) -> None:
        """Nothing is read or written any more."""
        self.threads.close()


@dataclass(frozen=True, kw_only=True)
class Where:
    """What the people of an archive work between."""

    rows: SoundRows
    spool: Spool
    standing: Callable[[], Mapping[Alarm, float]]
    """The alarms that stand, each with the time at which it was raised."""
    clock: Callable[[], float]
    """Seconds since 1970."""
    note: Note


class Archivists:
    """Those who work in an archive, as long as `works` run."""

    def __init__(self, archive: Archive, where: Where) -> None:
        self._archive = archive
        self._where = where
        self._unheard = ""
        store, threads, playing = archive.store, archive.threads, archive.playing
        self.library = Library(
            store,
            playing,
            threads,
            where.spool,
            archive.room,
            ends=where.rows.ends,
        )
        self.intake = Intake(where.rows, where.spool, store, threads)
        self._janitor = Janitor(
            where.rows, where.spool, store, playing, threads, now=self._now
        )

    def works(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What runs beside the calls."""
        return (
            supervise("intake", self.intake.run),
            supervise("janitor", lambda: self._janitor.run(self._measured)),
            supervise("room for sounds", self._watch_room),
        )

    def hear(self, fact: Fact) -> None:
        """Hear every fact: a `Note`."""
        if isinstance(fact, MessageLeft | MessageDropped):
            self.intake.soon()

    async def clear(self) -> None:
        """Remove the plain copies that a process before us has left.

        Before calls are taken over: Asterisk plays on what it has open, and who hears
        it has it laid out again. If Asterisk can't read there, the log says so.
        """
        try:
            if unheard := await self._archive.playing.trouble():
                log.warning("voicemail: playing: %s", unheard)
            self._unheard = unheard
            if left := await self._archive.playing.wipe():
                log.info("%d copies of sounds are removed that were being heard", left)
        except Trouble as trouble:
            log.warning("plain copies of sounds may still lie there: %s", trouble)

    async def sound(self, sound: str) -> bytes:
        """The whole WAV for a letter; b"" if it is gone. Raises `Trouble`."""
        try:
            return await self.library.read(sound)
        except NoSound:
            log.warning("sound %s is gone: a letter goes without it", sound)
            return b""

    def health(self) -> Mapping[str, Any]:
        """How it is, for whoever watches the machine."""
        room, key = self._archive.room, self._archive.store.keyring.seals
        return {
            "folder": str(self._archive.store.folder),
            "key": key.id if key else "",
            "room_used": round(room.share, 4),
            "in_asterisk": len(self.intake.waiting),
            "trouble": self.intake.trouble or self._unheard,
        }

    def look_at_room(self) -> None:
        """Raise the alarm where it is nearly full, or end it, once that is known."""
        if not self._archive.room.known:
            return
        share, now = self._archive.room.share, self._where.clock()
        since = self._where.standing().get(ROOM)
        about: Mapping[str, Any] = {"at": now, "alarm": ROOM.name, "queue": ""}
        if share >= NEARLY and since is None:
            self._where.note(
                AlarmRaised(**about, agent="", value=share * 100, limit=NEARLY * 100)
            )
        elif share < NEARLY and since is not None:
            self._where.note(AlarmCleared(**about, agent="", seconds=now - since))

    async def _watch_room(self) -> NoReturn:
        archive = self._archive
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                free = await archive.threads.do(archive.store.free)
            except Trouble as trouble:
                log.warning(
                    "how full the room for sounds is, is not known: %s", trouble
                )
            else:
                archive.room.has_free(free)
            self.look_at_room()

    def _measured(self, usage: Usage) -> None:
        self._archive.room.measured(usage)
        self.look_at_room()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._where.clock(), UTC)


def _said(settings: Settings) -> VoicemailAt:
    return settings.voicemail or VoicemailAt.model_validate({})


def folders_of(settings: Settings) -> tuple[Path, Path]:
    """The folder of sounds, and that of what is being heard. Makes none of them.

    Raises `BadConfig`.
    """
    said = _said(settings)
    file = database_file(settings.url(settings.database))
    if file is None and said.folder is None:
        raise BadConfig(
            "voicemail: folder: name the folder of messages, such as "
            "/var/lib/ivrflow/voicemail: the database is no file that it could lie "
            "beside"
        )
    usual = (file.parent if file is not None else Path()) / USUAL
    return said.folders(settings.path, usual)


def _each(where: str, bad: Exception) -> str:
    """What is wrong, a line each, with the setting that it stands in."""
    return "\n".join(f"{where}{line}" for line in str(bad).splitlines())
