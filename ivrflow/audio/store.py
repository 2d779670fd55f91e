"""The sounds in a folder, each by an id that nobody guesses: `FOLDER/ab/ID.ivm`.

An `.ivm` is sealed, a `.wav` is plain; which of them is written depends on the keyring,
and both are read. An id is checked before it becomes part of a path. It names one
content for ever, so writing it again changes nothing; and where two forms of one sound
lie, since somebody was killed between two acts, either of them is right.

All of it blocks: call it in a thread (`library` does). The methods share nothing but
the folder (see there for its promises) and a count, so any number of threads may be in
them.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from ivrflow.audio.folder import STALE, Folder, StoreFailed
from ivrflow.audio.keyring import Key, Keyring
from ivrflow.audio.sealed import Damaged, Opened, key_id_in, seal
from ivrflow.flow.world.sounds import SOUND, Copied

SEALED, PLAIN = ".ivm", ".wav"

_FILE = re.compile(rf"({SOUND.pattern})(\.ivm|\.wav)")


class NoSound(StoreFailed):
    """There is no such sound, or none any more."""


class Unreadable(StoreFailed):
    """There is such a sound, but its key is missing, or it is damaged."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the store."""

    sound: str
    bytes: int
    """On the disk: sealed, it is somewhat larger."""
    changed: float
    """Seconds since 1970, by this machine's clock."""
    sealed: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """What the store takes, and what the disk still has, in bytes."""

    sounds: int
    bytes: int
    free: int


@dataclass(frozen=True, slots=True)
class Toured:
    """What lay in the store when it was seen whole."""

    changed: Mapping[str, float]
    """Sound -> when the newest of its files was written, in seconds since 1970."""
    bytes: Mapping[str, int]
    """Sound -> how much it takes on the disk."""
    free: int

    def usage(self, without: Collection[str] = ()) -> Usage:
        """How much there is, if the sounds *without* have gone since."""
        left = {
            sound: size for sound, size in self.bytes.items() if sound not in without
        }
        return Usage(len(left), sum(left.values()), self.free)


class Store:
    """See the module. `keyring` is what it seals and opens with.

    All methods raise `StoreFailed`; those that write, `NoRoom` where the disk is full.
    """

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        """Makes *folder* where there is none. Raises `BadStore`."""
        self._folder = Folder(folder)
        self.keyring = keyring
        self._counting = Lock()
        self.written = 0
        """Bytes of sounds that were put here since this was made."""

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self._folder.path

    # Read -----------------------------------------------------------------------------

    def size(self, sound: str) -> int:
        """Bytes of the WAV of *sound*. Raises `NoSound`, `Unreadable`.

        That of a sealed one is proven: a file that was cut short does not open.
        """
        with self._opened(sound) as reading:
            return reading.size

    def read(self, sound: str) -> bytes:
        """Return the whole WAV of *sound*. Raises `NoSound`, `Unreadable`."""
        with self._opened(sound) as reading:
            return reading.read()

    def piece(self, sound: str, first: int, last: int) -> bytes:
        """Return the bytes *first* to *last* of a WAV, both counted in, as HTTP does.

        Only what is asked for is opened; what lies outside of the sound is left out.
        Raises `NoSound`, `Unreadable`.
        """
        with self._opened(sound) as reading:
            return reading.read(first, last)

    def key_of(self, sound: str) -> str:
        """The name of the key that *sound* is sealed with; "": it is plain.

        It need not be a key we have. Raises `NoSound`, `Unreadable`.
        """
        with self._file(sound) as (file, sealed), self._whole(sound):
            return key_id_in(file) if sealed else ""

    def has(self, sound: str) -> bool:
        """Whether there is such a sound, readable or not."""
        with self._folder.opened(_names(sound)) as found:
            return found is not None

    def usage(self) -> Usage:
        """How much there is, by looking at each file."""
        return self.tour().usage()

    def free(self) -> int:
        """Bytes that the disk still has for us."""
        return self._folder.free()

    def tour(self, *, now: float | None = None) -> Toured:
        """See each file once; return what lies there.

        With *now*, in seconds since 1970, files that nobody will finish any more are
        removed on the way.
        """
        changed: dict[str, float] = {}
        size: Counter[str] = Counter()
        for one in self._files(None if now is None else now - STALE):
            changed[one.sound] = max(one.changed, changed.get(one.sound, 0.0))
            size[one.sound] += one.bytes
        return Toured(changed, size, self._folder.free())

    def walk(self) -> Iterator[StoredFile]:
        """The files of the store, in the order of their ids; no others are seen.

        A sound in two forms comes twice. What comes or goes meanwhile may be seen or
        not.
        """
        return self._files(None)

    def _files(self, stale: float | None) -> Iterator[StoredFile]:
        for file in self._folder.files(stale=stale):
            if (found := _FILE.fullmatch(file.name)) is not None:
                yield StoredFile(found[1], file.bytes, file.changed, found[2] == SEALED)

    # Change ---------------------------------------------------------------------------

    def put(self, sound: str, wav: bytes) -> Copied:
        """Keep *wav* as *sound*; it is on the disk when this returns, or not at all.

        Again: nothing changes.
        """
        self._write(sound, wav, self.keyring.seals)
        with self._counting:
            self.written += len(wav)
        return Copied(size=len(wav), sha256=hashlib.sha256(wav).hexdigest())

    def seal_anew(self, sound: str) -> bool:
        """Write *sound* as the keyring says now; False: it was so already, or is gone.

        At each moment a whole form of it is there, unless it is dropped meanwhile: then
        it stays so. Raises `Unreadable`.
        """
        key = self.keyring.seals
        try:
            if self.key_of(sound) == (key.id if key is not None else ""):
                # Perhaps killed before the other form was removed. Ours must still be
                # there: whoever has another key may have written that form just now.
                sealed, plain = _names(sound)
                ours, other = (sealed, plain) if key is not None else (plain, sealed)
                self._folder.remove([other], only_if=[ours])
                return False
            wav = self.read(sound)
        except NoSound:
            return False
        return self._write(sound, wav, key, only_if=_names(sound))

    def drop(self, sound: str) -> bool:
        """Remove *sound*, which is gone when this returns; False: it was not there."""
        return self._folder.remove(_names(sound))

    # How ------------------------------------------------------------------------------

    def _write(
        self, sound: str, wav: bytes, key: Key | None, only_if: Iterable[str] = ()
    ) -> bool:
        sealed, plain = _names(sound)
        if key is None:
            return self._folder.write(plain, [wav], instead=[sealed], only_if=only_if)
        parts = seal(wav, key, sound)
        return self._folder.write(sealed, parts, instead=[plain], only_if=only_if)

    @contextmanager
    def _opened(self, sound: str) -> Iterator[Opened | _Plain]:
        with self._file(sound) as (file, sealed), self._whole(sound):
            yield self._unsealed(sound, file) if sealed else _Plain(file)

    @contextmanager
    def _file(self, sound: str) -> Iterator[tuple[BinaryIO, bool]]:
        with self._folder.opened(_names(sound)) as found:
            if found is None:
                raise NoSound(f"there is no sound {sound} in {self.folder}")
            file, name = found
            yield file, name.endswith(SEALED)

    @contextmanager
    def _whole(self, sound: str) -> Iterator[None]:
        try:
            yield
        except Damaged as damaged:
            raise Unreadable(
                f"sound {sound} is damaged: {damaged}; take it from a backup of "
                f"{self.folder}"
            ) from None

    def _unsealed(self, sound: str, file: BinaryIO) -> Opened:
        key_id = key_id_in(file)
        key = self.keyring.opens(key_id)
        if key is None:
            ours = ", ".join(self.keyring.ids) or "none"
            raise Unreadable(
                f"sound {sound} is sealed with key {key_id}, and the settings have "
                f"{ours}; put that key's file back, behind the one that seals"
            )
        return Opened(file, key, sound)


class _Plain:
    """A plain WAV that is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size

    def read(self, first: int = 0, last: int | None = None) -> bytes:
        end = self.size if last is None else min(last + 1, self.size)
        first = max(0, first)
        self._file.seek(first)
        return self._file.read(max(0, end - first))


def _names(sound: str) -> tuple[str, str]:
    """The files that *sound* may be in; raises `StoreFailed` if it is no id."""
    if SOUND.fullmatch(sound) is None:
        raise StoreFailed(
            f"{sound[:80]!r} is no sound's id: 24 to 64 digits of 0-9 and a-f"
        )
    return sound + SEALED, sound + PLAIN
