"""All sounds under the key that seals now.

A new key stands first in the settings, and the service was started with it, so what
comes meanwhile is sealed with it already; then this goes through the files. Each is
whole at every moment, under the one key or the other, and both open: whoever is killed,
or stops it with Ctrl-C, runs it again, and it goes on. At its end the old key can go;
a service that still seals with that one is noticed, as long as messages come.

The same leads plain sounds under a first key, and back out of being sealed (a keyring
that only opens).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
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
    """Sound -> why it is not under that key: damaged, sealed with a key we don't have,
    or written meanwhile by a service that seals with another one."""

    @property
    def whole(self) -> bool:
        """Whether no other key is needed any more."""
        return not self.failed


PASSES = 3
"""So often it goes through the files: what came meanwhile may be under another key."""


def rotate(store: Store, told: Callable[[Progress], object] = id) -> Rotated:
    """Write each sound of *store* as its keyring says; blocks, perhaps for minutes.

    *told* is called after each sound, the first time it goes through them; what it
    raises ends the run, between two files. A sound that can't be read is told in the
    result and stops nothing. Raises `NoRoom` where the disk is full, and `StoreFailed`
    where the folder can't be listed: what was done until then stays, and the next run
    goes on.
    """
    seen: set[str] = set()
    changed: set[str] = set()
    for number in range(PASSES):
        sounds = _sounds(store)
        seen.update(sounds)
        anew, failed = _pass(store, sounds, id if number else told)
        changed |= anew
        if not anew:
            break
    else:
        failed |= _otherwise(store)
    key = store.keyring.seals
    return Rotated(
        key=key.id if key is not None else "",
        changed=len(changed - failed.keys()),
        already=len(seen - changed - failed.keys()),
        failed=failed,
    )


def _sounds(store: Store) -> list[str]:
    return sorted({one.sound for one in store.walk()})


def _pass(
    store: Store, sounds: Sequence[str], told: Callable[[Progress], object]
) -> tuple[set[str], dict[str, str]]:
    """Go through *sounds*; return which were changed, and which can't be."""
    changed, failed = set(), {}
    for done, sound in enumerate(sounds, 1):
        try:
            if store.seal_anew(sound):
                changed.add(sound)
        except NoRoom:
            raise
        except StoreFailed as why:
            failed[sound] = str(why)
        told(Progress(sound, done, len(sounds)))
    return changed, failed


def _otherwise(store: Store) -> dict[str, str]:
    """What is still not as the keyring says, though it was gone through: somebody else
    writes it so.
    """
    key = store.keyring.seals
    found = {}
    for sound in _sounds(store):
        with suppress(StoreFailed):  # gone; what is damaged was told before
            under = store.key_of(sound)
            if under != (key.id if key is not None else ""):
                found[sound] = (
                    f"written meanwhile {f'with key {under}' if under else 'plain'}: a "
                    "service runs that was not restarted with the new settings; "
                    "restart it, and run this again"
                )
    return found
