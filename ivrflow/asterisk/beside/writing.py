"""Writes files that must not be lost: never over one that is there, unless told so.

All are looked at before the first one is written, and each appears whole or not at
all. Those with secrets are for their owner's (and his group's) eyes from the first
byte on.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

PRIVATE, GROUP, OPEN = 0o600, 0o640, 0o644


@dataclass(frozen=True)
class Owner:
    """A user and a group, by number."""

    user: int
    group: int


@dataclass(frozen=True)
class File:
    """One file to write."""

    path: Path
    text: str
    mode: int
    owner: Owner | None = None
    """None: whoever runs this."""


class Taken(Exception):
    """Files are there already; *paths* names them. Nothing was written."""

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__(", ".join(map(str, paths)))
        self.paths = paths


def write_all(files: Iterable[File], *, over: str = "") -> list[Path]:
    """Write *files*, and make the folders that lack; return the copies that were kept.

    *over* is the ending of the name under which what is there already is kept; "" for
    never: then it raises `Taken`. Raises `OSError` where something can't be written.
    """
    files = list(files)
    taken = [file.path for file in files if os.path.lexists(file.path)]
    if taken and not over:
        raise Taken(taken)
    kept = []
    for path in taken:
        copy = path.with_name(path.name + over)
        os.link(path, copy)  # the old one has its place until the new one takes it
        kept.append(copy)
    for file in files:
        _folder(file.path.parent, file.owner)
        _write(file)
    return kept


def _folder(path: Path, owner: Owner | None) -> None:
    if path.is_dir():
        return
    _folder(path.parent, owner)
    path.mkdir(mode=0o750)
    _given(path, owner)


def _write(file: File) -> None:
    new = file.path.with_name(f".{file.path.name}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(
            handle, "w", encoding="utf-8", errors="surrogateescape"
        ) as stream:
            os.fchmod(handle, file.mode)
            if file.owner is not None:
                os.fchown(handle, file.owner.user, file.owner.group)
            stream.write(file.text)
            stream.flush()
            os.fsync(handle)
        os.replace(new, file.path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _given(path: Path, owner: Owner | None) -> None:
    if owner is not None:
        os.chown(path, owner.user, owner.group)
