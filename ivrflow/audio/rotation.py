"""All sounds under the key that seals now.

A new key stands first in the settings, and the service was started with it, so what
comes meanwhile is sealed with it already; then this goes through the files. Each is
whole at every moment, under the one key or the other, and both open: whoever is killed,
or stops it with Ctrl-C, runs it again, and it goes on. At its end the old key can go.

The same leads plain sounds under a first key, and back out of being sealed (a keyring
that only opens).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ivrflow.audio.folder import NoRoom, StoreFailed
from ivrflow.audio.store import Store


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: *done* of *all* sounds; *sound* is the one that was done last."""

    sound: str
    done: int
    all: int


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a whole run has done."""

    key: str
    """The name of the key that seals now; "": sounds are plain."""
    changed: int
    already: int
    """Sounds that were so before, or were dropped meanwhile."""
    failed: Mapping[str, str]
    """Sound -> why it is as it was: damaged, or sealed with a key we don't have."""

    @property
    def whole(self) -> bool:
        """Whether no other key is needed any more."""
        return not self.failed


def rotate(store: Store, told: Callable[[Progress], object] = id) -> Rotated:
    """Write each sound of *store* as its keyring says; blocks, perhaps for minutes.

    *told* is called after each sound; what it raises ends the run, between two files. A
    sound that can't be read is told in the result and stops nothing. Raises `NoRoom`
    where the disk is full, and `StoreFailed` where the folder can't be listed: what was
    done until then stays, and the next run goes on.
    """
    sounds = sorted({lying.sound for lying in store.walk()})
    changed, failed = 0, {}
    for done, sound in enumerate(sounds, 1):
        try:
            changed += store.seal_anew(sound)
        except NoRoom:
            raise
        except StoreFailed as why:
            failed[sound] = str(why)
        told(Progress(sound, done, len(sounds)))
    key = store.keyring.seals
    return Rotated(
        key=key.id if key is not None else "",
        changed=changed,
        already=len(sounds) - changed - len(failed),
        failed=failed,
    )
