"""Credentials that systemd hands to a service: files that lie on no disk.

With `LoadCredential=NAME:FILE` (or `LoadCredentialEncrypted=`) in its unit, a service
finds the file NAME in a folder of its own, which nobody else can read and which is gone
with it. So what seals the sounds, or opens a mail server, need not lie beside them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

WRITTEN = "credential:"
"""Before the name of a credential, where a file could stand."""

FOLDER_IN = "CREDENTIALS_DIRECTORY"
"""The variable in which systemd says where a service's credentials are."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}")


class BadCredential(Exception):
    """A credential can't be had. Says which, why, and what to do."""


def located(written: str, path: Callable[[str], Path]) -> Path:
    """The file that a setting names: `credential:NAME`, or what *path* makes of it.

    Raises `BadCredential`, see `credential`.
    """
    if written.startswith(WRITTEN):
        return credential(written.removeprefix(WRITTEN))
    return path(written)


def credential(name: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The file of the credential *name*, which systemd handed to this service.

    Raises `BadCredential` if *name* is no name, or this was not started with
    credentials. Whether the file is there is for its reader to see.
    """
    if _NAME.fullmatch(name) is None:
        raise BadCredential(
            f"{WRITTEN}{name}: {name!r} is no name of a credential: letters, digits, "
            "_ . -"
        )
    folder = environ.get(FOLDER_IN)
    if not folder:
        raise BadCredential(
            f"{WRITTEN}{name}: this process has no credentials; write "
            f"LoadCredential={name}:FILE into the unit, or name the file itself"
        )
    return Path(folder) / name
