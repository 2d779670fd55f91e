"""What stands in the file `backup.json` of a backup: by it a restore knows it again.

The pepper is not in a backup, as with both everybody's PIN can be found out; but which
one it was is, by a fingerprint that says nothing about it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ivrflow.hashing import Hasher
from ivrflow.secret import Secret

NAME = "backup.json"
DATABASE = "ivrflow.db"
SOUNDS = "voicemail"
"""The names in the folder of a backup."""

FORMAT = 1


class BadBackup(Exception):
    """This is no backup that can be brought back. Says why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One backup."""

    format: int
    made: str
    """When, with the zone's offset."""
    ivrflow: str
    """The version that has made it."""
    revision: str
    """Of the database's tables."""
    database: str
    """The SHA-256 of its file."""
    sounds: int | None
    """How many files of sounds; None: they were left out."""
    pepper: str
    """The fingerprint of the pepper."""

    def write(self, folder: Path) -> None:
        """Write it into *folder*: last of all, so who finds it has the whole."""
        text = json.dumps(asdict(self), indent=2)
        (folder / NAME).write_text(f"{text}\n", "utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read that of *folder*; raises `BadBackup`."""
    path = folder / NAME
    try:
        given = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise BadBackup(
            f"{folder} is no whole backup: there is no {NAME} in it, which is written "
            "last"
        ) from None
    except (OSError, ValueError) as error:
        raise BadBackup(f"{path} can't be read: {error}") from None
    known = {field.name for field in fields(Manifest)}
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        raise BadBackup(f"{path} is of another ivrflow; use the one that has made it")
    if known - given.keys():
        raise BadBackup(f"{path} lacks {', '.join(sorted(known - given.keys()))}")
    return Manifest(**{name: given[name] for name in known})


def fingerprint(hasher: Hasher) -> str:
    """By what a pepper is known again."""
    return hasher.known_as("backup", Secret("pepper"))[:32]


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
