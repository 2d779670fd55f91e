"""Folders and files, opened so that no link leads elsewhere.

Each folder is opened below the one before and none through a link, so a link that takes
its place meanwhile is not followed either. Only plain files are opened: a pipe would
keep us waiting, a device might never end.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

# Without NONBLOCK the opening of a pipe waits until somebody writes into it.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class NoFile(OSError):
    """What is to be opened is no plain file."""

    def __init__(self) -> None:
        super().__init__(errno.EINVAL, "it is no file")


@contextmanager
def folder(path: str | Path, *below: str, at: int | None = None) -> Iterator[int]:
    """Open *path* and then, name by name, what is *below* it, through no link.

    *path* stands in the folder *at*; where that is None somebody of ours has named it,
    and it may be a link. Yields a descriptor for `dir_fd`. Raises `OSError`.
    """
    first = FOLDER if at is None else FOLDER | os.O_NOFOLLOW
    descriptor = os.open(path, first, dir_fd=at)
    try:
        for name in below:
            inner = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def opened(name: str, folder: int) -> BinaryIO:
    """Open the plain file *name* of that folder. Raises `OSError`, `NoFile`."""
    descriptor = os.open(name, _FILE, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NoFile
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
