"""Plain copies that the switch may read, for as long as somebody hears them.

Asterisk plays files, and what is sealed is none that it can play. So a sound that is
heard lies for that long in a folder which Asterisk's user may read: best a tmpfs, so
that it never comes to a disk. Two who hear one sound at once share the copy, and it
goes with the last of them. What a process leaves that was killed is wiped by the next
one at its start; Asterisk, which may still be playing it, has it open.

A copy is named by its sound, so that a call which is taken over is known to hear it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pwd
import re
import secrets
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from ivrflow.aio import finish
from ivrflow.audio.cutting import Shape, shape
from ivrflow.audio.folder import UNFINISHED, BadStore, StoreFailed
from ivrflow.audio.threads import Threads
from ivrflow.flow.world.sounds import HEARD, SOUND
from ivrflow.flow.world.trouble import Trouble
from ivrflow.prompts.audio import BadSound

log = logging.getLogger(__name__)

_OURS = re.compile(rf"({SOUND.pattern})\.wav(16)?|{re.escape(UNFINISHED)}[0-9a-f]+")
"""What we write, and so what we remove: the folder may be shared by mistake."""

ASTERISK = "asterisk"
"""The user as whom it usually runs."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Copies:
    """The files. Blocks; the methods raise `StoreFailed`."""

    def __init__(self, folder: Path, sounds: Path) -> None:
        """Makes *folder* where there is none, for us and our group. Raises `BadStore`.

        *sounds* is the store's folder, which is ours alone: below it Asterisk would
        find nothing, and backups of what is sealed would hold what is plain.

        Asterisk's user must be in that group; with `chmod g+s` on a folder of
        Asterisk's group, what we write there is in it too.
        """
        self.folder = folder.absolute()
        self._naming = Lock()
        self._writing: set[str] = set()
        if self.folder.resolve().is_relative_to(sounds.resolve()):
            raise BadStore(
                f"{folder}: Asterisk can't read what is in {sounds}; name a folder "
                "that is not in it, best one on a tmpfs"
            )
        try:
            if not folder.is_dir():
                folder.mkdir(mode=0o750, parents=True)
                folder.chmod(0o750)
            about = folder.stat()
        except OSError as error:
            raise BadStore(
                f"{folder}: cannot lay out here what is played: {error.strerror}; make "
                "this folder for the service's user and Asterisk's group, chmod 2750"
            ) from None
        if about.st_uid != os.geteuid():
            raise BadStore(
                f"{folder}: belongs to user {about.st_uid}, and this is user "
                f"{os.geteuid()}: run it as that user, or chown the folder"
            )
        if about.st_mode & (stat.S_IRWXO | stat.S_IWGRP):
            raise BadStore(
                f"{folder}: more than Asterisk's group may read here; chmod 2750 it"
            )

    def lay(self, sound: str, wav: bytes) -> Shape:
        """Lay out *sound*; return what it is like. Again: it is there, whole."""
        if SOUND.fullmatch(sound) is None:
            raise StoreFailed(f"{sound[:80]!r} is no sound's id")
        try:
            found = shape(wav)
            name = sound + found.ending
        except BadSound as bad:
            raise StoreFailed(f"sound {sound} can't be played: {bad}") from None
        unfinished = self.folder / f"{UNFINISHED}{secrets.token_hex(8)}"
        self._writing.add(unfinished.name)
        try:
            try:
                with os.fdopen(os.open(unfinished, _NEW, 0o600), "wb") as file:
                    file.write(wav)
                    os.fchmod(file.fileno(), 0o640)
                with self._naming:
                    os.replace(unfinished, self.folder / name)
            finally:
                self._writing.discard(unfinished.name)
                unfinished.unlink(missing_ok=True)
        except OSError as error:
            raise StoreFailed(
                f"{self.folder}: sound {sound} can't be laid out: {error.strerror}; "
                "look at its room and rights"
            ) from error
        return found

    def remove(self, sound: str) -> None:
        """Take *sound* away; again: nothing happens."""
        self._remove(lambda found: found[1] == sound)

    def wipe(self, held: Callable[[str], bool]) -> int:
        """Take all away but what we write now, and sounds that are *held*.

        *held* is asked right before a file goes, and not while one is laid out: so a
        sound must be held before it is laid out. Returns how many files went.
        """

        def is_left(found: re.Match[str]) -> bool:
            if found[1] is None:
                return found[0] not in self._writing
            return not held(found[1])

        return self._remove(is_left)

    def _remove(self, which: Callable[[re.Match[str]], bool]) -> int:
        removed = 0
        try:
            for name in os.listdir(self.folder):
                if (found := _OURS.fullmatch(name)) is None:
                    continue
                with self._naming, suppress(FileNotFoundError):
                    if which(found):
                        (self.folder / name).unlink()
                        removed += 1
        except OSError as error:
            raise StoreFailed(
                f"{self.folder}: plain copies can't be removed: {error.strerror}"
            ) from error
        return removed


def why_unheard(folder: Path) -> str:
    """Why Asterisk's user can't read what we lay out in *folder*, and the cure.

    "": he can, or there is no such user here, as in a container. Blocks.
    """
    try:
        user, about = pwd.getpwnam(ASTERISK), folder.stat()
        groups = os.getgrouplist(ASTERISK, user.pw_gid)
    except (KeyError, OSError):
        return ""
    if user.pw_uid in (0, os.geteuid()):
        return ""
    # Without g+s our files are in the group that we are in, whatever the folder's is.
    ours = about.st_gid if about.st_mode & stat.S_ISGID else os.getegid()
    if {about.st_gid, ours} <= set(groups) and about.st_mode & stat.S_IXGRP:
        return ""
    return (
        f"{folder}: the user {ASTERISK} can't read here, so nobody hears a message; "
        f"chgrp the folder to a group of his and chmod 2750 it, or add him to the "
        f"group {ours} and restart Asterisk"
    )


@dataclass(slots=True)
class _Held:
    """A sound that somebody hears, or is about to."""

    listeners: int = 0
    laid: Shape | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Playing:
    """Who hears what, for the event loop."""

    def __init__(
        self, copies: Copies, read: Callable[[str], bytes], threads: Threads
    ) -> None:
        """*read* returns the WAV of a sound; it blocks, and raises `StoreFailed`."""
        self._copies = copies
        self._read = read
        self._threads = threads
        self._held: dict[str, _Held] = {}

    @property
    def held(self) -> frozenset[str]:
        """The sounds that are heard now."""
        return frozenset(self._held)

    @asynccontextmanager
    async def copy_of(
        self, sound: str, wav: bytes | None = None
    ) -> AsyncIterator[Shape]:
        """There is a copy of *sound* as long as the block runs. Raises `Trouble`.

        *wav* is what it is where it can't be read; None: it is read, if there is no
        copy yet.
        """
        held = self._held.setdefault(sound, _Held())
        held.listeners += 1
        try:
            async with held.lock:
                laid = held.laid
                if laid is None:
                    # To its end: what nobody knows of would lie there until the wipe.
                    laid = await finish(self._lay(sound, held, wav))
            yield laid
        finally:
            held.listeners -= 1
            await finish(self._let_go(sound, held))

    def place(self, clip: str) -> str | None:
        """The path of a clip (`heard/ID`) without its ending, as Asterisk takes it.

        None: it is another clip.
        """
        sound = clip.removeprefix(HEARD)
        if sound == clip or SOUND.fullmatch(sound) is None:
            return None
        return str(self._copies.folder / sound)

    async def trouble(self) -> str:
        """As `why_unheard`. Raises `Trouble`."""
        return await self._threads.do(lambda: why_unheard(self._copies.folder))

    async def wipe(self) -> int:
        """Remove what nobody hears; return how many files. At the start: all of it.

        Raises `Trouble`.
        """
        return await self._threads.do(
            lambda: self._copies.wipe(self._held.__contains__)
        )

    async def _lay(self, sound: str, held: _Held, wav: bytes | None) -> Shape:
        def lay() -> Shape:
            return self._copies.lay(sound, self._read(sound) if wav is None else wav)

        laid = await self._threads.do(lay)
        held.laid = laid
        return laid

    async def _let_go(self, sound: str, held: _Held) -> None:
        async with held.lock:
            if held.listeners:
                return
            if held.laid is not None:
                held.laid = None
                try:
                    await self._threads.do(lambda: self._copies.remove(sound))
                except Trouble as trouble:
                    log.warning("a plain copy stays until the next wipe: %s", trouble)
            # Somebody may have come meanwhile, and waits for the lock; or two have gone
            # at once, and the other one was here before.
            if not held.listeners and self._held.get(sound) is held:
                del self._held[sound]
