"""Are the files those that the rows tell of, and do they still open?

For an operator who has put back a backup, moved a disk, or wants to know whether the
keys that he keeps open what he keeps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ivrflow.audio.folder import StoreFailed
from ivrflow.audio.rotation import Progress
from ivrflow.audio.store import NoSound, Store


@dataclass(frozen=True, slots=True)
class Wrong:
    """A sound that is not as its row says."""

    sound: str
    why: str


def check(
    store: Store,
    expected: Mapping[str, str],
    told: Callable[[Progress], object] = id,
) -> list[Wrong]:
    """Read each sound of *store*; return what is wrong, in the order of the ids.

    *expected* has the SHA-256 of each sound that a row says is in the store; "" where
    it may or may not be there, such as one that is just being taken in. *told* is
    called after each sound. Blocks, perhaps for minutes. Raises `StoreFailed` where the
    folder can't be listed.
    """
    there = {one.sound for one in store.walk()}
    every = sorted(there | {sound for sound, digest in expected.items() if digest})
    wrong = []
    for done, sound in enumerate(every, 1):
        if sound not in expected:
            wrong.append(Wrong(sound, "it has no row in the database"))
        elif why := _wrong(store, sound, expected[sound]):
            wrong.append(Wrong(sound, why))
        told(Progress(sound, done, len(every)))
    return wrong


def _wrong(store: Store, sound: str, digest: str) -> str:
    try:
        wav = store.read(sound)
    except NoSound:
        return "its file is missing" if digest else ""
    except StoreFailed as failed:
        return str(failed)
    if digest and hashlib.sha256(wav).hexdigest() != digest:
        return "its content is another one than its row says"
    return ""
