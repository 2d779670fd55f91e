"""What an export is written into: a tar file, a folder, or standard output.

The first two appear when they are whole, and not at all if the writing is cut short.
Nobody but the user can read them: callers speak in them.
"""

from __future__ import annotations

import io
import os
import secrets
import shutil
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

import click

TAR = ".tar"
PACKED = frozenset({".zip", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z"})
"""Names of files that an export is not; a folder called so surprises."""


class Parcel(Protocol):
    """Takes files, one after the other. Raises `OSError`."""

    def add(self, name: str, content: BinaryIO, size: int, at: float) -> None:
        """Put a file in: *size* bytes of *content*, last changed *at* (since 1970)."""


@contextmanager
def parcel(to: Path) -> Iterator[Parcel]:
    """A parcel at *to*: a tar file if it ends in `.tar` or is `-`, else a folder.

    What is wrong ends the command, and so does what is there already.
    """
    try:
        if str(to) == "-":
            with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
                yield _Tar(tar)
            return
        if to.suffix.lower() in PACKED:
            raise click.ClickException(
                f"{to}: exports are folders, or plain {TAR} files; to have it packed, "
                "write `-o -` and pipe it into a program that does"
            )
        if to.exists():
            raise click.ClickException(f"{to} is there already; name another one")
        with _beside(to) as new:
            if to.suffix == TAR:
                handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with (
                    os.fdopen(handle, "wb") as file,
                    tarfile.open(fileobj=file, mode="w") as tar,
                ):
                    yield _Tar(tar)
            else:
                new.mkdir(mode=0o700)
                yield _Folder(new)
            os.rename(new, to)
    except OSError as error:
        where = error.filename or to
        raise click.ClickException(f"{where}: {error.strerror or error}") from None


@contextmanager
def _beside(to: Path) -> Iterator[Path]:
    """A path in the same folder, where what was begun is removed if it stays there."""
    new = to.with_name(f".{to.name}.new-{secrets.token_hex(4)}")
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)
        with suppress(OSError):
            new.unlink()


class _Tar:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add(self, name: str, content: BinaryIO, size: int, at: float) -> None:
        about = tarfile.TarInfo(name)
        about.size, about.mtime, about.mode = size, int(at), 0o600
        self._tar.addfile(about, content)


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, name: str, content: BinaryIO, size: int, at: float) -> None:
        path = self._folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(content, file)
        os.utime(path, (at, at))


def put(into: Parcel, name: str, content: bytes, at: float) -> None:
    """Put a file in whose content is here."""
    into.add(name, io.BytesIO(content), len(content), at)
