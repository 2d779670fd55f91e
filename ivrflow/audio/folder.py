"""Files in a folder of ours, on shelves by the first two digits of their names.

A file appears whole or not at all: it is written beside its place, synced, renamed, and
the shelf is synced. Whoever is killed meanwhile leaves a file whose name begins with a
dot, which `files` removes after an hour. No link is followed below the folder, so
whoever manages to put one there gets no other file read or written. What changes names
holds the folder's lock, against threads and other processes alike.

It knows nothing of what is in the files, and all of it blocks.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ivrflow.flow.world.trouble import Trouble
from ivrflow.no_links import FOLDER, NoFile, opened

UNFINISHED = ".new-"
"""How the names of files begin that nobody has finished."""

STALE = 3600.0
"""Seconds after which nobody will finish such a file any more."""

_SHELF = re.compile(r"[0-9a-f]{2}")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class BadStore(Exception):
    """The folder can't be used. Says why, and what to do."""


class StoreFailed(Trouble):
    """The folder did not do what was asked. Says which sound, why, and what to do."""


class NoRoom(StoreFailed):
    """The disk is full: nothing was written."""


@dataclass(frozen=True, slots=True)
class File:
    """A file on one of the shelves."""

    name: str
    bytes: int
    changed: float
    """Seconds since 1970, by this machine's clock."""

    def is_stale(self, before: float) -> bool:
        """Whether nobody has finished it, and nobody has written to it since then."""
        return self.name.startswith(UNFINISHED) and self.changed < before


class Folder:
    """The files below *path*: mode 0600, in folders of mode 0700.

    A name is two hexadecimal digits, and more that holds no slash: whoever calls sees
    to that. Each method raises `StoreFailed` for what the disk says, `NoRoom` where it
    is full.
    """

    def __init__(self, path: Path) -> None:
        """Makes the folder where there is none. Raises `BadStore`."""
        self.path = path
        self._synced: set[str] = set()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            about = path.stat()
        except OSError as error:
            raise BadStore(
                f"{path}: cannot keep sounds here: {error.strerror}; make this folder "
                "for the service's user, chmod 700"
            ) from None
        if about.st_uid != os.geteuid():
            raise BadStore(
                f"{path}: belongs to user {about.st_uid}, and this is user "
                f"{os.geteuid()}: run it as that user, or chown the folder"
            )
        if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise BadStore(f"{path}: others may look into it; chmod 700 it")
        if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise BadStore(f"{path}: can't be written; chmod 700 it")

    @contextmanager
    def opened(self, names: Iterable[str]) -> Iterator[tuple[BinaryIO, str] | None]:
        """The first file of those *names* that there is, and its name; None: there is
        none. All of them stand on one shelf.

        What the block's reading fails with is `StoreFailed` too.
        """
        first, *others = names
        with self._trouble(first), self._shelf(first[:2]) as shelf:
            # The first again: it may have come, and the others gone, since we looked.
            for name in (first, *others, first):
                if (there := self._open(shelf, name)) is None:
                    continue
                with there as file:
                    yield file, name
                    return
            yield None

    def write(
        self,
        name: str,
        parts: Iterable[bytes],
        *,
        instead: Iterable[str] = (),
        only_if: Iterable[str] = (),
    ) -> bool:
        """Write a file of *parts*; it is on the disk when this returns, or not at all.

        The files *instead* are removed after that. *only_if*: one of these must still
        be there at the end, else nothing is written, and this is False.
        """
        unfinished = f"{UNFINISHED}{secrets.token_hex(8)}"
        wanted = list(only_if)
        with self._trouble(name):
            self._make_shelf(name[:2])
            with self._shelf(name[:2]) as shelf:
                if shelf is None:
                    raise StoreFailed(f"{self.path}: {name[:2]} is gone; try again")
                try:
                    self._fill(shelf, unfinished, parts)
                    with self._changing():
                        if wanted and not any(self._lies(shelf, n) for n in wanted):
                            return False
                        os.rename(unfinished, name, src_dir_fd=shelf, dst_dir_fd=shelf)
                        os.fsync(shelf)  # or a power cut forgets the name
                        if sum(self._unlink(shelf, other) for other in instead):
                            os.fsync(shelf)
                finally:
                    self._unlink(shelf, unfinished)
        return True

    def remove(self, names: Iterable[str], *, only_if: Iterable[str] = ()) -> bool:
        """Remove these files of one shelf, for good when this returns.

        *only_if*: one of these must be there, else nothing is removed. False: there was
        none of them, or nothing was removed.
        """
        first, *others = names
        wanted = list(only_if)
        with self._trouble(first), self._shelf(first[:2]) as shelf:
            if shelf is None:
                return False
            with self._changing():
                if wanted and not any(self._lies(shelf, n) for n in wanted):
                    return False
                gone = sum(self._unlink(shelf, name) for name in (first, *others))
                if gone:
                    os.fsync(shelf)
        return gone > 0

    def files(self, *, stale: float | None = None) -> Iterator[File]:
        """All files, shelf by shelf, those that nobody has finished too.

        Of these, the ones that are older than *stale* (seconds since 1970) are removed
        on the way: younger ones may be being written, perhaps by another process. What
        comes or goes meanwhile may be seen or not.
        """
        with self._trouble("the list of files"):
            shelves = sorted(n for n in os.listdir(self.path) if _SHELF.fullmatch(n))
        for name in shelves:
            yield from self._files_of(name, stale)

    def free(self) -> int:
        """Bytes that this user may still write to the disk."""
        with self._trouble("the room on the disk"):
            disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize

    # How ------------------------------------------------------------------------------

    def _files_of(self, name: str, stale: float | None) -> list[File]:
        found: list[File] = []
        with self._trouble(name), self._shelf(name) as shelf:
            if shelf is None:
                return found
            for one in sorted(os.listdir(shelf)):
                with suppress(FileNotFoundError):
                    about = os.stat(one, dir_fd=shelf, follow_symlinks=False)
                    if not stat.S_ISREG(about.st_mode):
                        continue
                    file = File(one, about.st_size, about.st_mtime)
                    if stale is None or not file.is_stale(stale):
                        found.append(file)
                    else:
                        self._unlink(shelf, one)
        return found

    @contextmanager
    def _shelf(self, name: str) -> Iterator[int | None]:
        """A shelf, open; None: there is none, or what has its name is none."""
        try:
            # What leads to our folder is the operator's; below it, no link is followed.
            handle = os.open(self.path / name, FOLDER | os.O_NOFOLLOW)
        except (FileNotFoundError, NotADirectoryError):
            self.path.stat()  # a disk that is not there has not lost its sounds
            yield None
            return
        try:
            yield handle
        finally:
            os.close(handle)

    def _make_shelf(self, name: str) -> None:
        try:
            (self.path / name).mkdir(mode=0o700)
        except FileExistsError:
            if name in self._synced:
                return
        # Also one that we find: who made it may have died before this.
        handle = os.open(self.path, FOLDER)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        self._synced.add(name)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Nobody else changes names meanwhile."""
        # A new open file each time: the lock belongs to that, not to the process, so
        # threads wait for each other too.
        handle = os.open(self.path, FOLDER)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    @staticmethod
    def _open(shelf: int | None, name: str) -> BinaryIO | None:
        if shelf is None:
            return None
        try:
            return opened(name, shelf)
        except FileNotFoundError:
            return None

    @staticmethod
    def _fill(shelf: int, name: str, parts: Iterable[bytes]) -> None:
        handle = os.open(name, _NEW, 0o600, dir_fd=shelf)
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(handle)

    @staticmethod
    def _lies(shelf: int, name: str) -> bool:
        try:
            os.stat(name, dir_fd=shelf, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    @staticmethod
    def _unlink(shelf: int, name: str) -> bool:
        try:
            os.unlink(name, dir_fd=shelf)
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def _trouble(self, what: str) -> Iterator[None]:
        """What the disk says, in our words."""
        try:
            yield
        except OSError as error:
            why = f"{self.path}: {what}: {error.strerror}"
            if isinstance(error, NoFile):
                raise StoreFailed(f"{why}; remove it") from error
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise NoRoom(f"{why}; make room on the disk") from error
            if error.errno == errno.ELOOP:
                raise StoreFailed(f"{why}: it is a link; remove it") from error
            raise StoreFailed(f"{why}; look at the disk and its rights") from error
