"""The files and folders that the settings name: are they there, and for whose eyes?

`ivrflow config check` tells it, and so does the doctor. The service itself finds out
at its start, and what it can't read is an error there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ivrflow.config.kinds import Folder, SecretFile
from ivrflow.config.settings import BadConfig, Settings
from ivrflow.credentials import WRITTEN as CREDENTIAL
from ivrflow.flow.kind import walk

Severity = Literal["error", "warning", "note"]

THERE_ALREADY = ("site", "sounds")
"""Folders that the service does not make itself."""

MADE_BY = {
    "pepper_file": "make it, once: ivrflow secret pepper --pepper-file {path}",
    "api.token_file": "make it: (umask 077; openssl rand -hex 24 > {path})",
}
"""Secrets that nobody else has given us -> how they are made."""

_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Finding:
    """Something about a file that a setting names."""

    key: str
    """The setting, as `ari.password_file`."""
    path: str
    severity: Severity
    message: str
    """What is wrong, and the cure."""

    def __str__(self) -> str:
        return f"{self.severity}: {self.key}: {self.path}: {self.message}"


def findings(settings: Settings) -> list[Finding]:
    """What is wrong with the files that *settings* names. Blocks; never raises."""
    return list(_findings(settings))


def _findings(settings: Settings) -> Iterator[Finding]:
    for key, value in walk(settings):
        if isinstance(value, SecretFile):
            yield from _secret(settings, key, value)
        elif isinstance(value, Folder):
            yield from _folder(settings, key, settings.path(value))
    url = settings.url(settings.database)
    if url.startswith(_SQLITE):
        yield from _database(Path(url.removeprefix(_SQLITE)))


def _secret(settings: Settings, key: str, written: str) -> Iterator[Finding]:
    try:
        path = settings.path(written)
    except BadConfig:
        # Whoever looks is seldom the service, and nobody else is handed any.
        hint = "only the service has it; systemctl show -p LoadCredential names it"
        yield Finding(key, written, "note", hint)
        return
    try:
        found = path.stat()
        with path.open("rb") as file:
            empty = not file.read(4096).strip()
    except FileNotFoundError:
        cure = MADE_BY.get(key, "it must hold the secret alone, with mode 600")
        hint = f"it is not there; {cure.format(path=path)}"
        yield Finding(key, str(path), "error", hint)
        return
    except PermissionError:
        hint = (
            f"{_me()} can't read it; ask as the service's user, or make it that "
            "user's own (chown)"
        )
        yield Finding(key, str(path), "error", hint)
        return
    except OSError as error:
        yield Finding(key, str(path), "error", f"can't be read: {error.strerror}")
        return
    if empty:
        yield Finding(key, str(path), "error", "it is empty; it must hold the secret")
    if found.st_mode & stat.S_IRWXO and not written.startswith(CREDENTIAL):
        mode = f"{stat.S_IMODE(found.st_mode):o}"
        hint = f"mode {mode} is for everybody on this machine; chmod 600 {path}"
        yield Finding(key, str(path), "warning", hint)


def _folder(settings: Settings, key: str, path: Path) -> Iterator[Finding]:
    if path.is_dir():
        if key == "voicemail.folder" and path.stat().st_mode & stat.S_IRWXO:
            hint = f"it is open to everybody on this machine; chmod 700 {path}"
            yield Finding(key, str(path), "warning", hint)
    elif path.exists():
        yield Finding(key, str(path), "error", "it is a file, and must be a folder")
    elif key in THERE_ALREADY:
        cure = {
            "site": "name the folder that has site.yaml (`ivrflow new` makes one)",
            "sounds": "take `sounds:` out for the shipped ones, or name the folder "
            "that has manifest.json",
        }
        yield Finding(key, str(path), "error", f"it is not there; {cure[key]}")


def _database(path: Path) -> Iterator[Finding]:
    key, folder = "database", path.parent
    if not folder.is_dir():
        hint = "its folder is not there; make it, the service's own"
        yield Finding(key, str(path), "error", hint)
    elif not os.access(folder, os.W_OK):
        hint = (
            f"{_me()} can't write its folder; SQLite makes files beside it: ask as the "
            "service's user, or chown the folder"
        )
        yield Finding(key, str(path), "error", hint)
    elif path.exists() and path.stat().st_mode & stat.S_IRWXO:
        hint = f"it is open to everybody on this machine; chmod 600 {path}"
        yield Finding(key, str(path), "warning", hint)


def _me() -> str:
    return f"user {os.geteuid()}"
