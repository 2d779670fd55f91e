"""A private Asterisk from Debian's packages, beside what is installed.

Debian's testing suite has Asterisk 22 where its stable one has none.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivrflow.asterisk.home.find import (
    SETTING,
    Asterisk,
    BadSetting,
    NoAsterisk,
    at_root,
    find,
    newest_first,
)
from ivrflow.packages import debian
from ivrflow.packages.cache import NoCache, cache_folder
from ivrflow.packages.debian import NotFetched
from ivrflow.packages.progress import Progress

PACKAGES = ("asterisk", "asterisk-core-sounds-en-wav", "asterisk-moh-opsound-wav")


class FetchFailed(NoAsterisk):
    """No Asterisk could be fetched; the text says why and what to do."""


def fetched_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder below which each fetched Asterisk has its own.

    Raises `FetchFailed`.
    """
    try:
        return cache_folder(environ) / "asterisk"
    except NoCache as none:
        raise FetchFailed(str(none)) from None


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to fetch. *mirror* is a URI of Debian's archive; "" takes the machine's."""

    suite: str = debian.SUITE
    mirror: str = ""
    again: bool = False
    """Fetch even if one is here already, to get a newer one."""


def fetch(
    folder: Path, order: Order | None = None, progress: Progress | None = None
) -> Asterisk:
    """Return a private Asterisk below *folder*; fetch it if there is none yet.

    Takes about 15 seconds and 420 MB. Only one process at a time fetches, others wait
    for it. Blocks: from an event loop, call it in a thread. Raises `FetchFailed`.
    """
    order = order or Order()
    wanted = debian.Order(
        packages=PACKAGES, suite=order.suite, mirror=order.mirror, again=order.again
    )
    try:
        place = debian.unpacked(
            folder,
            wanted,
            progress or Progress(sys.stderr),
            here=lambda: newest_first(folder),
            number=_number,
        )
    except NotFetched as failed:
        raise FetchFailed(
            f"{failed}, or set {SETTING} to the path of an Asterisk >= 22.5 of your own"
        ) from failed
    return at_root(place)


def find_or_fetch(progress: Progress | None = None) -> Asterisk:
    """Return the Asterisk to use, a fetched one if there is no other.

    Blocks, for half a minute or longer if it has to fetch. Raises `NoAsterisk`.
    """
    folder = fetched_folder()
    try:
        return find(folder)
    except BadSetting:
        # Who names one does not want another.
        raise
    except NoAsterisk:
        return fetch(folder, progress=progress)


def _number(root: Path) -> str:
    """The version of an unpacked Asterisk, which is run once."""
    try:
        version = at_root(root).version
    except NoAsterisk as broken:
        raise NotFetched(str(broken)) from None
    found = re.search(r"\d+(?:\.\d+)+", version)
    assert found is not None, version
    return found[0]
