"""Files below a folder that somebody else fills, opened so that none leads out of it.

Each folder is opened below the one before and none through a link, so a link that takes
its place meanwhile is not followed either. Only plain files are read: a pipe would keep
us waiting, a device might never end.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NO_FILE = "a link, or no plain file: not followed"
_LINKS = (errno.ELOOP, errno.ENOTDIR, errno.ENXIO)
"""What opening answers for a link, a link instead of a folder, and a socket."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

# Without NONBLOCK the opening of a pipe waits until somebody writes into it.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextmanager
def folder(path: str | Path, *below: str, at: int | None = None) -> Iterator[int]:
    """Open *path* and then, name by name, what is *below* it, through no link.

    *path* stands in the folder *at*; where that is None the user has named it, and it
    may be a link. Yields a descriptor for `dir_fd`. Raises `OSError`.
    """
    first = _FOLDER if at is None else _FOLDER | os.O_NOFOLLOW
    descriptor = os.open(path, first, dir_fd=at)
    try:
        for name in below:
            inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def content(folder: int, name: str, most: int) -> bytes:
    """The bytes of a plain file of at most *most* bytes. Blocks; raises `OSError`."""
    descriptor = os.open(name, _FILE, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.ELOOP, _NO_FILE)
        data = stream.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, _large(most))
    return data


def unfit(folder: int, name: str, most: int) -> tuple[str, os.stat_result | None]:
    """Why a file is not to be read, or "", and what the system says about it."""
    try:
        about = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        return why(error), None
    if not stat.S_ISREG(about.st_mode):
        return _NO_FILE, about
    if about.st_size > most:
        return _large(most), about
    return "" if about.st_size else "it is empty", about


def why(error: OSError) -> str:
    """What was wrong, in words."""
    if error.errno in _LINKS:
        return _NO_FILE
    return error.strerror or "it can't be read"


def shown(name: str) -> str:
    """*name* for a screen or a log: signs that don't print are written out."""
    return repr(name)[1:-1]


def _large(most: int) -> str:
    return f"larger than {most:,} bytes"
